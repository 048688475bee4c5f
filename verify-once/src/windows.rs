use core::time::Duration;
use std::collections::BTreeMap;

use verify_core::{Receipt, Sender};

use crate::ConfigError;

const MINUTE: Duration = Duration::from_secs(60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long the deliveries of each sender are known.
#[derive(Clone, Debug)]
pub(crate) struct Windows(BTreeMap<&'static str, Duration>);

impl Windows {
    /// Those for which a window can be told from what they sign or put into bodies.
    const KNOWN: [(Sender, Duration); 2] = [
        // A time in milliseconds stands in each body, so no two are alike.
        (Sender::DATABRICKS, WEEK),
        // The body is what the user typed: equal ones are legitimate, and only minutes apart a repetition.
        (Sender::WANDB, Duration::from_secs(600)),
    ];

    pub(crate) fn insert(&mut self, sender: &Sender, window: Duration) {
        self.0.insert(sender.name(), window);
    }

    /// Refuses a sender whose repetitions cannot be told from new deliveries.
    pub(crate) fn check(&self, sender: &Sender) -> Result<(), ConfigError> {
        let keeps_time = sender.timestamp_header().is_some() && !sender.signs_retries_anew();
        let is_told = sender.delivery_id_header().is_some() || keeps_time;
        match is_told || self.0.contains_key(sender.name()) {
            true => Ok(()),
            false => Err(ConfigError::WindowMissing { sender: sender.name() }),
        }
    }

    /// Returns how long a delivery is known. `None`: nobody said. Zero: it is not to be known.
    pub(crate) fn of(&self, receipt: &Receipt, lease: Duration) -> Option<Duration> {
        let named = self.0.get(receipt.sender()).copied();
        if named == Some(Duration::ZERO) {
            return named;
        }
        // A replay is accepted for a tolerance after the time that was signed, which may be a tolerance
        // ahead. Beyond that the verifier refuses it.
        let accepted = receipt.tolerance().map(|tolerance| {
            tolerance.saturating_mul(2).saturating_add(lease).saturating_add(MINUTE)
        });
        // An id is never used again.
        let by_id = receipt.delivery_id().map(|_| WEEK);
        named.max(accepted).or(by_id)
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self(Self::KNOWN.iter().map(|(sender, window)| (sender.name(), *window)).collect())
    }
}
