//! GitHub: <https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event>.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use verify_outbox::{Answer, Outcome};

pub(super) const HEADERS: &[(&str, &str)] =
    &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];

/// `client_payload` has at most 10 properties, of which these are up to 7, and is smaller than 64 KB.
const MOST_BYTES: usize = 64_000;

/// "Wait for at least one minute", where an answer says that it is a rate limit and not for how long.
const LEAST_WAIT: Duration = Duration::from_secs(60);
/// The limit is for an hour.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

pub(super) fn dispatch(
    event_type: &str,
    client_payload: Map<String, Value>,
) -> Result<Value, String> {
    let request = json!({"event_type": event_type, "client_payload": client_payload});
    match request.to_string().len() < MOST_BYTES {
        true => Ok(request),
        // Cut off, it would be another model's name.
        false => Err(format!("more than the {MOST_BYTES} bytes that GitHub takes")),
    }
}

/// Of 403 some are rate limits: <https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api>.
pub(super) fn outcome(answer: &Answer) -> Outcome {
    if !matches!(answer.status, 403 | 429) {
        return answer.outcome();
    }
    let is_spent = header(answer, "x-ratelimit-remaining") == Some("0");
    let after = match answer.retry_after() {
        Some(after) => Some(after),
        None if is_spent => until_reset(answer, SystemTime::now()).or(Some(LEAST_WAIT)),
        None if answer.status == 429 || may_be_rate_limit(answer) => Some(LEAST_WAIT),
        None => None,
    };
    match after {
        Some(_) => Outcome::Later { after, reason: answer.reason() },
        None => Outcome::Dead { reason: answer.reason() },
    }
}

/// A reset that is over, or further off than any, is a clock that is wrong.
fn until_reset(answer: &Answer, now: SystemTime) -> Option<Duration> {
    let reset = header(answer, "x-ratelimit-reset")?.parse().ok()?;
    let reset = UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
    Some(reset.duration_since(now).unwrap_or_default().clamp(LEAST_WAIT, LONGEST_WAIT))
}

/// Of secondary limits only the message may say what they are, if it is there.
fn may_be_rate_limit(answer: &Answer) -> bool {
    let said = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
    !answer.is_complete || said.contains("rate limit")
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name)?.to_str().ok()
}
