use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use verify_outbox::{Outbox, StoreError, Waiting};

use crate::say;

/// The metrics of what waits, for each destination: configured destinations, and destinations of
/// earlier settings. Clones share them.
#[derive(Clone, Debug)]
pub struct Gauges {
    outbox: Outbox,
    destinations: Arc<Mutex<BTreeSet<String>>>,
}

impl Gauges {
    /// Makes the metrics, and says on standard error, as `program`, what is left for destinations that
    /// are not configured any more.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn new(
        program: &str,
        outbox: Outbox,
        configured: impl IntoIterator<Item = String>,
    ) -> Result<Self, StoreError> {
        let mut destinations: BTreeSet<_> = configured.into_iter().collect();
        for Waiting { destination, pending, dead, .. } in outbox.waiting()? {
            if !destinations.contains(&destination) {
                let count = pending.saturating_add(dead);
                say(&format!(
                    "{program}: {count} postings are left for `{destination}`, which is not configured \
                     any more: see `dead list`"
                ));
                destinations.insert(destination);
            }
        }
        Ok(Self { outbox, destinations: Arc::new(Mutex::new(destinations)) })
    }

    /// Adds newly configured destinations. Destinations that are not configured any more stay, because something may
    /// be left for them.
    pub fn add(&self, configured: impl IntoIterator<Item = String>) {
        self.destinations().extend(configured);
    }

    fn destinations(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Nothing panics while it is locked.
        self.destinations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets `bridge_postings` and `bridge_oldest_pending_seconds` to how it is now. Waits for the disk.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn record(&self) -> Result<(), StoreError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let waiting = self.outbox.waiting()?;
        for destination in self.destinations().iter() {
            let there = waiting.iter().find(|waiting| waiting.destination == *destination);
            let count = |of: fn(&Waiting) -> u64| there.map_or(0, of) as f64;
            let states = [
                ("pending", count(|waiting| waiting.pending)),
                ("dead", count(|waiting| waiting.dead)),
            ];
            for (state, count) in states {
                let labels = [("destination", destination.clone()), ("state", state.to_owned())];
                metrics::gauge!("bridge_postings", &labels).set(count);
            }
            let oldest = there.and_then(|waiting| waiting.oldest);
            let age = oldest.map_or(0, |oldest| now.saturating_sub(oldest.as_secs())) as f64;
            let label = [("destination", destination.clone())];
            metrics::gauge!("bridge_oldest_pending_seconds", &label).set(age);
        }
        Ok(())
    }
}
