use verify_core::{Headers, UnixTime, Verifier};

use crate::{Refusal, Summary};

/// Verifies a delivery and reads what it says. Nothing of `body` is parsed before it is verified.
///
/// `headers` has every header of the request as it came, and `body` its bytes, neither decompressed
/// nor decoded as text.
///
/// # Errors
///
/// The delivery was refused, or is genuine and could not be read: [`Refusal::answer`] says what to
/// answer.
pub fn receive<'a>(
    verifier: &Verifier,
    now: UnixTime,
    headers: &(impl Headers + ?Sized),
    body: &'a [u8],
) -> Result<Summary<'a>, Refusal> {
    let verified = verifier.verify(now, headers, body)?;
    let retry_after = verified.receipt().retry_after();
    Summary::read(verified).map_err(|error| Refusal::Unreadable { error, retry_after })
}
