//! What JetStream answers to a message.

use serde_json::Value;

use crate::Outcome;

/// What an answer means.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Outcome(Outcome),
    /// The stream is not the one that was looked at.
    Trouble(&'static str),
}

/// Reads an acknowledgement. Of an error only its number counts, since its text may be anything.
pub(super) fn read(payload: &[u8], stream: &str) -> Answer {
    // The codes of errors: nats-server, `server/errors.json`.
    const HEADERS_TOO_LARGE: u64 = 10097;
    const MESSAGE_TOO_LARGE: u64 = 10054;
    const NO_ROOM: [u64; 4] = [10023, 10047, 10077, 10028];
    const OTHER_STREAM: u64 = 10060;

    let said: Value = serde_json::from_slice(payload).unwrap_or_default();
    let is_of = |name: &str| said.get("stream").and_then(Value::as_str) == Some(name);
    let number = |pointer| said.pointer(pointer).and_then(Value::as_u64);
    let later = |reason: String| Answer::Outcome(Outcome::Later { after: None, reason });
    match (number("/error/err_code").or(number("/error/code")), number("/seq")) {
        (Some(MESSAGE_TOO_LARGE), _) => Answer::Outcome(Outcome::Dead {
            reason: format!(
                "the message is larger than the stream allows: `nats stream edit {stream} --max-msg-size=...`"
            ),
        }),
        (Some(HEADERS_TOO_LARGE), _) => Answer::Outcome(Outcome::Dead {
            reason: "the headers are larger than 64 KiB: is the name of the event that long?"
                .to_owned(),
        }),
        (Some(OTHER_STREAM), _) => Answer::Trouble("another stream listens on the subject"),
        (Some(code), _) if NO_ROOM.contains(&code) => later(format!(
            "the stream `{stream}` takes nothing more, as it or its disk is full (JetStream's error {code})"
        )),
        (Some(code), _) => later(format!("JetStream answers with the error {code}")),
        (None, Some(_)) if is_of(stream) => {
            let is_duplicate = said.get("duplicate").and_then(Value::as_bool) == Some(true);
            Answer::Outcome(if is_duplicate { Outcome::Repeated } else { Outcome::Done })
        }
        (None, _) => Answer::Trouble("what answers on the subject is not the stream"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, read};
    use crate::Outcome;

    #[test]
    fn what_jetstream_answers_is_told_apart() {
        let read = |payload: &str| match read(payload.as_bytes(), "models") {
            Answer::Outcome(Outcome::Dead { reason }) => format!("dead: {reason}"),
            Answer::Outcome(Outcome::Later { after: None, reason }) => format!("later: {reason}"),
            other => format!("{other:?}"),
        };
        let error = |code: u64| {
            format!(r#"{{"error":{{"code":400,"err_code":{code},"description":"hunter2"}}}}"#)
        };
        for (payload, expected) in [
            (r#"{"stream":"models","seq":1}"#.to_owned(), "Outcome(Done)"),
            (r#"{"stream":"models","seq":1,"duplicate":true}"#.to_owned(), "Outcome(Repeated)"),
            (r#"{"stream":"models","seq":1,"duplicate":false}"#.to_owned(), "Outcome(Done)"),
            (
                r#"{"stream":"other","seq":1}"#.to_owned(),
                r#"Trouble("what answers on the subject is not the stream")"#,
            ),
            ("+OK".to_owned(), r#"Trouble("what answers on the subject is not the stream")"#),
            (String::new(), r#"Trouble("what answers on the subject is not the stream")"#),
            (
                r#"{"stream":"models"}"#.to_owned(),
                r#"Trouble("what answers on the subject is not the stream")"#,
            ),
            (error(10060), r#"Trouble("another stream listens on the subject")"#),
            (
                error(10054),
                "dead: the message is larger than the stream allows: `nats stream edit models --max-msg-size=...`",
            ),
            (
                error(10097),
                "dead: the headers are larger than 64 KiB: is the name of the event that long?",
            ),
            (
                error(10077),
                "later: the stream `models` takes nothing more, as it or its disk is full (JetStream's error 10077)",
            ),
            (error(10008), "later: JetStream answers with the error 10008"),
            (
                r#"{"error":{"code":503,"description":"hunter2"}}"#.to_owned(),
                "later: JetStream answers with the error 503",
            ),
        ] {
            assert_eq!(read(&payload), expected);
        }
    }
}
