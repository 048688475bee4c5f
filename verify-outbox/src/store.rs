//! Where deliveries are kept. The trait is sealed by being private: there are two stores, in a file of SQLite
//! and in PostgreSQL, and what they have to hold is in `tests/suite/laws.rs`.

use core::pin::Pin;

use tokio::sync::OwnedSemaphorePermit;
use verify_core::UnixTime;

use crate::{
    Delivery, StoreError,
    clock::Millis,
    policy::{Fate, Gate, Order},
};

pub(crate) type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A store that deliveries are kept in and posted from. Each call has a time limit. Those that return no future
/// are for threads that may wait.
pub(crate) trait Store: Send + Sync {
    /// Keeps a delivery for each of its destinations, so that it outlasts whatever ends. `false`: it is known
    /// already.
    fn keep(&self, arrival: Arrival) -> Pending<'_, bool>;

    /// Returns whether a small delivery could be kept now.
    fn check(&self) -> Pending<'_, ()>;

    /// Returns what waits, by destination.
    fn waiting(&self) -> Result<Vec<Waiting>, StoreError>;

    /// Sees to it that nobody else posts to a destination, unless many may. `None`: somebody else does.
    fn hold(&self, destination: &str, order: Order) -> Result<Option<Held>, StoreError>;

    /// Returns the posting whose turn it is. In order: the oldest. Else the oldest of those that failed the
    /// least often, where less than four times is not at all: so a short outage keeps the order, and one
    /// posting that always fails lets the others by.
    fn next(&self, destination: &str, order: Order) -> Result<Option<Due>, StoreError>;

    /// Writes what became of a posting. It may be written a second time. `false`: somebody else posts it now, and
    /// nothing was written.
    fn settle(&self, settlement: &Settlement) -> Result<bool, StoreError>;

    /// Lets somebody else post to a destination.
    fn leave(&self, destination: &str);
}

/// What people do with postings that nobody works on.
pub(crate) trait Desk: Send {
    /// Returns those that are dead, or for none of these destinations; the oldest first.
    fn list(&self, configured: &[String]) -> Result<Vec<Stuck>, StoreError>;

    /// Returns the delivery of a posting.
    fn delivery(&self, posting: i64) -> Result<Option<Delivery>, StoreError>;

    /// Lets dead ones be tried again, as if they had just come: all or none. Returns how many there were.
    fn retry(&mut self, postings: &[i64]) -> Result<usize, StoreError>;

    /// Deletes postings: all or none. Returns how many there were.
    fn discard(&mut self, postings: &[i64]) -> Result<usize, StoreError>;
}

/// A delivery that comes in.
pub(crate) struct Arrival {
    pub(crate) replay_key: [u8; 32],
    /// How long another one with the same replay key is a repetition.
    pub(crate) known_for: Millis,
    pub(crate) delivery: Delivery,
    pub(crate) destinations: Vec<String>,
    /// The room that it takes while it waits to be written.
    pub(crate) _room: Option<OwnedSemaphorePermit>,
}

/// When a destination may be posted to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Held {
    pub(crate) gate: Gate,
    /// Before this time its pace does not allow another posting. `None`: the store does not keep it.
    pub(crate) paced_until: Option<Millis>,
}

/// A posting that waits for its turn.
pub(crate) struct Due {
    pub(crate) id: i64,
    /// When it was kept, or taken up again.
    pub(crate) since: Millis,
    /// How often it failed.
    pub(crate) failures: u32,
    pub(crate) delivery: Delivery,
    /// Grows each time that somebody else may have begun to post it.
    pub(crate) epoch: i64,
}

/// What became of a posting, and of its destination.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) posting: i64,
    /// As it was when the posting came.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file has one instance"))]
    pub(crate) since: Millis,
    pub(crate) destination: String,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file has one instance"))]
    pub(crate) order: Order,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file has one instance"))]
    pub(crate) epoch: i64,
    pub(crate) fate: Fate,
    /// `None`: as before.
    pub(crate) gate: Option<Gate>,
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file has one instance"))]
    pub(crate) paced_until: Millis,
}

/// What waits for a destination.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Waiting {
    /// The destination, which may be one that nobody posts to any more.
    pub destination: String,
    /// How many postings are still to be made.
    pub pending: u64,
    /// How many were given up, and wait for a person.
    pub dead: u64,
    /// Since when the oldest of the pending ones waits.
    pub oldest: Option<UnixTime>,
}

/// A posting that waits for a person.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stuck {
    /// By which it is named here. Never used twice.
    pub id: i64,
    /// Where it was to go.
    pub destination: String,
    /// Whether the destination is configured still.
    pub is_configured: bool,
    /// Whether it was given up.
    pub is_dead: bool,
    /// Why it failed the last time, if it was tried.
    pub reason: Option<String>,
    /// How often it failed.
    pub failures: u32,
    /// The sender of the delivery.
    pub sender: String,
    /// When the delivery was received.
    pub received_at: UnixTime,
    /// The size of its body.
    pub bytes: u64,
}
