//! The messages that people read in Slack.

mod databricks;
mod link;
mod mlflow;
mod text;
mod wandb;

use core::time::Duration;
use std::{borrow::Cow, time::UNIX_EPOCH};

use bridge_common::Event;
use serde_json::{Value, json};
use verify_axum::{AnyEvent, Sender};
use verify_outbox::Delivery;

use self::text::{Lines, escaped};

/// What a message says, in the words of whoever wrote them: it is escaped when it is written down.
#[derive(Default)]
struct Message<'e> {
    /// In a line what happened.
    headline: String,
    facts: Vec<(&'static str, Cow<'e, str>)>,
    /// What somebody wrote.
    quotes: Vec<&'e str>,
    /// Where to look at it.
    link: Option<String>,
}

/// Makes the message for a delivery, as Slack's incoming webhooks take it. `workspace` is the URL that
/// links begin with.
pub(crate) fn message(delivery: &Delivery, workspace: Option<&str>) -> Value {
    let event = Event::read(&delivery.sender, &delivery.body);
    let message = match event.get() {
        Ok(AnyEvent::Databricks(event)) => databricks::message(event, workspace),
        Ok(AnyEvent::Mlflow(event)) => mlflow::message(event, workspace),
        Ok(AnyEvent::Wandb(variables)) => wandb::message(variables, &delivery.body, workspace),
        Ok(other) => Message {
            headline: format!("{}: {}", title(delivery), other.name().unwrap_or("an event")),
            ..Message::default()
        },
        Err(error) => Message {
            headline: "An event that this version cannot read".to_owned(),
            facts: vec![
                ("Why", error.to_string().into()),
                ("Size", format!("{} bytes", delivery.body.len()).into()),
            ],
            ..Message::default()
        },
    };
    message.to_json(&origin(&event, delivery))
}

/// What people call the sender.
fn title(delivery: &Delivery) -> &str {
    Sender::named(&delivery.sender).map_or(&*delivery.sender, |sender| sender.title())
}

/// Who sent it, what it is called, and when it came.
fn origin(event: &Event, delivery: &Delivery) -> String {
    let sender = title(delivery);
    let received = UNIX_EPOCH.checked_add(Duration::from_secs(delivery.received_at.as_secs()));
    let received = received.map(httpdate::fmt_http_date).unwrap_or_default();
    match event.name() {
        Some(name) => format!("{sender} \u{b7} {name} \u{b7} received {received}"),
        None => format!("{sender} \u{b7} received {received}"),
    }
}

impl Message<'_> {
    // Slack takes 150 characters in a header, 2,000 in each of 10 fields, 3,000 in a section, and 50
    // blocks. These are less where nobody would read as much.
    const HEADLINE: usize = 150;
    const FIELDS: usize = 10;
    const FIELD: usize = 300;
    const QUOTE: usize = 2900;
    const ORIGIN: usize = 300;

    fn to_json(&self, origin: &str) -> Value {
        let line = |text: &str, most| escaped(text, most, Lines::One);
        let headline = line(&self.headline, Self::HEADLINE);
        let mut blocks = vec![json!({"type": "header", "text": plain(&headline)})];

        let field = |(label, fact): &(&str, Cow<'_, str>)| {
            plain(&format!("{label}\n{}", line(fact, Self::FIELD)))
        };
        let fields: Vec<_> = self.facts.iter().take(Self::FIELDS).map(field).collect();
        if !fields.is_empty() {
            blocks.push(json!({"type": "section", "fields": fields}));
        }
        for quote in self.quotes.iter().filter(|quote| !quote.trim().is_empty()) {
            let quote = escaped(quote.trim(), Self::QUOTE, Lines::Several);
            blocks.push(json!({"type": "section", "text": plain(&quote)}));
        }
        let mut context = vec![plain(&line(origin, Self::ORIGIN))];
        // The one text that Slack is to read: our own words around a URL in which nothing is left
        // that could end it.
        if let Some(link) = self.link.as_deref().filter(|link| link.len() <= 2000) {
            let text = format!("<{link}|Open>");
            context.push(json!({"type": "mrkdwn", "text": text, "verbatim": true}));
        }
        blocks.push(json!({"type": "context", "elements": context}));
        json!({
            // What a notification shows.
            "text": headline,
            "mrkdwn": false,
            "parse": "none",
            "link_names": false,
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": blocks,
        })
    }
}

/// A text that Slack shows as it is. It is escaped already.
fn plain(text: &str) -> Value {
    // Slack refuses an empty one.
    let text = if text.is_empty() { "(nothing)" } else { text };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// Names and values, as a fact.
fn tags<'t>(tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
    tags.join(", ")
}

#[cfg(test)]
mod tests;
