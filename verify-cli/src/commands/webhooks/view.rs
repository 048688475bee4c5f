//! Webhooks, for people and for scripts. A password in a URL is in neither.

use core::fmt::Write as _;

use serde_json::{Value, json};
use verify_manage::{Destination, Tested, Webhook, without_password};

use crate::text::{Shown, indented};

pub(crate) fn to_json(webhook: &Webhook) -> Value {
    let mut json = json!({
        "id": webhook.id,
        "name": webhook.name,
        "description": webhook.description,
        "events": webhook.events,
        "status": webhook.status.as_ref().map(|status| status.as_str()),
        "model": webhook.model,
        "created_at": webhook.created_at,
        "updated_at": webhook.updated_at,
    });
    match &webhook.destination {
        Destination::Http { url, verifies_tls } => {
            json["url"] = without_password(url).into();
            json["verifies_tls"] = (*verifies_tls).into();
        }
        Destination::Job { job_id, workspace_url } => {
            json["job_id"] = job_id.as_str().into();
            json["workspace_url"] = workspace_url.clone().into();
        }
        _ => {}
    }
    json
}

fn status(webhook: &Webhook) -> &str {
    webhook.status.as_ref().map_or("?", |status| status.as_str())
}

pub(super) fn details(webhook: &Webhook) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<12} {}", Shown(value.as_bytes()));
        }
    };
    line("id", &webhook.id);
    line("name", webhook.name.as_deref().unwrap_or_default());
    line("status", status(webhook));
    line("delivers to", &webhook.destination.to_string());
    line("model", webhook.model.as_deref().unwrap_or_default());
    line("events", &webhook.events.join(", "));
    line("description", &webhook.description);
    text
}

/// A table, with columns as wide as what stands in them.
pub(super) fn table(webhooks: &[Webhook]) -> String {
    let title = ["ID", "NAME", "STATUS", "EVENTS", "DELIVERS TO"].map(str::to_owned);
    let row = |webhook: &Webhook| {
        let events = match webhook.events.as_slice() {
            [] => "none".to_owned(),
            [event] => event.clone(),
            [event, more @ ..] => format!("{event} and {} more", more.len()),
        };
        let name = webhook.name.as_ref().or(webhook.model.as_ref());
        [
            webhook.id.clone(),
            name.cloned().unwrap_or_default(),
            status(webhook).to_owned(),
            events,
            webhook.destination.to_string(),
        ]
        .map(|text| Shown(text.as_bytes()).to_string())
    };
    let rows: Vec<_> = [title].into_iter().chain(webhooks.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max()
    };
    let widths: Vec<_> = (0..4).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths.iter().chain([&0])) {
            let _ = write!(line, "{cell:<width$}  ", width = *width);
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

pub(super) fn tested_json(tested: &Tested) -> Value {
    json!({
        "accepted": tested.is_accepted(),
        "status": tested.status,
        "body": tested.body,
        "error": tested.error,
    })
}

pub(crate) fn tested(tested: &Tested) -> String {
    let mut text = match (tested.status, &tested.error) {
        (_, Some(error)) => {
            format!("the sender could not deliver: {}\n", Shown(error.as_bytes()))
        }
        (Some(status), None) => format!("the receiver answered {status}\n"),
        (None, None) => "the service does not say what the receiver answered\n".to_owned(),
    };
    text += &indented(tested.body.as_deref().unwrap_or_default().as_bytes());
    text
}
