//! Microsoft Teams: a workflow that begins when a webhook request is received, or an older connector.

use bridge_common::is_hidden;
use serde::Deserialize;
use serde_json::{Value, json};
use verify_outbox::{Answer, Outcome};

use crate::movement::Movement;

/// Characters of others' text: a card is at most 28 KB.
const MOST_CHARS: usize = 500;

const TITLE: &str = "A model moved";

/// The form of a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Card {
    /// What workflows take, and connectors too:
    /// <https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
    #[default]
    AdaptiveCard,
    /// What connectors took first, in the form that Weights & Biases documents:
    /// <https://docs.wandb.ai/models/automations/create-automations/webhook>.
    MessageCard,
}

impl Card {
    pub(super) fn request(self, sender: &str, movement: &Movement) -> Value {
        let facts = [
            ("Model", Some(&*movement.model)),
            ("Version", movement.version.as_deref()),
            ("From", movement.from.as_deref()),
            ("To", movement.target.as_deref()),
            ("Event", Some(&*movement.event)),
            ("Sender", Some(sender)),
        ];
        let facts = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
        match self {
            Self::AdaptiveCard => adaptive(facts),
            Self::MessageCard => message(facts),
        }
    }

    /// A workflow answers 202 before it begins, and tells nobody but its owner that it failed. A connector
    /// answers 200 even where Teams did not take it, and says so in the body; without that it is not
    /// known.
    pub(super) fn outcome(self, answer: &Answer) -> Outcome {
        let said = String::from_utf8_lossy(&answer.body);
        match (answer.status, self) {
            (202, Self::MessageCard) => Outcome::Dead {
                reason: "HTTP 202 is the answer of a workflow, which drops a MessageCard: set \
                         `card = \"adaptive-card\"`, and `dead retry` posts it again"
                    .to_owned(),
            },
            (200, _) if said.contains("HTTP error 429") || !answer.is_complete => {
                Outcome::Later { after: None, reason: answer.reason() }
            }
            (200, _) if said.contains("HTTP error") => Outcome::Dead { reason: answer.reason() },
            _ => answer.outcome(),
        }
    }
}

/// Others' text stands in a `RichTextBlock`: of all texts in a card, only that is not read as Markdown.
/// A mention needs an entry in `msteams.entities`, which this card has not.
fn adaptive<'f>(facts: impl Iterator<Item = (&'static str, &'f str)>) -> Value {
    let fact = |(name, fact)| {
        json!({"type": "RichTextBlock", "spacing": "Small", "inlines": [
            {"type": "TextRun", "text": format!("{name}: "), "weight": "Bolder"},
            {"type": "TextRun", "text": shown(fact, in_run)},
        ]})
    };
    let title = json!({"type": "TextBlock", "text": TITLE, "weight": "Bolder", "size": "Medium"});
    let body: Vec<_> = core::iter::once(title).chain(facts.map(fact)).collect();
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
            },
        }],
    })
}

fn message<'f>(facts: impl Iterator<Item = (&'static str, &'f str)>) -> Value {
    let fact = |(name, fact)| json!({"name": name, "value": shown(fact, in_html)});
    json!({
        "@type": "MessageCard",
        "@context": "http://schema.org/extensions",
        "summary": TITLE,
        "sections": [{
            "activityTitle": TITLE,
            "facts": facts.map(fact).collect::<Vec<_>>(),
            // Others typed it: no links, no mentions.
            "markdown": false,
        }],
    })
}

/// Makes text of others fit to be shown; `inert` writes a character so that it does nothing.
fn shown(text: &str, inert: fn(&mut String, char)) -> String {
    let mut shown = String::new();
    for char in text.chars().take(MOST_CHARS) {
        match char {
            '\n' | '\r' | '\t' => inert(&mut shown, ' '),
            char if is_hidden(char) => shown.extend(char.escape_unicode()),
            char => inert(&mut shown, char),
        }
    }
    if text.chars().nth(MOST_CHARS).is_some() {
        shown.push('\u{2026}');
    }
    shown
}

/// A run of text takes no markup. In case that a client does, the three beginnings of it are told apart
/// from what they would be: a mention `<at>`, a link `](`, a date `{{DATE(`.
fn in_run(shown: &mut String, char: char) {
    match char {
        '<' => shown.push('\u{2039}'),
        '>' => shown.push('\u{203a}'),
        '(' if shown.ends_with(']') => shown.push_str(" ("),
        '{' if shown.ends_with('{') => shown.push_str(" {"),
        char => shown.push(char),
    }
}

/// What would be taken for markup is an entity.
fn in_html(shown: &mut String, char: char) {
    match char {
        '&' => shown.push_str("&amp;"),
        '<' => shown.push_str("&lt;"),
        '>' => shown.push_str("&gt;"),
        char => shown.push(char),
    }
}
