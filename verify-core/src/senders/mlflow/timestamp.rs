use alloc::borrow::Cow;

use serde::Serialize;

use crate::{
    UnixTime,
    events::{FromJson, IntoOwned, Misfit},
};

/// The time at which MLflow **sent** a delivery: ISO 8601 in UTC, such as
/// `2026-11-21T19:41:41.214620+00:00`. The fraction is missing when it is zero.
///
/// The text is kept as it came. One that is not understood does not lose the event.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Timestamp<'a>(Cow<'a, str>);

impl<'a> Timestamp<'a> {
    /// Takes a text.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self(text.into())
    }

    /// Returns the text, as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the moment in **microseconds** since 1970, or `None` where the text is not a time of
    /// the years 1970 to 9999 in this form. Digits of the fraction beyond the sixth are dropped.
    #[must_use]
    pub fn unix_micros(&self) -> Option<u64> {
        parse(self.0.as_bytes())
    }

    /// Returns the moment in whole seconds.
    #[must_use]
    pub fn unix_time(&self) -> Option<UnixTime> {
        Some(UnixTime::from_secs(self.unix_micros()?.checked_div(1_000_000)?))
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
    let micros = (0..6).fold(0, |micros, place| {
        micros * 10 + u64::from(fraction.get(place).map_or(0, |digit| digit - b'0'))
    });

    let years_before =
        |year: u64| year * 365 + year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    let months_before = usize::try_from(month - 1).ok()?;
    let days = years_before(year) - years_before(1970)
        + lengths.iter().take(months_before).sum::<u64>()
        + day
        - 1;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// A number of ASCII digits and nothing else.
fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    core::str::from_utf8(text).ok()?.parse().ok()
}

impl IntoOwned for Timestamp<'_> {
    type Owned = Timestamp<'static>;

    fn owned(self) -> Timestamp<'static> {
        Timestamp(self.0.owned())
    }
}

impl<'a> FromJson<'a> for Timestamp<'a> {
    const EXPECTED: &'static str = "a string";

    fn from_json(json: &'a str) -> Result<Self, Misfit> {
        Cow::from_json(json).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn reads_the_moments_that_other_clocks_read() {
        // Right-hand sides: `date -u -d TEXT +%s`.
        for (text, micros) in [
            ("1970-01-01T00:00:00+00:00", Some(0)),
            ("2026-11-21T19:41:41.214620+00:00", Some(1_795_290_101_214_620)),
            ("2026-11-21T19:41:41+00:00", Some(1_795_290_101_000_000)),
            ("2026-11-21T19:41:41.2Z", Some(1_795_290_101_200_000)),
            ("2026-11-21T19:41:41.1234567Z", Some(1_795_290_101_123_456)),
            ("2000-02-29T12:00:00Z", Some(951_825_600_000_000)),
            ("2024-12-31T23:59:59Z", Some(1_735_689_599_000_000)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400_000_000)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799_000_000)),
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
            assert_eq!(Timestamp::new(text).unix_micros(), micros, "{text}");
        }
    }
}
