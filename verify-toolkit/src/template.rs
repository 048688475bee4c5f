//! The payload that people write into the form of a Weights & Biases automation.
//!
//! Weights & Biases has no schema: it sends the JSON that was typed into the form, with variables such as
//! `${alias}` filled in. [`check`] says what is wrong with such a template, and what neither the typed
//! payload nor the bridges will find in it; [`render`] fills it in with sample values; [`OWN`] is the one that
//! they read best.
//!
//! Where facts come from: the variables, that `alias` and `tag` are blank for most events, and that only
//! top-level keys of metadata are there, are documented
//! (<https://docs.wandb.ai/models/automations/create-automations/webhook>). How a value is escaped that has a
//! quote in it, and what becomes of an unknown variable, is unknown: here the JSON stays JSON, and an unknown
//! variable stays as it was typed.

mod finding;
mod look;
mod reader;
mod tree;
mod values;
mod variable;

pub use finding::{Finding, Kind};
pub use look::check;
pub use reader::{Reader, readers};
pub use values::{Values, render};
use verify_core::Sender;

/// The sender that has templates.
pub const SENDER: Sender = Sender::WANDB;

/// The default event for filling in a template: the event that the documentation shows.
pub const FIRST_EVENT: &str = "LINK_ARTIFACT";

/// Every documented variable under its own name: the form that the typed payload and the bridges
/// read best.
pub const OWN: &str = include_str!("senders/wandb/templates/own.json");

/// The templates that the vendor documents, by receiver.
pub const VENDOR: [(&str, &str); 3] = [
    ("GitHub repository_dispatch", include_str!("senders/wandb/templates/github.json")),
    ("Microsoft Teams", include_str!("senders/wandb/templates/teams.json")),
    ("Slack", include_str!("senders/wandb/templates/slack.json")),
];

#[cfg(test)]
mod tests;
