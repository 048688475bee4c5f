//! A realistic body for every event of every sender.
//!
//! Where they come from stands in the folder of each sender.

use crate::senders;
pub use crate::senders::Sample;

/// Every sample: by sender, then by the event's name.
pub const ALL: &[Sample] = &senders::SAMPLES;

/// Yields the samples of the sender with this [name](verify_core::Sender::name).
pub fn of(sender: &str) -> impl Iterator<Item = &'static Sample> {
    ALL.iter().filter(move |sample| sample.sender.name() == sender)
}

/// Returns the sample of the most usual event of the sender with this name.
#[must_use]
pub fn usual(sender: &str) -> Option<&'static Sample> {
    let known = verify_core::Sender::ALL.iter().find(|known| known.name() == sender)?;
    find(sender, senders::Knowledge::of(known).usual)
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
