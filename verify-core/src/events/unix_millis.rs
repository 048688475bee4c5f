use serde::Serialize;

use crate::{
    UnixTime,
    events::{FromJson, Misfit},
};

/// A moment in **milliseconds** since 1970-01-01 00:00:00 UTC: all times in events.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// Makes a moment from milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Returns the milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Returns the moment in whole seconds.
    #[must_use]
    pub const fn to_unix_time(self) -> UnixTime {
        UnixTime::from_secs(self.0 / 1000)
    }
}

impl FromJson<'_> for UnixMillis {
    const EXPECTED: &'static str = u64::EXPECTED;

    fn from_json(json: &str) -> Result<Self, Misfit> {
        u64::from_json(json).map(Self)
    }
}
