//! Why does nothing arrive?
//!
//! An [`Examination`] checks each step of a delivery: the service, the webhook, the URL, the receiver, and last a
//! test delivery of the service itself. It reports what is wrong as [`Finding`]s. All faults are listed in
//! [`FINDINGS.md`](https://docs.rs/crate/verify-manage/latest/source/generated/FINDINGS.md).
//!
//! **It sends deliveries to the receiver**: one that is not signed and one that is signed with a wrong
//! secret, which a sound receiver refuses; one that is signed with the secret, if that is given; and the
//! service's own test. The last two look real to a handler.

mod fault;
mod probe;
mod receiver;
mod records;
mod service;
mod tested;
mod webhook;

use core::{fmt, time::Duration};

use verify_core::ExposedSecret;
use verify_toolkit::Capture;

pub use self::fault::{Fault, Severity};
use crate::{
    Certificates, Confidential, Error, Limits, Registry, ServerUrl, SettingsError, Tested, Webhook,
    answer::short, wire::Wire,
};

/// What is wrong, or may be.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// What was seen: one line, without anything confidential.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.says())?;
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

/// What an examination found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The webhook, if it was found.
    pub webhook: Option<Webhook>,
    /// What is wrong, in the order of the way of a delivery.
    pub findings: Vec<Finding>,
    /// What was looked at and found good.
    pub good: Vec<String>,
}

impl Report {
    /// Whether deliveries should arrive: no finding is a fault.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.findings.iter().all(|finding| finding.fault.severity() != Severity::Fault)
    }

    fn find(&mut self, fault: Fault, detail: impl AsRef<str>) {
        let detail = short(detail.as_ref());
        if self.findings.iter().all(|finding| finding.fault != fault) {
            self.findings.push(Finding { fault, detail });
        }
    }

    fn good(&mut self, what: impl Into<String>) {
        self.good.push(what.into());
    }
}

/// The examination to run.
#[derive(Debug)]
#[must_use]
pub struct Examination<'a> {
    registry: &'a Registry,
    wanted: String,
    event: Option<String>,
    model: Option<String>,
    secret: Option<&'a ExposedSecret>,
    authorization: Option<&'a Confidential>,
    capture: Option<&'a Capture>,
    listen: Option<ServerUrl>,
    sends: bool,
    certificates: Certificates,
    limits: Limits,
}

impl<'a> Examination<'a> {
    /// Examines a webhook, by its id or its name.
    pub fn new(registry: &'a Registry, wanted: impl Into<String>) -> Self {
        // As long as MLflow waits.
        let total = Duration::from_secs(30);
        let limits = Limits { total, answer: 256 * 1024, ..Limits::default() };
        Self {
            registry,
            wanted: wanted.into(),
            event: None,
            model: None,
            secret: None,
            authorization: None,
            capture: None,
            listen: None,
            sends: true,
            certificates: Certificates::default(),
            limits,
        }
    }

    /// Takes the event that does not arrive.
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.event = Some(event.into());
        self
    }

    /// Takes the model whose events do not arrive.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Takes the secret that the receiver has.
    pub const fn secret(mut self, secret: &'a ExposedSecret) -> Self {
        self.secret = Some(secret);
        self
    }

    /// Takes what the receiver wants as `Authorization`.
    pub const fn authorization(mut self, authorization: &'a Confidential) -> Self {
        self.authorization = Some(authorization);
        self
    }

    /// Takes a delivery as the receiver recorded it, to say why it was refused.
    pub const fn capture(mut self, capture: &'a Capture) -> Self {
        self.capture = Some(capture);
        self
    }

    /// Asks the page of a `verify listen`, such as `http://127.0.0.1:8081`, for the test delivery as it
    /// arrived.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Host`].
    pub fn listen(mut self, page: &str) -> Result<Self, SettingsError> {
        let problem = crate::HostProblem::Malformed;
        let text = || crate::without_password(page);
        let url =
            ServerUrl::read(page).ok_or_else(|| SettingsError::Host { text: text(), problem })?;
        self.listen = Some(url);
        Ok(self)
    }

    /// Sends nothing to the receiver, and does not ask the service to send a test.
    pub const fn without_deliveries(mut self) -> Self {
        self.sends = false;
        self
    }

    /// Trusts these authorities too, for the certificate of the receiver.
    pub fn certificates(mut self, certificates: Certificates) -> Self {
        self.certificates = certificates;
        self
    }

    /// Sets the bounds on each request to the receiver.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Examines.
    pub async fn run(self) -> Report {
        let mut report = Report::default();
        let webhooks = match self.registry.list().await {
            Ok(webhooks) => webhooks,
            Err(error) => {
                service::failed(&mut report, self.registry, &error);
                return report;
            }
        };
        report.good(format!("{} answers, and lets you see its webhooks", self.registry.host()));
        let webhook = match crate::registry::one(&self.wanted, webhooks.clone()) {
            Ok(webhook) => webhook,
            Err(error) => {
                service::failed(&mut report, self.registry, &error);
                return report;
            }
        };
        webhook::look(&mut report, &self, &webhook, &webhooks);
        let Some(wire) = Wire::new(&self.certificates, self.limits) else { return report };
        let url = webhook::url(&mut report, &webhook).await;
        let mut probed = receiver::Probed::default();
        if let Some(url) = &url
            && self.sends
        {
            probed = receiver::examine(&mut report, &self, &wire, url).await;
        }
        let mut tested = None;
        if self.sends {
            // Whether one that is not subscribed to is sent, is known of MLflow alone.
            let is_subscribed =
                |event: &&str| webhook.events.iter().any(|own| own.eq_ignore_ascii_case(event));
            let event = self.event.as_deref().filter(is_subscribed);
            match self.registry.test(&webhook.id, event).await {
                Ok(test) => {
                    tested::look(&mut report, &self, &test, probed);
                    tested = Some(test);
                }
                Err(error) => service::failed(&mut report, self.registry, &error),
            }
        }
        records::look(&mut report, &self, &wire, tested.as_ref()).await;
        report.webhook = Some(webhook);
        report
    }

    fn is_mlflow(&self) -> bool {
        matches!(self.registry, Registry::Mlflow(_))
    }

    /// What must not be shown.
    fn hidden(&self) -> Vec<String> {
        let secret = self
            .secret
            .map(|secret| String::from_utf8_lossy(secret.dangerous_expose()).into_owned());
        let authorization =
            self.authorization.map(|authorization| authorization.dangerous_expose().to_owned());
        secret.into_iter().chain(authorization).collect()
    }

    fn clean(&self, text: &str) -> String {
        let hidden = self.hidden();
        crate::confidential::redacted(text, hidden.iter().map(String::as_str))
    }
}

/// Whether a receiver's answer makes MLflow drop a delivery for good: measured.
fn drops_for_good(status: u16, has_retry_after: bool) -> bool {
    match status {
        429 => false,
        413 => !has_retry_after,
        _ => (400..500).contains(&status),
    }
}

/// What a test was answered.
fn said(tested: &Tested) -> String {
    let body = tested.body.as_deref().unwrap_or_default();
    match (tested.status, body.is_empty()) {
        (Some(status), true) => status.to_string(),
        (Some(status), false) => format!("{status}: {body}"),
        (None, _) => tested.error.clone().unwrap_or_default(),
    }
}

/// What an error of the service says, as one line.
fn line(error: &Error) -> String {
    error.to_string()
}
