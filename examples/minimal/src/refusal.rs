use core::{error::Error, fmt};

use verify_core::{EventError, Rejection, RejectionKind, RetryAfter};

/// Why there is no [`Told`](crate::Told). For the log: the sender gets [`answer`](Self::answer).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// It could not be verified.
    Rejected(Rejection),
    /// It was verified, and what it says could not be read.
    Unreadable {
        /// Why.
        error: EventError,
        /// How long the sender should wait before it sends the delivery again.
        retry_after: RetryAfter,
    },
}

impl Refusal {
    /// Returns the status to answer with and at most one header, its name in lower case. The body of
    /// the answer is empty, because senders show it to everybody who presses "test".
    #[must_use]
    pub fn answer(&self) -> (u16, Option<(&'static str, &'static str)>) {
        match self {
            Self::Rejected(rejection) if rejection.kind() == RejectionKind::BodyTooLarge => {
                (413, None)
            }
            // The same for every reason. Otherwise it would help a forger.
            Self::Rejected(_) => (401, Some(("www-authenticate", "HMAC-SHA256, Bearer"))),
            // A failure of our own: MLflow drops a delivery for good on nearly every 4xx.
            Self::Unreadable { retry_after, .. } => {
                (503, Some(("retry-after", retry_after.as_str())))
            }
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Unreadable { error, .. } => error.fmt(f),
        }
    }
}

impl Error for Refusal {}
