use verify_axum::Sender;
use wildmatch::WildMatch;

/// Whether this version knows an event of the sender that matches.
pub(super) fn has(sender: &Sender, pattern: &WildMatch) -> bool {
    sender.event_names().iter().any(|event| pattern.matches(event))
}

/// Whether a sender may have events that this version does not know: users of some senders choose what
/// their events are called.
pub(super) fn has_others(sender: &Sender) -> bool {
    sender.has_template() || sender.event_names().is_empty()
}
