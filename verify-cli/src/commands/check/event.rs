use verify_toolkit::{AnyEvent, EventError, Verified};

/// What a verified delivery says.
pub(super) struct Event {
    pub(super) name: Option<String>,
    /// As JSON for people, in the order of the type. Of Weights & Biases, where there is no type, the
    /// body as it came.
    pub(super) fields: String,
}

/// Reads the event in the type of its sender.
///
/// # Errors
///
/// The body does not have that shape.
pub(super) fn read(verified: &Verified<&[u8]>) -> Result<Event, EventError> {
    let event = AnyEvent::read(verified)?;
    let fields = match &event {
        AnyEvent::Wandb(_) => String::from_utf8_lossy(verified.body()).into_owned(),
        // Nothing in it can fail: no map with odd keys.
        event => serde_json::to_string_pretty(event).unwrap_or_default(),
    };
    Ok(Event { name: event.name().map(str::to_owned), fields })
}
