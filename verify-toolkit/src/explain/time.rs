//! Times as headers write them.

use verify_core::UnixTime;

/// Later is no time in seconds: the year 2128.
pub(super) const LATEST: u64 = 5_000_000_000;

/// What a time says, in whichever unit makes sense.
pub(super) fn signed_moment(text: &[u8]) -> Option<UnixTime> {
    let mut seconds = plain_seconds(text)?;
    while seconds > LATEST {
        seconds /= 1000;
    }
    Some(UnixTime::from_secs(seconds))
}

/// Reads digits as the verifier does: no sign, no leading zero.
pub(super) fn plain_seconds(text: &[u8]) -> Option<u64> {
    let is_plain =
        text.iter().all(u8::is_ascii_digit) && (text.len() == 1 || !text.starts_with(b"0"));
    core::str::from_utf8(text).ok().filter(|_| is_plain)?.parse().ok()
}
