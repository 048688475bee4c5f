//! Time, as it is kept.

use core::time::Duration;
use std::{sync::Arc, time::SystemTime};

/// Milliseconds since 1970.
pub(crate) type Millis = i64;

/// By how much a clock may be set back and end no lease and no wait, in milliseconds: by so much one is stepped to be
/// right, or the clocks of two servers differ after a failover.
pub(crate) const STEP: Millis = 5_000;

/// A source of the time.
pub(crate) type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// 0 for a time before 1970.
pub(crate) fn since_1970(time: SystemTime) -> Millis {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
}
