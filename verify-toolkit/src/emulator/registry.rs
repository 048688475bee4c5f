//! What the workspace holds: models, their versions, and webhooks.

use core::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    error::{ApiError, Code},
    event::{Event, Happening, Stage, Status, Tag},
};

/// Who does everything here.
pub(super) const USER: &str = "emulator@example.com";
/// The most of each. What they hold is bounded together, by [`MOST_BYTES`].
const MOST_WEBHOOKS: usize = 1000;
const MOST_MODELS: usize = 10_000;
/// The most that the registry may take as JSON.
pub(super) const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A secret or a token of a webhook, which is kept as a text because deliveries are signed with it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct Hidden(pub(super) String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(..)")
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Registry {
    /// How many things were made so far. Pages begin behind such a number, so that none shifts.
    made: u64,
    pub(super) webhooks: Vec<Webhook>,
    pub(super) models: Vec<Model>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Webhook {
    pub(super) serial: u64,
    pub(super) id: String,
    pub(super) model_name: Option<String>,
    pub(super) events: Vec<Event>,
    pub(super) description: Option<String>,
    pub(super) status: Status,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) spec: Spec,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Spec {
    Http(HttpSpec),
    Job { job_id: String, workspace_url: Option<String>, access_token: Hidden },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct HttpSpec {
    pub(super) url: String,
    pub(super) enable_ssl_verification: bool,
    pub(super) secret: Option<Hidden>,
    pub(super) authorization: Option<Hidden>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Model {
    pub(super) serial: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<Tag>,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) versions: Vec<Version>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Version {
    pub(super) serial: u64,
    pub(super) version: String,
    pub(super) source: String,
    pub(super) run_id: Option<String>,
    pub(super) run_link: Option<String>,
    pub(super) description: Option<String>,
    pub(super) stage: Stage,
    pub(super) tags: Vec<Tag>,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) requests: Vec<TransitionRequest>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct TransitionRequest {
    pub(super) id: String,
    pub(super) to_stage: Stage,
    pub(super) comment: Option<String>,
    pub(super) created: u64,
}

/// One delivery that is to be made, or a job that is not.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) webhook_id: String,
    pub(super) event: Event,
    pub(super) spec: Spec,
    pub(super) body: String,
    pub(super) is_test: bool,
}

impl Registry {
    /// Counts something new.
    pub(super) fn next(&mut self) -> u64 {
        self.made = self.made.saturating_add(1);
        self.made
    }

    /// Refuses a webhook or a model more than there may be.
    pub(super) fn check_room(&self) -> Result<(), ApiError> {
        for (what, count, most) in [
            ("webhooks", self.webhooks.len(), MOST_WEBHOOKS),
            ("models", self.models.len(), MOST_MODELS),
        ] {
            if count > most {
                let message = format!("the emulator holds at most {most} {what}");
                return Err(Code::ResourceLimitExceeded.error(message));
            }
        }
        Ok(())
    }

    pub(super) fn model(&self, name: &str) -> Result<&Model, ApiError> {
        let found = self.models.iter().find(|model| model.name == name);
        found.ok_or_else(|| no_model(name))
    }

    pub(super) fn model_mut(&mut self, name: &str) -> Result<&mut Model, ApiError> {
        let found = self.models.iter_mut().find(|model| model.name == name);
        found.ok_or_else(|| no_model(name))
    }

    pub(super) fn webhook(&self, id: &str) -> Result<&Webhook, ApiError> {
        let found = self.webhooks.iter().find(|webhook| webhook.id == id);
        found.ok_or_else(|| no_webhook(id))
    }

    pub(super) fn webhook_mut(&mut self, id: &str) -> Result<&mut Webhook, ApiError> {
        let found = self.webhooks.iter_mut().find(|webhook| webhook.id == id);
        found.ok_or_else(|| no_webhook(id))
    }

    /// What active webhooks are told of what happened: those of the model, and those of the registry.
    pub(super) fn deliveries(&self, happenings: &[Happening], now: u64) -> Vec<Outgoing> {
        let active = || self.webhooks.iter().filter(|webhook| webhook.status == Status::Active);
        let mut deliveries = Vec::new();
        for Happening { events, details } in happenings {
            let of_model = |webhook: &&Webhook| {
                webhook.model_name.as_ref().is_none_or(|name| *name == details.model_name)
            };
            for webhook in active().filter(of_model) {
                for event in events.iter().filter(|event| webhook.events.contains(event)) {
                    deliveries.push(Outgoing {
                        webhook_id: webhook.id.clone(),
                        event: *event,
                        spec: webhook.spec.clone(),
                        body: details.body(*event, &webhook.id, now),
                        is_test: false,
                    });
                }
            }
        }
        deliveries
    }
}

fn no_model(name: &str) -> ApiError {
    ApiError::missing(format!("there is no registered model `{name}`"))
}

fn no_webhook(id: &str) -> ApiError {
    ApiError::missing(format!("there is no webhook `{id}`"))
}

impl Model {
    pub(super) fn version(&self, version: &str) -> Result<&Version, ApiError> {
        let found = self.versions.iter().find(|known| known.version == version);
        found.ok_or_else(|| no_version(&self.name, version))
    }

    pub(super) fn version_mut(&mut self, version: &str) -> Result<&mut Version, ApiError> {
        let found = self.versions.iter_mut().find(|known| known.version == version);
        found.ok_or_else(|| no_version(&self.name, version))
    }

    /// The newest version in each stage.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Version> {
        let of = |stage| self.versions.iter().rev().find(move |version| version.stage == stage);
        Stage::ALL.iter().filter_map(move |stage| of(*stage))
    }

    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "name": self.name,
            "user_id": USER,
            "creation_timestamp": self.created,
            "last_updated_timestamp": self.updated,
            "latest_versions": self.latest().map(|v| v.to_json(&self.name)).collect::<Vec<_>>(),
            "tags": self.tags,
        });
        put(&mut json, "description", self.description.as_ref());
        json
    }

    /// The same for those calls of Databricks that other registries do not have.
    pub(super) fn to_databricks_json(&self) -> Value {
        let mut json = self.to_json();
        put(&mut json, "id", Some(&self.id));
        put(&mut json, "permission_level", Some("CAN_MANAGE"));
        json
    }
}

fn no_version(name: &str, version: &str) -> ApiError {
    ApiError::missing(format!("there is no version `{version}` of the registered model `{name}`"))
}

impl Version {
    pub(super) fn to_json(&self, name: &str) -> Value {
        let mut json = json!({
            "name": name,
            "version": self.version,
            "user_id": USER,
            "creation_timestamp": self.created,
            "last_updated_timestamp": self.updated,
            "current_stage": self.stage,
            "source": self.source,
            "status": "READY",
            "tags": self.tags,
        });
        put(&mut json, "description", self.description.as_ref());
        put(&mut json, "run_id", self.run_id.as_ref());
        put(&mut json, "run_link", self.run_link.as_ref());
        json
    }

    pub(super) fn to_databricks_json(&self, name: &str) -> Value {
        let mut json = self.to_json(name);
        put(&mut json, "permission_level", Some("CAN_MANAGE"));
        if !self.requests.is_empty() {
            let requests: Vec<_> = self.requests.iter().map(TransitionRequest::to_json).collect();
            put(&mut json, "open_requests", Some(requests));
        }
        json
    }
}

impl TransitionRequest {
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "user_id": USER,
            "activity_type": "REQUESTED_TRANSITION",
            "to_stage": self.to_stage,
            "creation_timestamp": self.created,
            "last_updated_timestamp": self.created,
            "available_actions": ["APPROVE_TRANSITION_REQUEST", "REJECT_TRANSITION_REQUEST"],
        });
        put(&mut json, "comment", self.comment.as_ref());
        json
    }
}

impl Webhook {
    /// What a client may read: neither the secret nor what opens something.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "events": self.events,
            "status": self.status,
            "creation_timestamp": self.created,
            "last_updated_timestamp": self.updated,
        });
        put(&mut json, "description", self.description.as_ref());
        put(&mut json, "model_name", self.model_name.as_ref());
        match &self.spec {
            Spec::Http(HttpSpec { url, enable_ssl_verification, .. }) => {
                let spec = json!({"url": url, "enable_ssl_verification": enable_ssl_verification});
                put(&mut json, "http_url_spec", Some(spec));
            }
            Spec::Job { job_id, workspace_url, .. } => {
                let mut spec = json!({"job_id": job_id});
                put(&mut spec, "workspace_url", workspace_url.as_ref());
                put(&mut json, "job_spec", Some(spec));
            }
        }
        json
    }
}

/// Adds a member to an object, if there is a value for it.
pub(super) fn put<T: Serialize>(object: &mut Value, name: &str, value: Option<T>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(name.to_owned(), json!(value));
    }
}
