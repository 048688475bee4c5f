//! What this instance works on: nobody else may, until the time of its lease is over.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The epochs of what is held, by which the server knows whether it is held still.
#[derive(Debug, Default)]
pub(super) struct Leases(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    destinations: HashMap<String, i64>,
    postings: HashMap<i64, i64>,
}

impl Leases {
    /// Returns the epoch of a destination: 0, if it is not held.
    pub(super) fn epoch(&self, destination: &str) -> i64 {
        self.held().destinations.get(destination).copied().unwrap_or_default()
    }

    /// Notes that a destination is held, or is not.
    pub(super) fn note(&self, destination: &str, epoch: Option<i64>) {
        let mut held = self.held();
        match epoch {
            Some(epoch) => held.destinations.insert(destination.to_owned(), epoch),
            None => held.destinations.remove(destination),
        };
    }

    /// The same of a posting that is held for itself.
    pub(super) fn note_posting(&self, posting: i64, epoch: Option<i64>) {
        let mut held = self.held();
        match epoch {
            Some(epoch) => held.postings.insert(posting, epoch),
            None => held.postings.remove(&posting),
        };
    }

    /// Returns the destinations and their epochs.
    pub(super) fn destinations(&self) -> (Vec<String>, Vec<i64>) {
        self.held().destinations.iter().map(|(name, epoch)| (name.clone(), *epoch)).unzip()
    }

    /// Returns the postings that are held for themselves, and their epochs.
    pub(super) fn postings(&self) -> (Vec<i64>, Vec<i64>) {
        self.held().postings.iter().map(|(posting, epoch)| (*posting, *epoch)).unzip()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
