//! What the log says about a delivery that is only acknowledged.

use std::{collections::BTreeSet, sync::Mutex};

use verify_core::Sender;

/// A template of an automation, for users to paste. It has all that the bridges read, under its own
/// names.
pub const WANDB_TEMPLATE: &str = r#"{"event_type": "${event_type}", "event_author": "${event_author}", "entity_name": "${entity_name}", "project_name": "${project_name}", "artifact_collection_name": "${artifact_collection_name}", "artifact_version": "${artifact_version}", "artifact_version_string": "${artifact_version_string}", "alias": "${alias}"}"#;

/// Returns what to do about a template that says too little, the first time for each reason: an automation
/// fires often, and people need to read it only once.
#[must_use]
pub fn first_advice(reason: &'static str) -> Option<String> {
    static GIVEN: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    let is_first = GIVEN.lock().is_ok_and(|mut given| given.insert(reason));
    is_first.then(|| {
        format!("paste this payload into the automation in Weights & Biases: {WANDB_TEMPLATE}")
    })
}

/// Logs that a delivery came before, and is only acknowledged.
pub fn log_repeated(sender: &str) {
    // Without an id or a time it may have been another delivery with the same bytes.
    if Sender::named(sender).is_some_and(Sender::has_template) {
        tracing::warn!(sender, "a repeated delivery, or another one with the same bytes");
    } else {
        tracing::info!(sender, "a repeated delivery");
    }
}

/// Counts a verified delivery that nothing is made of, and why.
pub fn count_nothing(sender: &'static str, reason: &'static str) {
    metrics::counter!("bridge_nothing_total", "sender" => sender, "reason" => reason).increment(1);
}
