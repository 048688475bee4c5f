use core::fmt;
use std::sync::Once;

use bytes::Bytes;
use verify_core::{Receipt, Verified};

use crate::{LOG_TARGET, Refusal};

/// Stands in the extensions of a request that was let through although it was refused: report-only.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reported {
    /// Why it would not have been let through.
    pub refusal: Refusal,
}

impl Reported {
    /// Makes the mark for a request that is handed on all the same.
    #[must_use]
    pub const fn new(refusal: Refusal) -> Self {
        Self { refusal }
    }
}

/// Decides for an extractor, by what stands in the request's extensions.
///
/// # Errors
///
/// The refusal of one that was only reported. [`Refusal::NotGuarded`] where there is neither, with
/// an event at `error` the first time.
pub fn delivered(
    verified: Option<&Verified<Bytes>>,
    reported: Option<&Reported>,
) -> Result<Verified<Bytes>, Refusal> {
    match (verified, reported) {
        (Some(verified), _) => Ok(verified.clone()),
        (None, Some(reported)) => Err(reported.refusal),
        (None, None) => {
            // Once, because anyone can cause it; and without the path, which is theirs to choose.
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                tracing::error!(
                    target: LOG_TARGET,
                    "a handler takes a verified delivery, and no verifier guards its route"
                );
            });
            Err(Refusal::NotGuarded)
        }
    }
}

/// Tells the operator of a verified delivery that cannot be read as an event, at `warn`, and counts it.
#[must_use]
pub fn unreadable(receipt: &Receipt, error: &dyn fmt::Display) -> Refusal {
    let sender = receipt.sender();
    tracing::warn!(target: LOG_TARGET, sender, %error, "verified event not understood");
    let refusal = Refusal::PayloadUnreadable(receipt.retry_after());
    refusal.record(sender, false);
    refusal
}
