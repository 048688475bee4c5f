//! What time it is, or is said to be.

use verify_toolkit::UnixTime;

use crate::Error;

/// The time of this machine.
pub(crate) fn now() -> Result<UnixTime, Error> {
    UnixTime::now().map_err(|_| Error::Clock)
}

/// Reads Unix seconds.
pub(crate) fn unix_time(text: &str) -> Result<UnixTime, String> {
    let seconds: u64 = text.parse().map_err(|_| "not Unix seconds, as `date +%s` prints them")?;
    // As seconds that would be the year 5138; as milliseconds it is 1973.
    if seconds > 99_999_999_999 {
        return Err(format!("Unix milliseconds, it seems; in seconds it is {}", seconds / 1000));
    }
    Ok(UnixTime::from_secs(seconds))
}
