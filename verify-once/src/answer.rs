use core::fmt;

use verify_core::{Receipt, RetryAfter};

use crate::{StoreError, rules};

/// The answer to a sender if no handler answers. It has no body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// Why the handler does not answer. For the operator.
    pub reason: Reason,
    /// The HTTP status.
    pub status: u16,
    /// After how many seconds the sender should try again: `Retry-After`.
    pub retry_after: Option<u64>,
}

/// Why a handler does not answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// The delivery was handled before.
    Done,
    /// Another run holds the claim.
    InProgress,
    /// The handler's deadline passed.
    Overdue,
    /// The store has no room.
    StoreFull,
    /// The store cannot be asked, or did not answer in time.
    StoreUnavailable,
    /// No window is named for a sender that signs neither an id nor a time.
    WindowMissing,
}

impl Answer {
    pub(crate) const fn done(status: u16) -> Self {
        Self { reason: Reason::Done, status: rules::repeated(status), retry_after: None }
    }

    pub(crate) const fn in_progress(wait: u64) -> Self {
        Self { reason: Reason::InProgress, status: 503, retry_after: Some(wait) }
    }

    pub(crate) fn overdue(receipt: &Receipt) -> Self {
        Self::later(Reason::Overdue, receipt.retry_after())
    }

    pub(crate) fn without_store(error: &StoreError, receipt: &Receipt) -> Self {
        let reason = match error {
            StoreError::Full => Reason::StoreFull,
            _ => Reason::StoreUnavailable,
        };
        Self::later(reason, receipt.retry_after())
    }

    pub(crate) const fn without_window() -> Self {
        Self { reason: Reason::WindowMissing, status: 500, retry_after: None }
    }

    fn later(reason: Reason, wait: RetryAfter) -> Self {
        Self { reason, status: 503, retry_after: Some(wait.as_secs().into()) }
    }
}

impl Reason {
    /// Returns a word for logs and metrics, the same in every release.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::InProgress => "in_progress",
            Self::Overdue => "overdue",
            Self::StoreFull => "store_full",
            Self::StoreUnavailable => "store_unavailable",
            Self::WindowMissing => "window_missing",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "delivery was handled before",
            Self::InProgress => "delivery is being handled by another run",
            Self::Overdue => "handler's deadline passed",
            Self::StoreFull => "store of claims is full",
            Self::StoreUnavailable => "store of claims does not answer",
            Self::WindowMissing => "no window is configured for the sender",
        })
    }
}
