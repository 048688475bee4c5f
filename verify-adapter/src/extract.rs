use core::fmt;
use std::sync::Once;

use bytes::Bytes;
use verify_core::{Receipt, Verified};

use crate::{LOG_TARGET, Refusal};

/// Stands in the extensions of a request that was handed on although it was refused: report-only mode.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reported {
    /// Why it would have been refused.
    pub refusal: Refusal,
}

/// Returns the delivery for an extractor, from what stands in the request's extensions.
///
/// # Errors
///
/// The refusal of a delivery that was only reported. [`Refusal::NotGuarded`] where neither stands there, with
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
                    "a handler takes a verified delivery, but its route has no verifier: put \
                     `VerifyLayer` (axum) or `Verify` (actix-web) on the route"
                );
            });
            Err(Refusal::NotGuarded)
        }
    }
}

/// Tells the operator of a verified delivery that cannot be read as an event, at `warn`, and counts it.
pub fn tell_unreadable(receipt: &Receipt, error: &dyn fmt::Display) {
    let sender = receipt.sender();
    tracing::warn!(target: LOG_TARGET, sender, %error, "verified event not understood");
    Refusal::unreadable(receipt).record(sender, false);
}
