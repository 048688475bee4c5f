use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// HMAC-SHA256 with its key worked in: cloning it costs less than keying it again.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// The 32 bytes that HMAC-SHA256 makes; "tag" is the usual word for what a MAC makes.
pub(crate) type Tag = [u8; 32];

/// Works `key` into a MAC.
pub(crate) fn prepare(key: &[u8]) -> HmacSha256 {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length: RFC 2104, section 2")]
    HmacSha256::new_from_slice(key).expect("a key of any length")
}

/// Ends a MAC.
pub(crate) fn finish(mac: HmacSha256) -> Tag {
    mac.finalize().into_bytes().into()
}
