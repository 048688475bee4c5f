//! What a delivery is about, in a few words.

use verify_axum::{AnyEvent, EventError, Sender, Verified, databricks::Stage};

/// More than this is not shown in a line.
const MOST: usize = 200;

/// What a body says.
pub(crate) struct Subject {
    /// The name of the event.
    pub(crate) event: Option<String>,
    /// The event, and what that happened to.
    pub(crate) words: String,
}

impl Subject {
    /// Reads what a verified delivery is about.
    pub(crate) fn of(verified: &Verified<impl AsRef<[u8]>>) -> Self {
        Self::read(AnyEvent::read(verified)).unwrap_or_else(|error| {
            // Verified all the same: what is not understood is not lost.
            Self { event: None, words: clipped(&format!("unreadable: {error}")) }
        })
    }

    /// Reads what a refused delivery claims to be about. It is shown as that, and nothing else is done with it.
    pub(crate) fn claimed(sender: &Sender, body: &[u8]) -> Option<Self> {
        let claimed = Self::read(AnyEvent::parse(sender.name(), body)).ok();
        claimed.filter(|claimed| claimed.event.is_some())
    }

    fn read(event: Result<AnyEvent, EventError>) -> Result<Self, EventError> {
        let event = event?;
        Ok(Self { event: event.name().map(clipped), words: clipped(&words(&event)) })
    }
}

fn clipped(text: &str) -> String {
    text.chars().take(MOST).collect()
}

fn words(event: &AnyEvent) -> String {
    let stage = event.transition().and_then(|transition| transition.to.as_ref());
    let name = event.name().unwrap_or("no event type");
    let facts = [event.model(), event.version(), event.alias(), stage.map(Stage::as_str)];
    core::iter::once(name).chain(facts.into_iter().flatten()).collect::<Vec<_>>().join(" ")
}
