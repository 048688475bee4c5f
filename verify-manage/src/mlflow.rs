//! Webhooks of an MLflow server, 3.3 and later.
//!
//! | fact | mark |
//! |---|---|
//! | paths `/api/2.0/mlflow/webhooks`, `../{id}`, `../{id}/test`; bodies need `Content-Type: application/json` | measured (3.17.2, 3.18.0) |
//! | `{}` for an empty list; at most 1000 a page; the newest first | measured |
//! | an unknown status makes the webhook ACTIVE at create, and is ignored by an update | measured |
//! | an update with `events: []` is answered 200 and ignored; one with nothing moves the time of the last change | measured |
//! | an unknown or lower-case event is answered 500 with a page | measured |
//! | an event that occurs twice is answered 400 with the text of the database | measured |
//! | a name is at most 63 ASCII characters; names need not be unique | measured |
//! | a password in the URL is returned in clear | measured |
//! | a test is sent for disabled webhooks, and for events that are not subscribed to | measured |
//! | an update with the secret alone changes nothing else; the old secret signs for up to 60 s more | measured |
//! | the sender trusts the authorities of `certifi` alone, and uses no proxy, whatever the environment says | measured |
//! | `budget_policy.exceeded` comes from the gateway alone; its payload and delivery were seen by calling MLflow's own function | measured (3.17.2), the gateway's call by its source |
//! | for each event the server remembers for up to 60 s (`MLFLOW_WEBHOOK_CACHE_TTL`) which webhooks there are: a new one gets nothing until then, and a deleted one still delivers, signed with its secret | measured (3.17.2) |
//! | without the key that secrets were encrypted with, list, get and test answer 500 | measured |

mod settings;
mod wanted;

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value, json};
use verify_core::ExposedSecret;

pub use self::{
    settings::Settings,
    wanted::{Changes, NewWebhook, SecretChange, Status},
};
use crate::{
    Destination, Error, Limits, Tested, Webhook,
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
    /// An event of MLflow.
    names: verify_core::mlflow::EventKind::NAMES, such as "model_version.created"
}

impl Event {
    /// The words of the management API, which are upper case: others are answered 500.
    fn to_json(self) -> Value {
        let (entity, action) = self.0.split_once('.').unwrap_or_default();
        json!({"entity": entity.to_ascii_uppercase(), "action": action.to_ascii_uppercase()})
    }
}

const PATH: &str = "/api/2.0/mlflow/webhooks";

client! {
    /// A client of the management API.
    of "server", such as "http://127.0.0.1:5000"
}

impl Client {
    /// Makes a client. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`]: the certificates cannot be used.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let Settings { host, credential, workspace, certificates } = settings;
        let mut headers = Vec::new();
        if let Some(workspace) = workspace {
            let value = HeaderValue::from_str(&workspace);
            let unfit = crate::SettingsError::CredentialUnfit { setting: "MLFLOW_WORKSPACE" };
            headers
                .push((HeaderName::from_static("x-mlflow-workspace"), value.map_err(|_| unfit)?));
        }
        Caller::new(host, credential, headers, &certificates, Limits::default())
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
        let call = Call::with(Method::POST, PATH.to_owned(), body, Again::IfUndone);
        match self.0.call(call).await {
            Ok(answer) => {
                let webhook = self.read(&inner(answer))?;
                expected.check(&webhook).map(|()| webhook)
            }
            Err(error) => reconcile(error, lost, &expected, self.host(), self.list()).await,
        }
    }

    /// Returns all webhooks, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list(&self) -> Result<Vec<Webhook>, Error> {
        self.list_by(1000).await
    }

    /// The same by pages of this size.
    pub(crate) async fn list_by(&self, size: u16) -> Result<Vec<Webhook>, Error> {
        let path = |token: &str| match token {
            "" => format!("{PATH}?max_results={size}"),
            token => format!("{PATH}?max_results={size}&page_token={}", check::encoded(token)),
        };
        self.0.all(path, |webhook| self.read(webhook)).await
    }

    /// Returns a webhook.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn get(&self, id: &str) -> Result<Webhook, Error> {
        let answer = self.0.call(Call::get(path_of(id)?)).await;
        self.read(&inner(answer.map_err(|error| not_found(error, id))?))
    }

    /// Changes a webhook, and returns its new state.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn update(&self, id: &str, changes: &Changes) -> Result<Webhook, Error> {
        let call = Call::with(Method::PATCH, path_of(id)?, changes.body()?, Again::Freely);
        let answer = self.0.call(call).await.map_err(|error| not_found(error, id))?;
        let webhook = self.read(&inner(answer))?;
        changes.expected().check(&webhook).map(|()| webhook)
    }

    /// Replaces the secret. **The server may sign with the old secret for up to 60 s more.**
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn rotate(&self, id: &str, secret: ExposedSecret) -> Result<Webhook, Error> {
        let secret = Some(SecretChange::Set(secret));
        self.update(id, &Changes { secret, ..Changes::default() }).await
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let call =
            Call { method: Method::DELETE, again: Again::IfUndone, ..Call::get(path_of(id)?) };
        self.0.call(call).await.map(|_| ()).map_err(|error| not_found(error, id))
    }

    /// Makes the server deliver a test: of any event, or of the first event of the webhook. It does so for
    /// disabled webhooks too.
    ///
    /// # Errors
    ///
    /// [`Error`]. A refusal by the receiver is not an error.
    pub async fn test(&self, id: &str, event: Option<Event>) -> Result<Tested, Error> {
        let mut body = Body::default();
        body.set("event", event.map(Event::to_json));
        let path = format!("{}/test", path_of(id)?);
        let call = Call::with(Method::POST, path, body, Again::IfUndone);
        Ok(Tested::read(&self.0.call(call).await.map_err(|error| not_found(error, id))?))
    }

    fn read(&self, object: &Map<String, Value>) -> Result<Webhook, Error> {
        let mut webhook = Webhook::read(object, "webhook_id", &self.0.host())?;
        webhook.name = text_of(object, "name");
        let events = object.get("events").and_then(Value::as_array);
        webhook.events = events.into_iter().flatten().filter_map(event_name).collect();
        webhook.events.sort();
        if let Some(url) = text_of(object, "url") {
            webhook.destination = Destination::Http { url, verifies_tls: true };
        }
        Ok(webhook)
    }
}

/// The name that deliveries of an event have.
fn event_name(event: &Value) -> Option<String> {
    let event = event.as_object()?;
    let name = format!("{}.{}", text_of(event, "entity")?, text_of(event, "action")?);
    Some(name.to_ascii_lowercase())
}

fn path_of(id: &str) -> Result<String, Error> {
    Ok(format!("{PATH}/{}", check::encoded(check::id(id)?)))
}

fn not_found(error: Error, id: &str) -> Error {
    match error {
        Error::Refused { refusal, .. } if refusal.status == 404 && !refusal.is_page => {
            Error::NotFound { wanted: id.to_owned() }
        }
        error => error,
    }
}
