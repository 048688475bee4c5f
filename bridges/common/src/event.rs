//! What a delivery says, whoever sent it.

use core::time::Duration;
use std::time::SystemTime;

use verify_core::{AnyEvent, EventError, UnixTime, wandb::Variables};

use crate::Automation;

/// What the body of a verified delivery says, or why it cannot be read: its sender changed its shape, or
/// the user of the sender chose another shape.
#[derive(Debug)]
pub struct Event(Result<AnyEvent, EventError>);

impl Event {
    /// Reads a body from the sender with this name. Variables of Weights & Biases are found wherever
    /// the documented templates have them.
    #[must_use]
    pub fn read(sender: &str, body: &[u8]) -> Self {
        Self(AnyEvent::parse(sender, body).and_then(|event| match event {
            AnyEvent::Wandb(_) => {
                Automation::parse(body).map(|automation| AnyEvent::Wandb(automation.variables))
            }
            event => Ok(event),
        }))
    }

    /// Returns what it says.
    ///
    /// # Errors
    ///
    /// Why that cannot be told.
    pub const fn get(&self) -> Result<&AnyEvent, &EventError> {
        self.0.as_ref()
    }

    /// Returns its name, as the sender writes it. `None`: the event cannot be read, or has no name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Ok(event) => event.name(),
            Err(error) => error.event(),
        }
    }

    /// Returns the model, prompt or artifact that it is about. `None`: the event cannot be read, or
    /// is about none of these.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.0.as_ref().ok()?.model()
    }

    /// Returns the variables, if an automation of Weights & Biases sent it.
    #[must_use]
    pub const fn variables(&self) -> Option<&Variables> {
        match &self.0 {
            Ok(AnyEvent::Wandb(variables)) => Some(variables),
            _ => None,
        }
    }

    /// Returns whether it is about something longer ago than a repetition is recognised. An attacker who
    /// recorded the delivery could then have it handled again.
    ///
    /// This is for Databricks, whose time is only in the body. MLflow's time is checked with the
    /// signature, Weights & Biases signs no time, and a body that cannot be read has no time.
    #[must_use]
    pub fn is_outdated(&self, retention: Duration, now: SystemTime) -> bool {
        let Ok(AnyEvent::Databricks(event)) = &self.0 else { return false };
        let Ok(now) = UnixTime::try_from(now) else { return false };
        let happened = event.event_timestamp.to_unix_time();
        // An event of later than now is of a clock that is ahead of ours.
        now.as_secs().saturating_sub(happened.as_secs()) > retention.as_secs()
    }

    /// Whether its sender has to be trusted for what it is about, because it could not be read.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.0.is_err()
    }
}
