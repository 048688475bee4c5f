//! The check as a careful user writes it by hand, for Databricks.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 with its key worked in.
#[derive(Clone)]
pub struct Check(Hmac<Sha256>);

impl Check {
    /// # Panics
    ///
    /// Never: HMAC takes keys of every length.
    pub fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("a key of any length"))
    }

    /// Reads a signature in hex.
    pub fn decode(text: &[u8]) -> Option<[u8; 32]> {
        let mut tag = [0; 32];
        base16ct::mixed::decode(text, &mut tag).is_ok().then_some(tag)
    }

    /// Whether `signature`, in hex, is that of `body`.
    pub fn fits(&self, signature: Option<&[u8]>, body: &[u8]) -> bool {
        signature.and_then(Self::decode).is_some_and(|tag| self.fits_tag(&tag, body))
    }

    /// Whether a tag is that of `body`.
    pub fn fits_tag(&self, tag: &[u8; 32], body: &[u8]) -> bool {
        self.0.clone().chain_update(body).verify_slice(tag).is_ok()
    }
}
