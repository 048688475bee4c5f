use core::time::Duration;
use std::collections::BTreeMap;

use verify_core::Verified;

use crate::{Delivery, clock::millis, store::Arrival};

/// How long a repetition is known for one.
pub(crate) struct Retention {
    pub(crate) of_all: Duration,
    /// Of senders whose deliveries may have the same bytes, by their names.
    pub(crate) of_alike: BTreeMap<String, Duration>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { of_all: Duration::from_secs(7 * 24 * 60 * 60), of_alike: BTreeMap::new() }
    }
}

impl Retention {
    /// Returns the longest time for which a delivery is known.
    #[cfg(feature = "nats")]
    pub(crate) fn longest(&self) -> Duration {
        self.of_alike.values().copied().fold(self.of_all, Duration::max)
    }

    /// Makes of a delivery what is kept of it.
    pub(crate) fn arrival<B: AsRef<[u8]>>(
        &self,
        verified: &Verified<B>,
        destinations: Vec<String>,
    ) -> Arrival {
        let mut delivery = Delivery::from(verified);
        let replay_key = delivery.key;
        let alike = self.of_alike.get(&delivery.sender);
        if let (Some(_), Some(end)) = (alike, delivery.key.last_chunk_mut()) {
            // What is left of the hash is still as good as unique.
            *end = delivery.received_at.as_secs().to_be_bytes();
        }
        let known_for = millis(*alike.unwrap_or(&self.of_all));
        Arrival { replay_key, known_for, delivery, destinations, _room: None }
    }
}
