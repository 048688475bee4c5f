/// A moment in whole seconds since 1970-01-01 00:00:00 UTC.
///
/// The core has no clock: whoever calls it says what time it is. With the feature `std`, that is
/// `UnixTime::try_from(SystemTime::now())`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Makes a moment from Unix seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Returns the Unix seconds.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// Reads plain decimal digits: no sign, no leading zero, no white space, no fraction.
    ///
    /// `u64::from_str` would take a leading `+`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.is_empty() || (text.first() == Some(&b'0') && text.len() > 1) {
            return None;
        }
        text.iter()
            .try_fold(0_u64, |seconds, byte| {
                let digit = char::from(*byte).to_digit(10)?;
                seconds.checked_mul(10)?.checked_add(digit.into())
            })
            .map(Self)
    }
}

/// Drops the fraction of a second.
#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for UnixTime {
    type Error = std::time::SystemTimeError;

    /// # Errors
    ///
    /// If the clock stands before 1970.
    fn try_from(time: std::time::SystemTime) -> Result<Self, Self::Error> {
        time.duration_since(std::time::UNIX_EPOCH).map(|since| Self(since.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[test]
    fn reads_plain_digits_only() {
        let read = |text: &str| UnixTime::parse(text.as_bytes()).map(UnixTime::as_secs);
        assert_eq!(read("0"), Some(0));
        assert_eq!(read("1795290782"), Some(1_795_290_782));
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        for text in [
            "",
            "+1",
            "-1",
            "-9223372036854775808",
            "00",
            "01795290782",
            " 1795290782",
            "1795290782 ",
            "1795290782.0",
            "1795290782,1795290782",
            "1.8e9",
            "0x6b",
            "18446744073709551616",
            "99999999999999999999999999",
            "\u{0661}",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
