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

    /// Whether `signature`, in hex, is that of `body`.
    pub fn fits(&self, signature: Option<&[u8]>, body: &[u8]) -> bool {
        let mut tag = [0; 32];
        signature.is_some_and(|text| {
            base16ct::mixed::decode(text, &mut tag).is_ok()
                && self.0.clone().chain_update(body).verify_slice(&tag).is_ok()
        })
    }
}
