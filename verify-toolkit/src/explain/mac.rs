use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{Cause, candidates::Candidates};

/// How secret and text become a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mac {
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    Prefixed,
    Suffixed,
    Swapped,
    Unkeyed,
}

pub(super) fn candidates() -> Candidates<Mac> {
    let mut macs = Candidates::new();
    macs.add(&[], Mac::HmacSha256);
    macs.add(&[Cause::MacSha1], Mac::HmacSha1);
    macs.add(&[Cause::MacSha384], Mac::HmacSha384);
    macs.add(&[Cause::MacSha512], Mac::HmacSha512);
    macs.add(&[Cause::MacSwapped], Mac::Swapped);
    macs.add(&[Cause::MacWithPrefix], Mac::Prefixed);
    macs.add(&[Cause::MacWithSuffix], Mac::Suffixed);
    macs.add(&[Cause::MacWithoutKey], Mac::Unkeyed);
    macs
}

impl Mac {
    /// Signs the parts of a text, one behind the other.
    pub(super) fn sign(self, key: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
        match self {
            Self::HmacSha1 => hmac::<Hmac<Sha1>>(key, parts),
            Self::HmacSha256 => hmac::<Hmac<Sha256>>(key, parts),
            Self::HmacSha384 => hmac::<Hmac<Sha384>>(key, parts),
            Self::HmacSha512 => hmac::<Hmac<Sha512>>(key, parts),
            Self::Prefixed => digest([key, parts[0], parts[1], parts[2]]),
            Self::Suffixed => digest([parts[0], parts[1], parts[2], key]),
            Self::Swapped => hmac::<Hmac<Sha256>>(&parts.concat(), [key, b"", b""]),
            Self::Unkeyed => digest([parts[0], parts[1], parts[2], b""]),
        }
    }
}

fn hmac<M: KeyInit + hmac::Mac>(key: &[u8], parts: [&[u8]; 3]) -> Vec<u8> {
    // HMAC takes keys of every length: RFC 2104, section 2.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Vec::new() };
    parts.into_iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn digest(parts: [&[u8]; 4]) -> Vec<u8> {
    let mut digest = Sha256::new();
    parts.into_iter().for_each(|part| digest.update(part));
    digest.finalize().to_vec()
}
