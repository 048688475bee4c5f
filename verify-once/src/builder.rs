use core::time::Duration;
use std::{collections::BTreeSet, sync::Arc};

use verify_core::Sender;

use crate::{
    Claims, ConfigError, Once,
    backend::{Backend, Settings},
    windows::Windows,
};

impl Once {
    /// Starts the configuration of a guard, with a store such as [`Memory`](crate::Memory).
    pub fn builder(store: impl Claims + 'static) -> Builder {
        Builder::new(Arc::new(store))
    }

    /// Begins to make one, with a store that others use too.
    pub fn builder_shared(store: Arc<dyn Claims>) -> Builder {
        Builder::new(store)
    }
}

/// How a [`Once`] is made. Comes from [`Once::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    settings: Settings,
    senders: Vec<Sender>,
}

impl Builder {
    fn new(store: Arc<dyn Claims>) -> Self {
        let settings = Settings {
            store,
            windows: Windows::default(),
            runs_without_store: BTreeSet::new(),
            deadline: Duration::from_secs(20),
            patience: Duration::from_millis(500),
        };
        Self { settings, senders: Vec::new() }
    }

    /// Names a sender of your own whose deliveries are guarded. Then [`build`](Self::build) reports a
    /// missing window.
    pub fn sender(mut self, sender: Sender) -> Self {
        self.senders.push(sender);
        self
    }

    /// Sets how long a delivery of a sender is remembered, counted from its claim. Zero turns the guard
    /// off for this sender. Without it:
    ///
    /// | sender signs | window |
    /// |---|---|
    /// | a time (MLflow) | twice the tolerance, plus the lease, plus a minute: the verifier refuses what comes later. It is also the smallest value that you can set |
    /// | an id | 7 days |
    /// | neither: Databricks | 7 days; its bodies hold a time |
    /// | neither: Weights & Biases | 10 minutes; **equal bodies within them are one delivery** |
    /// | neither: any other | none: see [`ConfigError::WindowMissing`] |
    pub fn window(mut self, sender: Sender, window: Duration) -> Self {
        self.settings.windows.insert(&sender, window);
        self
    }

    /// Sets how long a handler may run. After that it is dropped, and the answer is 503. If the store has to be waited
    /// for, the time counts from when it is asked. If it answers at once, as `Memory` does, the time counts from when the
    /// handler first waits. A claim holds for 10 s longer, so that no handler outlives its claim, unless it keeps its
    /// thread busy for so long. Without it: 20 s, which is less than MLflow waits.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// Sets how long a call to the store may take, at most 5 s. Without it: 500 ms.
    pub const fn store_deadline(mut self, deadline: Duration) -> Self {
        self.settings.patience = deadline;
        self
    }

    /// **Runs the handler even if the store cannot be asked**, for the deliveries of one sender. A
    /// repetition then runs the handler again, at the same time or later. The handler gets attempt 0.
    ///
    /// Without it such a delivery is answered 503. If the sender does not try again, the delivery is
    /// lost. Neither Databricks nor Weights & Biases documents a retry.
    pub fn dangerous_run_without_store(mut self, sender: Sender) -> Self {
        self.settings.runs_without_store.insert(sender.name());
        self
    }

    /// Makes the guard. The store is not asked yet: see [`Once::check`].
    ///
    /// # Errors
    ///
    /// [`ConfigError::WindowMissing`] if a named sender signs neither an id nor a time.
    /// [`ConfigError::DeadlineZero`] and [`ConfigError::StoreDeadlineInvalid`].
    pub fn build(self) -> Result<Once, ConfigError> {
        self.senders.iter().try_for_each(|sender| self.settings.windows.check(sender))?;
        let Settings { deadline, patience, .. } = &self.settings;
        if deadline.is_zero() {
            return Err(ConfigError::DeadlineZero);
        }
        if patience.is_zero() || *patience > Backend::MOST_PATIENCE {
            return Err(ConfigError::StoreDeadlineInvalid);
        }
        Ok(Once::new(self.settings))
    }
}
