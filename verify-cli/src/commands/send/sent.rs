use core::{fmt::Write as _, time::Duration};
use std::io;

use http::StatusCode;
use serde_json::{Value, json};
use verify_toolkit::{WireRequest, attack::Answer};

use crate::{
    output::{BAD, DIM, GOOD, STRONG, Styled},
    payload::Payload,
    target::Fate,
    text::{self, Shown, indented},
};

/// A delivery that was sent, and what came back.
pub(super) struct Sent {
    /// What makes it verify, which is no secret.
    pub(super) headers: Vec<(String, String)>,
    /// How long the body was.
    pub(super) bytes: usize,
    pub(super) outcome: io::Result<Answer>,
    /// How long that took, with the connection.
    pub(super) took: Duration,
}

/// The headers of a request that has no token yet.
pub(super) fn signed_headers(request: &WireRequest) -> Vec<(String, String)> {
    let shown = |(name, value): &(String, Vec<u8>)| (name.clone(), Shown(value).to_string());
    request.headers.iter().map(shown).collect()
}

impl Sent {
    pub(super) fn to_json(&self, payload: &Payload) -> Value {
        let mut line = json!({
            "sender": payload.sender.name(),
            "event": payload.event(),
            "forged": payload.forge.map(|forgery| forgery.name()),
            "headers": self.headers,
            "bytes": self.bytes,
            "milliseconds": milliseconds(self.took),
        });
        match &self.outcome {
            Ok(answer) => {
                let headers = answer.headers.iter();
                let headers = headers.map(|(name, value)| (name, String::from_utf8_lossy(value)));
                line["answer"] = json!({
                    "status": answer.status,
                    "headers": headers.collect::<Vec<_>>(),
                    "body": String::from_utf8_lossy(&answer.body),
                });
            }
            Err(error) => line["error"] = error.to_string().into(),
        }
        line
    }

    /// What was sent and what came back. Nothing, where nothing came back.
    pub(super) fn to_text(&self, payload: &Payload, url: &str) -> String {
        let Ok(answer) = &self.outcome else { return String::new() };
        let mut text = format!("{} {}\n", Styled(STRONG, "POST"), Shown(url.as_bytes()));
        let (sender, what) =
            (payload.sender.name(), payload.event().unwrap_or("a body of your own"));
        let _ = writeln!(text, "  {sender}, {what}, {} bytes", self.bytes);
        if let Some(forgery) = payload.forge {
            let _ = writeln!(text, "  {}: {}", Styled(BAD, "forged"), forgery.does());
        }
        for (name, value) in &self.headers {
            let _ = writeln!(text, "  {}", Styled(DIM, format_args!("{name}: {value}")));
        }
        let reason = StatusCode::from_u16(answer.status).ok().and_then(|s| s.canonical_reason());
        let fate = Fate::of(answer.status);
        let style = if fate == Fate::Accepted { GOOD } else { BAD };
        let _ = writeln!(
            text,
            "{} {} after {} ms",
            Styled(style, answer.status),
            reason.unwrap_or_default(),
            milliseconds(self.took)
        );
        text + &indented(&answer.body)
    }

    /// What that means. Empty: the status says it.
    pub(super) fn meaning(&self, payload: &Payload) -> &'static str {
        let Ok(answer) = &self.outcome else { return "" };
        match (Fate::of(answer.status), payload.forge) {
            (Fate::Accepted, None) => "",
            (Fate::Accepted, Some(_)) => "The receiver accepted a forged delivery.",
            (Fate::Refused, Some(_)) => "Refused, as it should be.",
            (Fate::Refused, None) => {
                "Refused. Does the receiver have the same secret? Does it ask for a token as well (`--token-env`)? Its \
                 log may say why; a receiver that is built with these crates logs it under `RUST_LOG=verify=debug`."
            }
            (Fate::Nowhere, _) => {
                "Not delivered: no receiver is at this path. Compare the path in `--to` with its route, such as \
                 `/webhooks/mlflow`."
            }
            (Fate::Elsewhere, _) => {
                "Not delivered: the answer leads elsewhere, and is not followed. Give `--to` the URL in `location`."
            }
            (Fate::Unable, _) => {
                "Not delivered: the receiver failed, or wants it again later. Its log says why."
            }
        }
    }

    /// What to do next.
    pub(super) fn next(&self, payload: &Payload, url: &str) -> Option<String> {
        let (sender, url) = (payload.sender.name(), text::word(url));
        let fate = self.outcome.as_ref().ok().map(|answer| Fate::of(answer.status))?;
        Some(match (fate, payload.forge) {
            (Fate::Accepted, None) => format!(
                "`verify attack {sender} --to {url}` shows whether the receiver refuses what is forged"
            ),
            (Fate::Accepted, Some(_)) => {
                format!("`verify attack {sender} --to {url}` shows what else it accepts")
            }
            (Fate::Refused, None) => {
                format!(
                    "`verify diagnose {sender} --to {url}` finds out what the receiver does wrong"
                )
            }
            _ => return None,
        })
    }
}

/// With a digit behind the point.
pub(super) fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}
