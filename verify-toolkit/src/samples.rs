//! A realistic body for every event of every sender.
//!
//! Where they come from stands in the folder of each sender.

use verify_core::Sender;

use crate::{Delivery, senders};

/// The body of one event.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Who sends it.
    pub sender: Sender,
    /// The event's name: of Databricks the field `event`, of MLflow entity and action as in
    /// `model_version.created`, of Weights & Biases the variable `event_type`.
    pub event: &'static str,
    /// The body, byte for byte.
    pub body: &'static str,
}

impl Sample {
    /// Makes a delivery of it, to be signed.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        Delivery::new(self.sender, self.body)
    }
}

/// Every sample: by sender, then by the event's name.
pub const ALL: &[Sample] = &senders::SAMPLES;

/// Yields the samples of the sender of this [name](Sender::name).
pub fn of(sender: &str) -> impl Iterator<Item = &'static Sample> {
    ALL.iter().filter(move |sample| sample.sender.name() == sender)
}

/// Finds the sample of an event.
///
/// ```
/// use verify_toolkit::samples;
///
/// let sample = samples::find("mlflow", "model_version_alias.created").ok_or("no such event")?;
/// assert!(sample.body.contains("champion"));
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn find(sender: &str, event: &str) -> Option<&'static Sample> {
    of(sender).find(|sample| sample.event == event)
}
