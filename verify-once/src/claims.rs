use core::{fmt, pin::Pin, time::Duration};

use crate::{Key, Token};

/// A store that remembers which deliveries were handled, and which are being handled.
///
/// A key is free, claimed, failed, or done. The laws, which `conformance` checks:
///
/// 1. If there are several claims on a key at the same time, **one** is [`Claimed::Acquired`]. The
///    others are [`Claimed::InProgress`], or [`Claimed::Done`] after it is completed.
/// 2. A claim ends after its lease, on the store's clock, whatever lease others name who ask for the key. Then the next
///    claim acquires the key. Until then the old token still holds the key, and can complete it.
/// 3. A claim with the token that holds the key is the same claim, with the same attempt and lease:
///    the answer to the caller was lost.
/// 4. The attempts of a key count from 1 and only grow, until the key is forgotten. A store that may forget its last
///    moments after a crash or a failover gives the number of a claim that it forgot once more.
/// 5. A token that does not hold the key cannot settle it: [`Settled::Lost`].
/// 6. What is done stays done: a release after it is `Lost`. Completing again by the same token is `Yes`
///    and changes nothing.
/// 7. A claimed key is remembered for its window, counted from the claim, and at least for its lease.
///    Then the key is free, and the attempts start again. Both may be as long as [`Duration::MAX`].
/// 8. A future may be dropped at any time. Then it is not known whether its call was carried out, but it
///    was carried out completely or not at all.
/// 9. A store without room returns [`StoreError::Full`], and forgets nothing to make room.
///
/// Futures are boxed, and no type comes from another crate, so that a program can choose the store
/// while running. A method may wait for as long as it likes: [`Once`](crate::Once) has a time limit
/// for each call.
pub trait Claims: Send + Sync + fmt::Debug {
    /// Claims a key.
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed>;

    /// Records that the delivery was handled, and the status of the answer.
    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled>;

    /// Gives a claim back: the next one acquires at once.
    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled>;

    /// Forgets a key, whatever its state, so that it can be delivered again by hand. Returns whether
    /// it was known.
    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool>;

    /// Returns whether claims can be made and settled. For readiness.
    fn check(&self) -> Pending<'_, ()>;

    /// Returns the same store for calls that never wait, if it answers at once, as [`Memory`](crate::Memory) does.
    /// `None`, the default: callers must wait for the store.
    #[must_use]
    fn at_once(&self) -> Option<&dyn ClaimsAtOnce> {
        None
    }
}

/// [`Claims`] of a store that never waits: there is no future, no box and no time limit between a delivery and its
/// handler. The laws of `Claims` hold, also if calls of both kinds are mixed.
///
/// An implementation that blocks here blocks all deliveries of a thread.
pub trait ClaimsAtOnce {
    /// As [`Claims::claim`].
    ///
    /// # Errors
    ///
    /// Why the key is not claimed.
    fn claim(&self, key: &Key, token: &Token, terms: Terms) -> Result<Claimed, StoreError>;

    /// As [`Claims::complete`].
    ///
    /// # Errors
    ///
    /// Why it is not written down.
    fn complete(&self, key: &Key, token: &Token, status: u16) -> Result<Settled, StoreError>;

    /// As [`Claims::release`].
    ///
    /// # Errors
    ///
    /// Why it is not given back.
    fn release(&self, key: &Key, token: &Token) -> Result<Settled, StoreError>;
}

/// What a call to a store returns later.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The terms of a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Terms {
    /// How long the claim holds if it is not settled.
    pub lease: Duration,
    /// How long the key is known, counted from the claim.
    pub window: Duration,
}

/// The result of a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Claimed {
    /// The caller holds the claim.
    Acquired {
        /// How often the key was acquired, including this time. The first is 1. Use it to fence: a
        /// write with a smaller number came too late. Two runs may have the same number if the store forgot the
        /// claim of the first.
        attempt: u32,
    },
    /// The delivery was handled.
    Done {
        /// The status of its answer.
        status: u16,
    },
    /// Another run holds the claim.
    InProgress {
        /// The rest of the lease.
        left: Duration,
    },
}

/// The result of a settlement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Settled {
    /// The token does not hold the key, so nothing was changed.
    Lost,
    /// It is recorded.
    Yes,
}

/// Why a store did not do a call. It never means that a key is free.
///
/// The texts are for the operator. They hold no address with a password, and nothing of a delivery.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room for another key, and nothing was forgotten to make room.
    Full,
    /// It did not answer in time.
    TimedOut,
    /// It cannot be reached, or failed.
    Unavailable(String),
    /// It answers, but cannot be used as it is: somebody must repair it.
    Unsuitable(String),
}

impl Terms {
    /// Names a lease and a window.
    #[must_use]
    pub const fn new(lease: Duration, window: Duration) -> Self {
        Self { lease, window }
    }

    /// Returns how long a key is remembered, counted from its claim: the window, and never less than
    /// the lease.
    #[must_use]
    pub fn known_for(&self) -> Duration {
        self.window.max(self.lease)
    }
}

impl StoreError {
    /// Returns a word for logs and metrics, the same in every release.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Full => "store_full",
            Self::TimedOut => "store_timed_out",
            Self::Unavailable(_) => "store_unavailable",
            Self::Unsuitable(_) => "store_unsuitable",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "store of claims is full",
            Self::TimedOut => "store of claims did not answer in time",
            Self::Unavailable(why) | Self::Unsuitable(why) => why,
        })
    }
}

impl core::error::Error for StoreError {}
