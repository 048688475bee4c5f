//! Webhooks of a Databricks workspace's model registry.
//!
//! | fact | mark |
//! |---|---|
//! | paths `/api/2.0/mlflow/registry-webhooks/..`; POST, GET, PATCH, DELETE | measured with the vendor's clients |
//! | `DELETE` names the id in the query, and has no body | measured (`databricks-sdk`) |
//! | there is no call for one webhook: it is looked for in the list | documented |
//! | an update replaces the whole of `http_url_spec` | documented |
//! | without its `secret`, signing then stops | inferred |
//! | answers are read with every field missing, ids as numbers, times as texts | measured: the clients differ |
//! | a wrong host answers 303 to a login page | measured |
//! | whether a test of a disabled webhook is sent | unknown |

mod settings;
mod wanted;

use http::Method;
use serde_json::{Map, Value};

pub use self::{
    settings::Settings,
    wanted::{Changes, Filter, HttpTarget, JobTarget, NewWebhook, Status, Target},
};
use crate::{
    Certificates, Destination, Error, Limits, Tested, Webhook,
    answer::text_of,
    body::Body,
    caller::{Again, Call, Caller},
    check,
    client::client,
    create::{Lost, reconcile},
    event::event,
    webhook::inner,
};

event! {
    /// An event of a Databricks model registry.
    names: verify_core::databricks::EventKind::NAMES, such as "MODEL_VERSION_CREATED"
}

const PATH: &str = "/api/2.0/mlflow/registry-webhooks";

client! {
    /// A client of the management API.
    of "workspace", such as "https://adb-1.2.azuredatabricks.net"
}

impl Client {
    /// Makes a client. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`]: the certificates cannot be used.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let Settings { host, credential } = settings;
        Caller::new(host, credential, Vec::new(), &Certificates::default(), Limits::default())
            .map(Self)
            .ok_or(Error::Settings(crate::SettingsError::CredentialMissing))
    }

    /// Creates a webhook. If the answer is lost, the client looks for the webhook and does not
    /// create it twice.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn create(&self, wanted: &NewWebhook) -> Result<Webhook, Error> {
        let body = wanted.body()?;
        let expected = wanted.expected();
        let lost = Lost::now();
        let call = Call::with(Method::POST, format!("{PATH}/create"), body, Again::IfUndone);
        match self.0.call(call).await {
            Ok(answer) => {
                let webhook = self.read(&inner(answer))?;
                expected.check(&webhook).map(|()| webhook)
            }
            Err(error) => {
                let filter = Filter { model: wanted.model.clone(), ..Filter::default() };
                reconcile(error, lost, &expected, self.host(), self.list(&filter)).await
            }
        }
    }

    /// Returns all webhooks that match a filter.
    ///
    /// # Errors
    ///
    /// [`Error`]. Without a model in the filter, the service may ask for an administrator.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Webhook>, Error> {
        let path = |token: &str| format!("{PATH}/list{}", filter.query(token));
        self.0.all(path, |webhook| self.read(webhook)).await
    }

    /// Changes a webhook. The whole destination is replaced, with the secret.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn update(&self, id: &str, changes: &Changes) -> Result<(), Error> {
        let id = check::id(id)?;
        let mut body = changes.body()?;
        body.set("id", Some(id));
        let call = Call::with(Method::PATCH, format!("{PATH}/update"), body, Again::Freely);
        let answer = inner(self.0.call(call).await?);
        // Some versions answer with nothing.
        match self.read(&answer) {
            Ok(webhook) => changes.expected().check(&webhook),
            Err(_) => Ok(()),
        }
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let path = format!("{PATH}/delete?id={}", check::encoded(check::id(id)?));
        let call = Call { method: Method::DELETE, again: Again::IfUndone, ..Call::get(path) };
        self.0.call(call).await.map(|_| ())
    }

    /// Makes the service deliver a test, for this event of the webhook or for an event of the
    /// service's choice.
    ///
    /// # Errors
    ///
    /// [`Error`]. A refusal by the receiver is not an error.
    pub async fn test(&self, id: &str, event: Option<Event>) -> Result<Tested, Error> {
        let mut body = Body::default();
        body.set("id", Some(check::id(id)?));
        body.set("event", event.map(|event| event.name()));
        let call = Call::with(Method::POST, format!("{PATH}/test"), body, Again::IfUndone);
        Ok(Tested::read(&self.0.call(call).await?))
    }

    fn read(&self, object: &Map<String, Value>) -> Result<Webhook, Error> {
        let mut webhook = Webhook::read(object, "id", &self.0.host())?;
        webhook.model = text_of(object, "model_name").filter(|name| !name.is_empty());
        let events = object.get("events").and_then(Value::as_array);
        let names = events.into_iter().flatten().filter_map(Value::as_str);
        webhook.events = names.map(str::to_owned).collect();
        webhook.events.sort();
        let spec = |name: &str| object.get(name)?.as_object().filter(|spec| !spec.is_empty());
        if let Some(http) = spec("http_url_spec") {
            let verifies_tls = http.get("enable_ssl_verification").and_then(Value::as_bool);
            webhook.destination = Destination::Http {
                url: text_of(http, "url").unwrap_or_default(),
                verifies_tls: verifies_tls.unwrap_or(true),
            };
        } else if let Some(job) = spec("job_spec") {
            webhook.destination = Destination::Job {
                job_id: text_of(job, "job_id").unwrap_or_default(),
                workspace_url: text_of(job, "workspace_url").filter(|url| !url.is_empty()),
            };
        }
        Ok(webhook)
    }
}
