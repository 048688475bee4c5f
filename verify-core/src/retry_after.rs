use core::fmt;

/// How long a sender should wait before it sends a delivery again: the value of `Retry-After` in a 503.
///
/// MLflow makes four tries, and the header replaces its own waits. So a short constant loses
/// deliveries: with `1` the tries are over after 3 s, without the header after 7.5 s. This wait grows
/// with the age of the delivery. MLflow then tries after 0, 5, 20 and 50 s, and the receiver needs no memory of
/// earlier tries:
///
/// - 5 s and twice the age. The age is [`Receipt::skew`](crate::Receipt::skew) without its sign, so a sender whose
///   clock is ahead tries for just as long.
/// - At most 30 s: the wait occupies one of MLflow's ten threads, and a restart of MLflow loses the deliveries
///   that wait there.
/// - At most half of the remaining tolerance, and never 0: a retry keeps its first timestamp,
///   and is refused if it comes too late.
///
/// If no signed time is known to be genuine, the wait is [`AGE_UNKNOWN`](Self::AGE_UNKNOWN).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RetryAfter(u8);

/// One text for each wait, so that an answer needs no allocation.
const TEXTS: [&str; 31] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
    "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30",
];

impl RetryAfter {
    /// The wait if the age of the delivery is not known: 5 s. It is not known before the delivery is
    /// verified, and for senders that sign no time or a new time for each retry.
    pub const AGE_UNKNOWN: Self = Self(5);
    const LONGEST: Self = Self(30);

    /// Takes the age of the delivery and the verifier's tolerance, both in seconds.
    pub(crate) fn at_age(age: i64, tolerance: u64) -> Self {
        let by_age = age.unsigned_abs().saturating_mul(2).saturating_add(5);
        let left = tolerance.saturating_add_signed(age.saturating_neg());
        let seconds = by_age.min((left / 2).max(1));
        u8::try_from(seconds).map_or(Self::LONGEST, Self).min(Self::LONGEST)
    }

    /// Returns the wait in seconds: 1 to 30.
    #[must_use]
    pub const fn as_secs(self) -> u8 {
        self.0
    }

    /// Returns the value of the header: the seconds in decimal digits.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        TEXTS.get(usize::from(self.0)).copied().unwrap_or("30")
    }
}

/// [`AGE_UNKNOWN`](Self::AGE_UNKNOWN).
impl Default for RetryAfter {
    fn default() -> Self {
        Self::AGE_UNKNOWN
    }
}

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::RetryAfter;

    #[test]
    fn the_bounds_are_exact() {
        let wait = |age, tolerance| RetryAfter::at_age(age, tolerance).as_secs();
        let at_default = |age| wait(age, 300);
        assert_eq!([0, 1, 12, 13, 240, 241].map(at_default), [5, 7, 29, 30, 30, 29]);
        assert_eq!([290, 295, 297, 298, 299, 300].map(at_default), [5, 2, 1, 1, 1, 1]);
        assert_eq!([-1, -12, -13, -300].map(at_default), [7, 29, 30, 30]);
        assert_eq!([0, 1, 9, 10, 11, 12].map(|tolerance| wait(0, tolerance)), [1, 1, 4, 5, 5, 5]);
        for age in [i64::MIN, i64::MIN + 1, i64::MAX] {
            for tolerance in [0, 300, u64::MAX] {
                assert!((1..=30).contains(&wait(age, tolerance)), "{age} of {tolerance}");
            }
        }
    }

    #[test]
    fn without_an_age_it_is_the_constant() {
        assert_eq!(RetryAfter::default(), RetryAfter::AGE_UNKNOWN);
    }

    #[test]
    fn every_wait_has_its_text() {
        for seconds in 0..=30 {
            let text = RetryAfter(seconds).as_str();
            assert_eq!(text.parse(), Ok(seconds));
            assert_eq!(text.len(), if seconds < 10 { 1 } else { 2 });
        }
    }
}
