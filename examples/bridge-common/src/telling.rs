//! What operators are told of a delivery that is only acknowledged.

use verify_core::Sender;

/// Logs that a delivery came before, and is only acknowledged.
pub fn log_repeated(sender: &str) {
    // Without an id or a time it may have been another delivery with the same bytes.
    if sender == Sender::WANDB.name() {
        tracing::warn!(sender, "a delivery that came before, or one with the same bytes");
    } else {
        tracing::info!(sender, "a delivery that came before");
    }
}

/// Counts a verified delivery that nothing is made of, and why.
pub fn count_nothing(sender: &'static str, reason: &'static str) {
    metrics::counter!("bridge_nothing_total", "sender" => sender, "reason" => reason).increment(1);
}
