use core::time::Duration;
use std::{collections::BTreeSet, sync::Arc};

use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout},
};

use crate::{Claims, LOG_TARGET, Pending, StoreError, windows::Windows};

/// What a guard was told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) store: Arc<dyn Claims>,
    pub(crate) windows: Windows,
    pub(crate) runs_without_store: BTreeSet<&'static str>,
    pub(crate) deadline: Duration,
    pub(crate) patience: Duration,
}

/// The store of a guard, with the limits of its use.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) settings: Settings,
    /// How many claims may be settled in the background at a time. Beyond that they end with their lease.
    pub(crate) background: Arc<Semaphore>,
    /// The same for those whose handler succeeded: while the store is down, claims that may have been made fill the
    /// other places.
    pub(crate) completions: Arc<Semaphore>,
    pub(crate) looked: Arc<Mutex<Option<Looked>>>,
}

/// When it was last asked whether the store can be used, and what it said.
pub(crate) type Looked = (Instant, Result<(), StoreError>);

impl Backend {
    const BACKGROUND: usize = 1024;
    /// How much longer a claim holds than its handler may take.
    const SPARE: Duration = Duration::from_secs(10);
    /// The longest that a call may take: a claim is settled within that, at its second try at the latest.
    pub(crate) const MOST_PATIENCE: Duration = Duration::from_secs(5);

    pub(crate) fn new(settings: Settings) -> Self {
        let places = || Arc::new(Semaphore::new(Self::BACKGROUND));
        Self { settings, background: places(), completions: places(), looked: Arc::default() }
    }

    pub(crate) fn lease(&self) -> Duration {
        self.settings.deadline.saturating_add(Self::SPARE)
    }

    pub(crate) fn store(&self) -> &dyn Claims {
        &*self.settings.store
    }

    /// Every call to the store goes through here, but for those that are answered at once.
    pub(crate) async fn limited<T>(&self, call: Pending<'_, T>) -> Result<T, StoreError> {
        timeout(self.settings.patience, call).await.unwrap_or(Err(StoreError::TimedOut))
    }
}

/// Counts what became of a delivery, or of its claim.
pub(crate) fn count(sender: &'static str, outcome: &'static str) {
    tracing::trace!(target: LOG_TARGET, sender, outcome, "once");
    #[cfg(feature = "metrics")]
    metrics::counter!("verify_once_total", "sender" => sender, "outcome" => outcome).increment(1);
}
