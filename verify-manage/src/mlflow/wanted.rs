//! What one may ask of MLflow.

use serde_json::Value;
use verify_core::ExposedSecret;

use super::Event;
use crate::{
    Invalid,
    body::Body,
    check,
    event::{check as check_events, names},
    webhook::{self, Expected},
};

/// A status that a webhook of MLflow can have. Any other word would make it active.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// It delivers.
    #[default]
    Active,
    /// It does not deliver.
    Disabled,
}

impl Status {
    /// Reads a status, in any case.
    ///
    /// # Errors
    ///
    /// [`Invalid::StatusUnknown`].
    pub fn new(word: &str) -> Result<Self, Invalid> {
        match word.to_ascii_lowercase().as_str() {
            "active" => Ok(Self::Active),
            "disabled" => Ok(Self::Disabled),
            _ => Err(Invalid::StatusUnknown(word.to_owned())),
        }
    }

    const fn common(self) -> webhook::Status {
        match self {
            Self::Active => webhook::Status::Active,
            Self::Disabled => webhook::Status::Disabled,
        }
    }
}

/// A webhook to create.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its name. Others may have the same.
    pub name: String,
    /// Where it delivers to.
    pub url: String,
    /// Its events.
    pub events: Vec<Event>,
    /// The secret that signs deliveries; `None` for unsigned deliveries.
    pub secret: Option<ExposedSecret>,
    /// Its description.
    pub description: Option<String>,
    /// Whether it delivers.
    pub status: Status,
}

impl NewWebhook {
    /// Takes a name, the URL of a receiver, the events and the secret.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        url: impl Into<String>,
        events: impl Into<Vec<Event>>,
        secret: Option<ExposedSecret>,
    ) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            events: events.into(),
            secret,
            description: None,
            status: Status::Active,
        }
    }

    pub(super) fn body(&self) -> Result<Body, Invalid> {
        check_name(&self.name)?;
        check::url(&self.url)?;
        check_events(&self.events)?;
        let mut body = Body::default();
        body.set("name", Some(self.name.as_str()));
        body.set("url", Some(self.url.as_str()));
        body.set("events", Some(words(&self.events)));
        body.set("status", Some(self.status.common().as_str()));
        body.set("description", self.description.as_deref());
        body.secret(self.secret.as_ref())?;
        Ok(body)
    }

    pub(crate) fn expected(&self) -> Expected {
        Expected {
            name: Some(self.name.clone()),
            description: self.description.clone(),
            events: Some(names(&self.events)),
            status: Some(self.status.common()),
            url: Some(self.url.clone()),
            ..Expected::default()
        }
    }
}

/// What becomes of a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SecretChange {
    /// Deliveries are no longer signed.
    Remove,
    /// Deliveries are signed with this one.
    Set(ExposedSecret),
}

/// The changes of a webhook. Fields that are not set stay as they are, also the secret.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Its name.
    pub name: Option<String>,
    /// Where it delivers to.
    pub url: Option<String>,
    /// All of its events.
    pub events: Option<Vec<Event>>,
    /// What deliveries are signed with.
    pub secret: Option<SecretChange>,
    /// Its description; an empty one takes it away.
    pub description: Option<String>,
    /// Whether it delivers.
    pub status: Option<Status>,
}

impl Changes {
    pub(super) fn body(&self) -> Result<Body, Invalid> {
        self.name.as_deref().map(check_name).transpose()?;
        self.url.as_deref().map(check::url).transpose()?;
        self.events.as_deref().map(check_events).transpose()?;
        let mut body = Body::default();
        body.set("name", self.name.as_deref());
        body.set("url", self.url.as_deref());
        body.set("events", self.events.as_deref().map(words));
        match &self.secret {
            Some(SecretChange::Remove) => body.set("secret", Some("")),
            Some(SecretChange::Set(secret)) => body.secret(Some(secret))?,
            None => {}
        }
        body.set("description", self.description.as_deref());
        body.set("status", self.status.map(|status| status.common().to_string()));
        body.changes()
    }

    pub(super) fn expected(&self) -> Expected {
        Expected {
            name: self.name.clone(),
            description: self.description.clone(),
            events: self.events.as_deref().map(names),
            status: self.status.map(Status::common),
            url: self.url.clone(),
            ..Expected::default()
        }
    }
}

/// The events in the words of the management API.
fn words(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| event.to_json()).collect()
}

fn check_name(name: &str) -> Result<(), Invalid> {
    match name {
        "" => Err(Invalid::NameMissing),
        name if name.len() <= 63 && name.is_ascii() => Ok(()),
        _ => Err(Invalid::NameUnfit),
    }
}
