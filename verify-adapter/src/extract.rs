use core::fmt;
use std::sync::Once;

use bytes::Bytes;
use verify_core::{Receipt, Verified};

use crate::{LOG_TARGET, Refusal, unheard};

/// Marks a request that was handed on although it was refused (report-only mode). It is in the
/// request's extensions.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Reported {
    /// Why it would have been refused.
    pub refusal: Refusal,
}

/// Returns the delivery for an extractor, from the request's extensions.
///
/// # Errors
///
/// The refusal of a delivery, if it was only reported. [`Refusal::NotGuarded`] if there is neither, with an
/// event at `error` the first time.
pub fn delivered(
    verified: Option<&Verified<Bytes>>,
    reported: Option<&Reported>,
) -> Result<Verified<Bytes>, Refusal> {
    found(verified, reported).cloned()
}

fn found<'a>(
    verified: Option<&'a Verified<Bytes>>,
    reported: Option<&Reported>,
) -> Result<&'a Verified<Bytes>, Refusal> {
    match (verified, reported) {
        (Some(verified), _) => Ok(verified),
        (None, Some(reported)) => Err(reported.refusal),
        (None, None) => {
            static TOLD: Once = Once::new();
            let missing = "a handler takes a verified delivery, but its route has no verifier: put \
                 `VerifyLayer` (axum) or `Verify` (actix-web) on the route";
            Err(unguarded(Refusal::NotGuarded, &TOLD, missing))
        }
    }
}

/// The same, but `None` for a delivery that was refused and only reported.
///
/// # Errors
///
/// [`Refusal::NotGuarded`], as [`delivered`]. Otherwise nobody would notice that nothing is
/// verified.
pub fn delivered_unless_reported<'a>(
    verified: Option<&'a Verified<Bytes>>,
    reported: Option<&Reported>,
) -> Result<Option<&'a Verified<Bytes>>, Refusal> {
    match found(verified, reported) {
        Err(refusal) if refusal != Refusal::NotGuarded => Ok(None),
        found => found.map(Some),
    }
}

/// Returns the attempt for an extractor, from the request's extensions.
///
/// # Errors
///
/// [`Refusal::NotHandledOnce`] if there is none, with an event at `error` the first time.
pub fn attempted<A: Copy>(attempt: Option<&A>) -> Result<A, Refusal> {
    attempt.copied().ok_or_else(|| {
        static TOLD: Once = Once::new();
        let missing = "a handler takes the attempt, but its route does not handle deliveries once: put \
             `HandleOnceLayer` (axum) or `HandleOnce` (actix-web) on the route";
        unguarded(Refusal::NotHandledOnce, &TOLD, missing)
    })
}

/// Tells of a missing guard once, because anyone can cause it; and without the path, which is theirs to choose.
fn unguarded(refusal: Refusal, told: &Once, missing: &'static str) -> Refusal {
    told.call_once(|| tracing::error!(target: LOG_TARGET, "{missing}"));
    unheard::notice(refusal.code());
    refusal
}

/// Tells the operator of a verified delivery that cannot be read as an event, at `warn`, and counts it.
pub fn tell_unreadable(receipt: &Receipt, error: &dyn fmt::Display) {
    let sender = receipt.sender();
    tracing::warn!(target: LOG_TARGET, sender, %error, "verified event not understood");
    let refusal = Refusal::unreadable(receipt);
    refusal.record(sender, false);
    unheard::notice(refusal.code());
}
