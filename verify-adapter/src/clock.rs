use core::fmt;
use std::{sync::Arc, time::SystemTime};

use verify_core::UnixTime;

use crate::Refusal;

/// A source of the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// Takes the time from `now`: for tests and recorded deliveries.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> Result<UnixTime, Refusal> {
        UnixTime::try_from((self.0)()).map_err(|_| Refusal::ClockBroken)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").finish_non_exhaustive()
    }
}
