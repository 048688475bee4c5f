use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

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

/// Compares two tags in constant time: word by word, which takes an eighth of the steps.
pub(crate) fn is_equal(left: &Tag, right: &Tag) -> Choice {
    let (left, _) = left.as_chunks::<8>();
    let (right, _) = right.as_chunks::<8>();
    left.iter().zip(right).fold(Choice::from(1), |equal, (left, right)| {
        equal & u64::from_ne_bytes(*left).ct_eq(&u64::from_ne_bytes(*right))
    })
}
