use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use verify_manage::{
    Certificates,
    doctor::{Examination, Report, Severity},
};
use verify_toolkit::Capture;

use super::{One, keys, view};
use crate::{
    Error, Output, Verdict,
    output::{BAD, GOOD, STRONG, Styled},
    payload::read_body,
    secret::{SecretOptions, TokenOptions},
    text::Shown,
};

const EXAMPLES: &str = "\
Examples:
  verify webhooks doctor mlflow deploy
  verify webhooks doctor mlflow deploy --event model_version_alias.created --secret-file secret.txt
  verify webhooks doctor databricks 1a2b3c --capture request.txt --secret-file secret.txt
  verify webhooks doctor mlflow try-out --listen http://127.0.0.1:8081

It sends deliveries to the receiver: one that is not signed and one that is signed with a wrong
secret, which a sound receiver refuses; one that is signed with the secret, if that is given or in
<SENDER>_WEBHOOK_SECRET; and the sender's own test. The last two look real to a handler.

Exit code: 0 if deliveries should arrive (there may be warnings), 1 if there is a fault, 2 if it could
not begin.";

/// Find out why nothing arrives: from the token to the receiver's answer.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    one: One,

    /// The event that does not arrive.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,

    /// The model whose events do not arrive.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// A delivery as the receiver recorded it, to say why it refused it.
    #[arg(long, value_name = "FILE")]
    capture: Option<PathBuf>,

    /// The page of a `verify listen` that receives, as in `http://127.0.0.1:8081`.
    #[arg(long, value_name = "URL")]
    listen: Option<String>,

    /// Trust the certificates in this PEM file as well, for the receiver.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Send no deliveries, and let the sender send none.
    #[arg(long)]
    quiet: bool,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    token: TokenOptions,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let sender = self.one.sender();
        let registry = self.one.service.registry()?;
        let secret = keys::at_hand(&self.secret, sender)?;
        let authorization = self.token.read(sender)?.map(|token| keys::bearer(&token));
        let capture = match &self.capture {
            Some(path) => {
                let read = Capture::read(&read_body(path)?);
                Some(read.map_err(|error| Error::Capture { path: path.clone(), error })?)
            }
            None => None,
        };
        let mut examination = Examination::new(&registry, &self.one.webhook);
        if let Some(event) = self.event {
            examination = examination.event(event);
        }
        if let Some(model) = self.model {
            examination = examination.model(model);
        }
        if let Some(secret) = &secret {
            examination = examination.secret(secret);
        }
        if let Some(authorization) = &authorization {
            examination = examination.authorization(authorization);
        }
        if let Some(capture) = &capture {
            examination = examination.capture(capture);
        }
        if let Some(page) = &self.listen {
            examination = examination.listen(page).map_err(verify_manage::Error::from)?;
        }
        if let Some(path) = &self.ca {
            let certificates = Certificates::default().with_authorities(path);
            examination =
                examination.certificates(certificates.map_err(verify_manage::Error::from)?);
        }
        if self.quiet {
            examination = examination.without_deliveries();
        }
        let report = examination.run().await;
        print(output, &report)?;
        output.next(match (report.is_healthy(), &capture) {
            (false, _) => "mend the first fault, and run this again",
            (true, None) => {
                "if nothing arrives, record what the receiver gets (`verify recorder`) and give it as `--capture FILE`"
            }
            (true, Some(_)) => "if nothing arrives, read the log of the receiver, and of the proxy in front of it",
        })?;
        Ok(if report.is_healthy() { Verdict::Verified } else { Verdict::Refused })
    }
}

fn print(output: &mut Output, report: &Report) -> Result<(), Error> {
    if output.is_json() {
        let findings: Vec<_> = report
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "name": finding.fault.name(), "is": finding.fault.severity().name(),
                    "says": finding.fault.says(), "detail": finding.detail,
                    "advice": finding.fault.advice(),
                })
            })
            .collect();
        return output.json(&json!({
            "webhook": report.webhook.as_ref().map(view::to_json),
            "healthy": report.is_healthy(), "findings": findings, "good": report.good,
        }));
    }
    if let Some(webhook) = &report.webhook {
        output.line(view::details(webhook))?;
    }
    for good in &report.good {
        output.line(format_args!("{}      {}", Styled(GOOD, "good"), Shown(good.as_bytes())))?;
    }
    for finding in &report.findings {
        let severity = finding.fault.severity();
        let style = if severity == Severity::Fault { BAD } else { STRONG };
        let text = finding.to_string();
        output.line(format_args!(
            "{:<9} {}: {}",
            Styled(style, severity.name()),
            finding.fault.name(),
            Shown(text.as_bytes())
        ))?;
        output.line(format_args!("          {}", finding.fault.advice()))?;
    }
    if report.is_healthy() {
        output.line("\nDeliveries should arrive.")?;
    }
    Ok(())
}
