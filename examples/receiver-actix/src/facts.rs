//! The line that is printed, with the two or three facts of an event that a person wants to read.

use bytes::Bytes;
use serde_json::{Value, json};
use verify_core::{AnyEvent, Verified, databricks::Stage};

/// Makes the JSON object of the line. It names an attempt after the first, because an earlier attempt may have
/// done half of its work.
pub(crate) fn describe(verified: &Verified<Bytes>, attempt: u32) -> Value {
    let receipt = verified.receipt();
    let mut line = json!({
        "sender": receipt.sender(),
        "delivery_id": receipt.delivery_id(),
        "secret": receipt.secret_label(),
        "bytes": verified.body().len(),
    });
    if attempt > 1 {
        line["attempt"] = attempt.into();
    }
    match AnyEvent::read(verified) {
        Ok(event) => {
            line["event"] = event.name().into();
            let stage = event.transition().and_then(|transition| transition.to.as_ref());
            for (name, fact) in [
                ("model", event.model()),
                ("version", event.version()),
                ("alias", event.alias()),
                ("stage", stage.map(Stage::as_str)),
            ] {
                if let Some(fact) = fact {
                    line[name] = fact.into();
                }
            }
        }
        // Still verified: a delivery that cannot be read is not lost.
        Err(error) => line["unreadable"] = error.to_string().into(),
    }
    line
}
