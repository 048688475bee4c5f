//! Times, in the ways in which tools write them.

use verify_core::{UnixMillis, UnixTime, mlflow::Timestamp};

use super::tree::Tree;

/// Reads ISO 8601 with an offset from UTC, or the time since 1970 in seconds, ms or µs.
pub(super) fn moment(tree: &Tree<'_>) -> Option<UnixTime> {
    let text = tree.text()?;
    match text.split('.').next()?.parse::<u64>() {
        Ok(count @ ..100_000_000_000) => Some(count),
        Ok(count @ ..100_000_000_000_000) => Some(count / 1000),
        Ok(count) => Some(count / 1_000_000),
        Err(_) => return iso(text),
    }
    .map(UnixTime::from_secs)
}

/// Reads ISO 8601 with any offset from UTC.
fn iso(text: &str) -> Option<UnixTime> {
    let zone =
        text.len().checked_sub("+00:00".len()).and_then(|start| text.split_at_checked(start));
    let Some((local, zone)) = zone.filter(|(_, zone)| zone.starts_with(['+', '-'])) else {
        return utc(text);
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let offset = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    let local = utc(&format!("{local}Z"))?.as_secs();
    let utc =
        if zone.starts_with('+') { local.checked_sub(offset) } else { local.checked_add(offset) };
    utc.map(UnixTime::from_secs)
}

fn utc(text: &str) -> Option<UnixTime> {
    Timestamp::new(text).unix_millis().map(UnixMillis::to_unix_time)
}
