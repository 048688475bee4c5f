//! What both services mean by a webhook, as it is read: with tolerance, and unknown words as text.

use core::fmt;

use serde_json::{Map, Value};

use crate::{
    Error,
    answer::{number_of, text_of},
    without_password,
};

/// A webhook as a service describes it. It never has a secret, because no service returns secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Webhook {
    /// The id that the service gave it.
    pub id: String,
    /// Its name. Databricks has none.
    pub name: Option<String>,
    /// Its description, empty where it has none.
    pub description: String,
    /// Its events, sorted, in the words of the deliveries: `model_version.created` for MLflow,
    /// `MODEL_VERSION_CREATED` for Databricks. A new event of the service is listed as well.
    pub events: Vec<String>,
    /// Whether it delivers. `None`: the service does not say.
    pub status: Option<Status>,
    /// Where it delivers to.
    pub destination: Destination,
    /// The model of the webhook; `None` for the whole registry. MLflow has no webhooks for one
    /// model.
    pub model: Option<String>,
    /// When it was made, in milliseconds since 1970.
    pub created_at: Option<u64>,
    /// When it was last changed, in milliseconds since 1970.
    pub updated_at: Option<u64>,
}

/// Whether a webhook delivers.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// It does.
    Active,
    /// It does not.
    Disabled,
    /// It delivers nothing but tests. Databricks alone has it.
    TestMode,
    /// A word that is not known here.
    Other(String),
}

impl Status {
    /// The word of the service.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::TestMode => "TEST_MODE",
            Self::Other(word) => word,
        }
    }

    fn read(word: &str) -> Self {
        match word {
            "ACTIVE" => Self::Active,
            "DISABLED" => Self::Disabled,
            "TEST_MODE" => Self::TestMode,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a webhook delivers to.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Destination {
    /// A receiver.
    Http {
        /// Its URL as the service says it, which may have a password in it.
        url: String,
        /// Whether the receiver's certificate is checked. MLflow always does.
        verifies_tls: bool,
    },
    /// A job of Databricks.
    Job {
        /// The job.
        job_id: String,
        /// Its workspace, if it is another one.
        workspace_url: Option<String>,
    },
    /// The service does not say.
    Unknown,
}

impl Destination {
    /// The URL of a receiver.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Http { url, .. } => Some(url),
            Self::Job { .. } | Self::Unknown => None,
        }
    }
}

/// For people: a password in the URL is not shown.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { url, verifies_tls: true } => f.write_str(&without_password(url)),
            Self::Http { url, verifies_tls: false } => {
                write!(f, "{} (certificate not checked)", without_password(url))
            }
            Self::Job { job_id, workspace_url: None } => write!(f, "job {job_id}"),
            Self::Job { job_id, workspace_url: Some(url) } => write!(f, "job {job_id} of {url}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// What came of a test delivery.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tested {
    /// What the receiver answered with.
    pub status: Option<u16>,
    /// What it answered.
    pub body: Option<String>,
    /// Why there was no answer, in the service's words.
    pub error: Option<String>,
}

impl Tested {
    /// Whether the receiver took it.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.error.is_none() && self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Reads the answers of both services, and those that documentation and older clients have.
    pub(crate) fn read(answer: &Map<String, Value>) -> Self {
        let within = ["result", "webhook"].iter().find_map(|name| answer.get(*name)?.as_object());
        let answer = within.unwrap_or(answer);
        let status = ["response_status", "status_code", "status"]
            .iter()
            .find_map(|name| number_of(answer, name))
            .and_then(|status| status.try_into().ok());
        let text = |names: [&str; 2]| names.iter().find_map(|name| text_of(answer, name));
        let is_failure = answer.get("success").and_then(Value::as_bool) == Some(false);
        let error = text_of(answer, "error_message").filter(|error| !error.is_empty());
        let silent = || (status.is_none() && is_failure).then(|| "no reason is given".to_owned());
        Self { status, body: text(["response_body", "body"]), error: error.or_else(silent) }
    }
}

/// Takes the webhook out of an answer, wrapped or bare.
pub(crate) fn inner(mut answer: Map<String, Value>) -> Map<String, Value> {
    match answer.remove("webhook") {
        Some(Value::Object(webhook)) => webhook,
        _ => answer,
    }
}

/// The webhooks of a page. None are none, however that is written.
pub(crate) fn page(answer: &mut Map<String, Value>) -> Vec<Map<String, Value>> {
    match answer.remove("webhooks") {
        Some(Value::Array(webhooks)) => {
            webhooks.into_iter().filter_map(|webhook| match webhook {
                Value::Object(webhook) => Some(webhook),
                _ => None,
            })
        }
        .collect(),
        _ => Vec::new(),
    }
}

impl Webhook {
    /// Reads what both services say in the same words.
    pub(crate) fn read(object: &Map<String, Value>, id: &str, host: &str) -> Result<Self, Error> {
        let id = text_of(object, id).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| Error::Unreadable {
            host: host.to_owned(),
            missing: "the id of a webhook",
        })?;
        let status = text_of(object, "status").filter(|status| !status.is_empty());
        Ok(Self {
            id,
            name: None,
            description: text_of(object, "description").unwrap_or_default(),
            events: Vec::new(),
            status: status.map(|status| Status::read(&status)),
            destination: Destination::Unknown,
            model: None,
            created_at: number_of(object, "creation_timestamp"),
            updated_at: number_of(object, "last_updated_timestamp"),
        })
    }
}

/// What was asked of a webhook, to be compared with what the service says.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) events: Option<Vec<String>>,
    pub(crate) status: Option<Status>,
    pub(crate) url: Option<String>,
    pub(crate) verifies_tls: Option<bool>,
    pub(crate) job_id: Option<String>,
    pub(crate) model: Option<String>,
}

impl Expected {
    /// Refuses a webhook that is another one than was asked for. What the service does not say is not
    /// compared.
    pub(crate) fn check(&self, webhook: &Webhook) -> Result<(), Error> {
        match self.differences(webhook).into_iter().next() {
            Some(Difference { field, asked, answered }) => {
                Err(Error::Differs { id: webhook.id.clone(), field, asked, answered })
            }
            None => Ok(()),
        }
    }

    /// Where a webhook is another one than was asked for. Passwords in URLs are not in it, but count.
    pub(crate) fn differences(&self, webhook: &Webhook) -> Vec<Difference> {
        let events = |events: &[String]| {
            let mut events = events.to_vec();
            events.sort();
            events.join(", ")
        };
        let (job, verifies_tls) = match &webhook.destination {
            Destination::Job { job_id, .. } => (Some(job_id.clone()), None),
            Destination::Http { verifies_tls, .. } => (None, Some(*verifies_tls)),
            Destination::Unknown => (None, None),
        };
        let said = (!webhook.events.is_empty()).then(|| events(&webhook.events));
        let text = |status: &Status| status.to_string();
        let yes = |yes: bool| yes.to_string();
        let pairs = [
            ("the name", self.name.clone(), webhook.name.clone()),
            ("the description", self.description.clone(), Some(webhook.description.clone())),
            ("the list of events", self.events.as_deref().map(events), said),
            ("the status", self.status.as_ref().map(text), webhook.status.as_ref().map(text)),
            ("the URL", self.url.clone(), webhook.destination.url().map(str::to_owned)),
            ("whether certificates are checked", self.verifies_tls.map(yes), verifies_tls.map(yes)),
            ("the job", self.job_id.clone(), job),
            ("the model", self.model.clone(), webhook.model.clone()),
        ];
        let differing = |(field, asked, said): (_, Option<String>, Option<String>)| {
            let (asked, said) = asked.zip(said).filter(|(asked, said)| asked != said)?;
            let (asked, answered) = (without_password(&asked), without_password(&said));
            Some(Difference { field, asked, answered })
        };
        pairs.into_iter().filter_map(differing).collect()
    }
}

/// A field that is another one than was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The field, for people.
    pub field: &'static str,
    /// What was asked.
    pub asked: String,
    /// What the service says.
    pub answered: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Tested;

    #[test]
    fn answers_to_a_test_are_read_in_all_their_shapes() {
        let read = |value: serde_json::Value| Tested::read(value.as_object().unwrap());
        let ok = Tested { status: Some(200), body: Some("OK".to_owned()), error: None };
        for answer in [
            json!({"status_code": 200, "body": "OK"}),
            json!({"status": 200, "body": "OK"}),
            json!({"webhook": {"status_code": "200", "body": "OK"}}),
            json!({"result": {"success": true, "response_status": 200, "response_body": "OK"}}),
        ] {
            assert_eq!(read(answer.clone()), ok, "{answer}");
        }
        assert!(ok.is_accepted());
        let failed = read(json!({"result": {"success": false, "error_message": "no route"}}));
        assert_eq!(failed.error.as_deref(), Some("no route"));
        assert!(!failed.is_accepted());
        let silent = read(json!({"result": {"success": false}}));
        assert_eq!(silent.error.as_deref(), Some("no reason is given"));
        assert!(!read(json!({"status_code": 404})).is_accepted());
        assert!(!read(json!({})).is_accepted());
        assert_eq!(read(json!({"status_code": 70000})).status, None);
    }
}
