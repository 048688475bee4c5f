//! Microsoft Teams, in the form that Weights & Biases documents for it:
//! <https://docs.wandb.ai/models/automations/create-automations/webhook>.

use bridge_common::is_hidden;
use outbox::{Answer, Outcome};
use serde_json::{Value, json};

use crate::movement::Movement;

/// Characters of others' text: a card is at most 28 KB.
const MOST_CHARS: usize = 500;

pub(super) fn card(sender: &str, movement: &Movement<'_>) -> Value {
    let facts = [
        ("Model", Some(&*movement.model)),
        ("Version", movement.version.as_deref()),
        ("From", movement.from.as_deref()),
        ("To", movement.target.as_deref()),
        ("Event", Some(movement.event)),
        ("Sender", Some(sender)),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .filter_map(|(name, fact)| Some(json!({"name": name, "value": inert(fact?)})))
        .collect();
    json!({
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "summary": "A model moved",
        "sections": [{
            "activityTitle": "A model moved",
            "facts": facts,
            // Others typed it: no links, no mentions.
            "markdown": false,
        }],
    })
}

/// A connector answers 200 even where Teams did not take it, and says so in the body. Without that it is
/// not known.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    let said = String::from_utf8_lossy(&answer.body);
    match answer.status {
        200 if said.contains("HTTP error 429") || !answer.is_complete => {
            Outcome::Later { after: None, reason: answer.reason() }
        }
        200 if said.contains("HTTP error") => Outcome::Dead { reason: answer.reason() },
        _ => answer.outcome(),
    }
}

/// What would be taken for markup is shown as an entity, and what hides or reverses text as its number.
fn inert(text: &str) -> String {
    let mut inert = String::new();
    for char in text.chars().take(MOST_CHARS) {
        match char {
            '&' => inert.push_str("&amp;"),
            '<' => inert.push_str("&lt;"),
            '>' => inert.push_str("&gt;"),
            '\n' | '\r' | '\t' => inert.push(' '),
            char if is_hidden(char) => inert.extend(char.escape_unicode()),
            char => inert.push(char),
        }
    }
    if text.chars().nth(MOST_CHARS).is_some() {
        inert.push('\u{2026}');
    }
    inert
}
