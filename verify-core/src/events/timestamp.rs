use alloc::string::String;

use serde::Serialize;

use crate::{
    UnixMillis,
    events::{FromJson, Misfit},
};

/// A time as a body has it: ISO 8601 in UTC, such as
/// `2026-11-21T19:41:41.214620+00:00`. The fraction is missing when it is zero.
///
/// The text is kept as it came. An event with a text that is not understood can still be read.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Takes a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the moment, or `None` if the text is not a time of the years 1970 to 9999 in this
    /// form. Only the first three digits of the fraction count.
    #[must_use]
    pub fn unix_millis(&self) -> Option<UnixMillis> {
        parse(self.0.as_bytes()).map(UnixMillis::from_millis)
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "four digits of a year bound all of it")]
fn parse(text: &[u8]) -> Option<u64> {
    let (date_time, rest) = text.split_at_checked(b"yyyy-mm-ddThh:mm:ss".len())?;
    let number = |from: usize, to: usize| digits(date_time.get(from..to)?);
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if !separators.iter().all(|(place, byte)| date_time.get(*place) == Some(byte)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);

    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }

    let (fraction, zone) = match rest.strip_prefix(b".") {
        Some(rest) => rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count()),
        None => (&b"0"[..], rest),
    };
    if fraction.is_empty() || !matches!(zone, b"+00:00" | b"Z") {
        return None;
    }
    let millis = (0..3).fold(0, |millis, place| {
        millis * 10 + u64::from(fraction.get(place).map_or(0, |digit| digit - b'0'))
    });

    let years_before =
        |year: u64| year * 365 + year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    let months_before = usize::try_from(month - 1).ok()?;
    let days = years_before(year) - years_before(1970)
        + lengths.iter().take(months_before).sum::<u64>()
        + day
        - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + millis)
}

/// A number of ASCII digits and nothing else.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

impl FromJson<'_> for Timestamp {
    const EXPECTED: &'static str = String::EXPECTED;

    fn from_json(json: &str) -> Result<Self, Misfit> {
        String::from_json(json).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;
    use crate::UnixMillis;

    #[test]
    fn reads_the_moments_that_other_clocks_read() {
        // Right-hand sides: `date -u -d TEXT +%s`.
        for (text, millis) in [
            ("1970-01-01T00:00:00+00:00", Some(0)),
            ("2026-11-21T19:41:41.214620+00:00", Some(1_795_290_101_214)),
            ("2026-11-21T19:41:41+00:00", Some(1_795_290_101_000)),
            ("2026-11-21T19:41:41.2Z", Some(1_795_290_101_200)),
            ("2026-11-21T19:41:41.1234567Z", Some(1_795_290_101_123)),
            ("2000-02-29T12:00:00Z", Some(951_825_600_000)),
            ("2024-12-31T23:59:59Z", Some(1_735_689_599_000)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400_000)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000)),
            ("2100-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-01T00:00:00Z", None),
            ("2026-11-31T00:00:00Z", None),
            ("2026-11-00T00:00:00Z", None),
            ("2026-11-21T24:00:00Z", None),
            ("2026-11-21T00:60:00Z", None),
            ("2026-11-21T00:00:60Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-21T19:41:41", None),
            ("2026-11-21T19:41:41.+00:00", None),
            ("2026-11-21T19:41:41+01:00", None),
            ("2026-11-21 19:41:41+00:00", None),
            ("+026-11-21T19:41:41Z", None),
            ("", None),
            ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}Z", None),
        ] {
            assert_eq!(
                Timestamp::new(text).unix_millis().map(UnixMillis::as_millis),
                millis,
                "{text}"
            );
        }
    }
}
