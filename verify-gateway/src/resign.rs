//! What goes upstream is signed anew, so that a service notices who goes around the gateway.

use verify_core::{Signer, UnixTime};

/// Why a delivery has no new signature.
pub(crate) const UNSIGNED: &str =
    "the delivery could not be signed anew: is the clock of this machine right?";

/// Signs a body for this moment. The id is the key of the delivery, so that a second try has the same.
pub(crate) fn sign(
    signer: &Signer,
    key: &str,
    body: &[u8],
) -> Result<Vec<(&'static str, String)>, &'static str> {
    let signed = UnixTime::now().ok().and_then(|now| signer.sign(now, key, body).ok());
    let signed = signed.ok_or(UNSIGNED)?;
    Ok(signed.iter().map(|(name, value)| (name, value.to_owned())).collect())
}
