use core::{fmt, time::Duration};
use std::{sync::Arc, time::SystemTime};

use verify_core::UnixTime;

use crate::{Budget, LOG_TARGET, Refusal};

/// What an adapter does around the verifier, with the defaults.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// How long a delivery may take to arrive, in total. 10 s.
    pub deadline: Duration,
    /// The buffered bytes that all deliveries share. [`Budget::process_wide`].
    pub budget: Budget,
    /// What time it is. The system's clock.
    pub clock: Clock,
    /// Lets refused deliveries through and only reports them. Off.
    pub dangerous_report_only: bool,
}

/// A source of the time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Default for Policy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            budget: Budget::process_wide(),
            clock: Clock::default(),
            dangerous_report_only: false,
        }
    }
}

impl Policy {
    /// Turns report-only mode on, and says so at `warn`.
    pub fn dangerous_report_only(&mut self) {
        tracing::warn!(target: LOG_TARGET, "report-only: webhooks that do not verify reach their handlers");
        self.dangerous_report_only = true;
    }
}

impl Clock {
    /// Asks `now` for the time: for tests and recorded deliveries.
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
