//! What one may ask of Databricks.

use verify_core::ExposedSecret;

use super::Event;
use crate::{
    Confidential, Invalid,
    body::Body,
    check,
    event::{check as check_events, names},
    webhook::{self, Expected},
};

/// A status that a webhook of Databricks can have.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// It delivers.
    #[default]
    Active,
    /// It does not deliver.
    Disabled,
    /// It delivers tests alone.
    TestMode,
}

impl Status {
    /// Reads a status, in any case.
    ///
    /// # Errors
    ///
    /// [`Invalid::StatusUnknown`].
    pub fn new(word: &str) -> Result<Self, Invalid> {
        match word.to_ascii_lowercase().replace('-', "_").as_str() {
            "active" => Ok(Self::Active),
            "disabled" => Ok(Self::Disabled),
            "test_mode" => Ok(Self::TestMode),
            _ => Err(Invalid::StatusUnknown(word.to_owned())),
        }
    }

    const fn common(self) -> webhook::Status {
        match self {
            Self::Active => webhook::Status::Active,
            Self::Disabled => webhook::Status::Disabled,
            Self::TestMode => webhook::Status::TestMode,
        }
    }
}

/// A receiver, all of it: an update replaces it as a whole.
#[derive(Clone, Debug)]
pub struct HttpTarget {
    /// Its URL.
    pub url: String,
    /// The secret that signs deliveries; `None` for unsigned deliveries.
    pub secret: Option<ExposedSecret>,
    /// What is sent as `Authorization`, verbatim.
    pub authorization: Option<Confidential>,
    /// Whether the receiver's certificate is checked.
    pub verifies_tls: bool,
}

impl HttpTarget {
    /// Takes a URL, and what deliveries to it are signed with.
    #[must_use]
    pub fn new(url: impl Into<String>, secret: Option<ExposedSecret>) -> Self {
        Self { url: url.into(), secret, authorization: None, verifies_tls: true }
    }
}

/// A job that is run for each event.
#[derive(Clone, Debug)]
pub struct JobTarget {
    /// The job.
    pub job_id: String,
    /// Its workspace, if it is another one.
    pub workspace_url: Option<String>,
    /// A token that may run it.
    pub access_token: Confidential,
}

/// The destination: a URL or a job, never both.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Target {
    /// A receiver.
    Http(HttpTarget),
    /// A job.
    Job(JobTarget),
}

impl Target {
    fn say(&self, body: &mut Body) -> Result<(), Invalid> {
        let mut spec = Body::default();
        match self {
            Self::Http(http) => {
                check::url(&http.url)?;
                if http.authorization.as_ref().is_some_and(|value| !value.fits_a_header()) {
                    return Err(Invalid::AuthorizationUnfit);
                }
                spec.set("url", Some(http.url.as_str()));
                spec.set("enable_ssl_verification", Some(http.verifies_tls));
                spec.secret(http.secret.as_ref())?;
                spec.confide("authorization", http.authorization.clone());
                body.nest("http_url_spec", spec);
            }
            Self::Job(job) => {
                job.workspace_url.as_deref().map(check::url).transpose()?;
                spec.set("job_id", Some(check::id(&job.job_id)?));
                spec.confide("access_token", Some(job.access_token.clone()));
                spec.set("workspace_url", job.workspace_url.as_deref());
                body.nest("job_spec", spec);
            }
        }
        Ok(())
    }

    fn expect(&self, expected: &mut Expected) {
        match self {
            Self::Http(http) => {
                expected.url = Some(http.url.clone());
                expected.verifies_tls = Some(http.verifies_tls);
            }
            Self::Job(job) => expected.job_id = Some(job.job_id.clone()),
        }
    }
}

/// A webhook to create.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its events.
    pub events: Vec<Event>,
    /// Where it delivers to.
    pub target: Target,
    /// The model that it is for; `None` for the whole registry.
    pub model: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Whether it delivers.
    pub status: Status,
}

impl NewWebhook {
    /// Takes events and where to deliver them to.
    #[must_use]
    pub fn new(events: impl Into<Vec<Event>>, target: Target) -> Self {
        let status = Status::Active;
        Self { events: events.into(), target, model: None, description: None, status }
    }

    pub(super) fn body(&self) -> Result<Body, Invalid> {
        check_events(&self.events)?;
        if self.model.is_some() && self.events.iter().any(is_of_no_model) {
            return Err(Invalid::ModelNotCreatedYet);
        }
        let mut body = Body::default();
        body.set("events", Some(names(&self.events)));
        body.set("status", Some(self.status.common().as_str()));
        body.set("model_name", self.model.as_deref());
        body.set("description", self.description.as_deref());
        self.target.say(&mut body)?;
        Ok(body)
    }

    pub(crate) fn expected(&self) -> Expected {
        let mut expected = Expected {
            description: self.description.clone(),
            events: Some(names(&self.events)),
            status: Some(self.status.common()),
            model: self.model.clone(),
            ..Expected::default()
        };
        self.target.expect(&mut expected);
        expected
    }
}

/// There is no model yet when it is created.
fn is_of_no_model(event: &Event) -> bool {
    event.name() == "REGISTERED_MODEL_CREATED"
}

/// The changes of a webhook.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// All of its events.
    pub events: Option<Vec<Event>>,
    /// Its description; an empty one takes it away.
    pub description: Option<String>,
    /// Whether it delivers.
    pub status: Option<Status>,
    /// The whole destination: without a secret, deliveries are no longer signed.
    pub target: Option<Target>,
}

impl Changes {
    pub(super) fn body(&self) -> Result<Body, Invalid> {
        self.events.as_deref().map(check_events).transpose()?;
        let mut body = Body::default();
        body.set("events", self.events.as_deref().map(names));
        body.set("description", self.description.as_deref());
        body.set("status", self.status.map(|status| status.common().to_string()));
        if let Some(target) = &self.target {
            target.say(&mut body)?;
        }
        body.changes()
    }

    pub(super) fn expected(&self) -> Expected {
        let mut expected = Expected {
            description: self.description.clone(),
            events: self.events.as_deref().map(names),
            status: self.status.map(Status::common),
            ..Expected::default()
        };
        if let Some(target) = &self.target {
            target.expect(&mut expected);
        }
        expected
    }
}

/// Which webhooks are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this model.
    pub model: Option<String>,
    /// Those with any of these events.
    pub events: Vec<Event>,
}

impl Filter {
    pub(super) fn query(&self, page_token: &str) -> String {
        let mut query = vec!["max_results=1000".to_owned()];
        if let Some(model) = &self.model {
            query.push(format!("model_name={}", check::encoded(model)));
        }
        query.extend(self.events.iter().map(|event| format!("events={}", event.name())));
        if !page_token.is_empty() {
            query.push(format!("page_token={}", check::encoded(page_token)));
        }
        format!("?{}", query.join("&"))
    }
}
