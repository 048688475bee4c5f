/// A moment in whole seconds since 1970-01-01 00:00:00 UTC.
///
/// The core has no clock: the caller passes the time. With the feature `std`, use
/// `UnixTime::now()`.
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

#[cfg(feature = "std")]
impl UnixTime {
    /// Reads the clock of this machine.
    ///
    /// # Errors
    ///
    /// The clock shows a time before 1970.
    pub fn now() -> Result<Self, std::time::SystemTimeError> {
        std::time::SystemTime::now().try_into()
    }
}

/// Drops the fraction of a second.
#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for UnixTime {
    type Error = std::time::SystemTimeError;

    /// # Errors
    ///
    /// The clock shows a time before 1970.
    fn try_from(time: std::time::SystemTime) -> Result<Self, Self::Error> {
        time.duration_since(std::time::UNIX_EPOCH).map(|since| Self(since.as_secs()))
    }
}

#[cfg(feature = "std")]
impl TryFrom<UnixTime> for std::time::SystemTime {
    type Error = OutOfRange;

    /// # Errors
    ///
    /// The operating system has no such time.
    fn try_from(time: UnixTime) -> Result<Self, Self::Error> {
        let since = core::time::Duration::from_secs(time.0);
        Self::UNIX_EPOCH.checked_add(since).ok_or(OutOfRange(()))
    }
}

/// A [`UnixTime`] is too late for the `SystemTime` of this operating system.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OutOfRange(());

#[cfg(feature = "std")]
impl core::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("time is too late for the clock of this operating system")
    }
}

#[cfg(feature = "std")]
impl core::error::Error for OutOfRange {}

#[cfg(test)]
mod tests {
    use super::UnixTime;

    #[cfg(feature = "std")]
    #[test]
    fn goes_to_system_time_and_back() {
        use core::time::Duration;
        use std::time::SystemTime;
        for seconds in [0, 1_795_290_782, 253_402_300_799] {
            let time = UnixTime::from_secs(seconds);
            let system = SystemTime::try_from(time).unwrap();
            assert_eq!(UnixTime::try_from(system + Duration::from_millis(999)).unwrap(), time);
        }
        let late = SystemTime::try_from(UnixTime::from_secs(u64::MAX)).unwrap_err();
        assert_eq!(
            std::string::ToString::to_string(&late),
            "time is too late for the clock of this operating system"
        );
        assert!(UnixTime::now().unwrap() > UnixTime::from_secs(1_700_000_000));
    }

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
