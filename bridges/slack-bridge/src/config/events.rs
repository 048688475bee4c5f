use verify_axum::{databricks, mlflow, wandb};
use wildmatch::WildMatch;

/// What a sender calls its events.
pub(super) struct Events {
    pub(super) sender: &'static str,
    /// Those that this version knows.
    pub(super) names: &'static [&'static str],
    /// Whether there may be others: of Weights & Biases users choose what they are called.
    pub(super) has_others: bool,
}

pub(super) const EVENTS: [Events; 3] = [
    Events { sender: "databricks", names: databricks::EventKind::NAMES, has_others: false },
    Events { sender: "mlflow", names: mlflow::EventKind::NAMES, has_others: false },
    Events { sender: "wandb", names: wandb::EventType::NAMES, has_others: true },
];

impl Events {
    /// Whether this version knows one that matches.
    pub(super) fn has(&self, pattern: &WildMatch) -> bool {
        self.names.iter().any(|event| pattern.matches(event))
    }
}
