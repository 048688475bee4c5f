//! What a delivery is about, in a few words.

use bytes::Bytes;
use verify_axum::{AnyEvent, Verified, databricks::Stage};

/// More than this is not shown in a line.
const MOST: usize = 200;

/// Says what a verified delivery is about: its event, and what that happened to.
pub(crate) fn subject(verified: &Verified<Bytes>) -> String {
    let words = match AnyEvent::read(verified) {
        Ok(event) => words(&event),
        // Verified all the same: what is not understood is not lost.
        Err(error) => format!("unreadable: {error}"),
    };
    words.chars().take(MOST).collect()
}

fn words(event: &AnyEvent) -> String {
    let stage = event.transition().and_then(|transition| transition.to.as_ref());
    let name = event.name().unwrap_or("no event type");
    let facts = [event.model(), event.version(), event.alias(), stage.map(Stage::as_str)];
    core::iter::once(name).chain(facts.into_iter().flatten()).collect::<Vec<_>>().join(" ")
}
