use core::{fmt, panic::AssertUnwindSafe};
use std::{panic::catch_unwind, sync::Arc};

use tokio::sync::Semaphore;
use verify_core::Verified;

use crate::{
    Delivery, Kept, StoreError, Waiting, delivery::EventOf, retention::Retention, store::Store,
};

/// Keeps verified deliveries until they have been posted. Clones share it.
#[derive(Clone)]
pub struct Outbox(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Box<dyn Store>,
    /// KiB that may still wait to be written.
    pub(crate) room: Arc<Semaphore>,
    pub(crate) retention: Retention,
    pub(crate) event_of: EventOf,
}

impl Outbox {
    /// Keeps a delivery, to be posted to each of the destinations. **When this returns `Ok`, it is on
    /// the disk**, and may be acknowledged.
    ///
    /// # Errors
    ///
    /// It was not kept, or it is not known whether it was kept. Answer 503: a repetition is
    /// recognised.
    pub async fn keep<B: AsRef<[u8]>>(
        &self,
        verified: &Verified<B>,
        destinations: Vec<String>,
    ) -> Result<Kept, StoreError> {
        let mut arrival = self.0.retention.arrival(verified, destinations);
        let (event, key) = (self.event_of(&arrival.delivery), arrival.delivery.key_hex());
        let kept = async {
            // What a small one takes besides its body.
            const LEAST: usize = 4096;
            let size = arrival.delivery.body.len().saturating_add(LEAST);
            let kib = u32::try_from(size / 1024).unwrap_or(u32::MAX);
            let room = Arc::clone(&self.0.room).try_acquire_many_owned(kib);
            arrival._room = Some(room.map_err(|_| StoreError::Busy)?);
            self.store().keep(arrival).await
        };
        let (kept, code) = match kept.await {
            Ok(true) => (Ok(Kept::New), "new"),
            Ok(false) => {
                let sender = verified.receipt().sender();
                tracing::info!(target: "outbox", sender, event, key, "repeated");
                (Ok(Kept::Repeated), "repeated")
            }
            Err(error) => {
                let code = error.code();
                (Err(error), code)
            }
        };
        metrics::counter!("outbox_kept_total", "sender" => verified.receipt().sender(), "result" => code)
            .increment(1);
        kept
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// Returns the longest time for which a delivery is known.
    #[cfg(feature = "nats")]
    pub(crate) fn known_for(&self) -> core::time::Duration {
        self.0.retention.longest()
    }

    /// Returns the event, for a line of the log. A panic is none: no delivery depends on it.
    pub(crate) fn event_of(&self, delivery: &Delivery) -> Option<String> {
        catch_unwind(AssertUnwindSafe(|| (self.0.event_of)(delivery))).unwrap_or_default()
    }

    /// Returns whether a small delivery could be kept now. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Why it could not.
    pub async fn check(&self) -> Result<(), StoreError> {
        // As much as a small delivery takes.
        let _room = self.0.room.try_acquire_many(4).map_err(|_| StoreError::Busy)?;
        self.store().check().await
    }

    /// Returns what waits, by destination. It reads the store, so do not call it on a thread that
    /// must not wait.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        self.store().waiting()
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}
