use verify_core::{AnyEvent, Headers, Receipt, UnixTime, Verifier};

use crate::Refusal;

/// Verifies a delivery and reads what it says. Nothing of `body` is parsed before it is verified.
///
/// `headers` has every header of the request as it came, and `body` its bytes, neither decompressed
/// nor decoded as text.
///
/// # Errors
///
/// The delivery was refused, or it is genuine but cannot be read: [`Refusal::answer`] says what to
/// answer.
pub fn receive(
    verifier: &Verifier,
    now: UnixTime,
    headers: &(impl Headers + ?Sized),
    body: &[u8],
) -> Result<Told, Refusal> {
    let verified = verifier.verify(now, headers, body)?;
    let receipt = *verified.receipt();
    match AnyEvent::read(&verified) {
        Ok(event) => Ok(Told { event, receipt }),
        Err(error) => Err(Refusal::Unreadable { error, retry_after: receipt.retry_after() }),
    }
}

/// What a delivery says, and what is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Told {
    /// What it says.
    pub event: AnyEvent,
    /// Who sent it and when. If the work fails, answer 503 with its `retry_after`.
    pub receipt: Receipt,
}
