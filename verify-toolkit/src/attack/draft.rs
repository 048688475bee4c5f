use base64ct::{Base64, Base64Unpadded, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use verify_core::{Encoding, SignedPart};

use super::{Attempt, Target};

/// A delivery in the making, in which every part can be what no sender would make it.
///
/// It signs by itself and not by [`verify_core::Signer`], which refuses to sign such parts.
#[derive(Clone)]
pub(crate) struct Draft<'t> {
    target: &'t Target,
    pub(super) key: Vec<u8>,
    pub(super) delivery_id: Vec<u8>,
    pub(super) time: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Target {
    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft::new(self)
    }

    /// A delivery that must be accepted.
    pub(crate) fn genuine(&self) -> Attempt {
        self.draft().attempt()
    }

    /// The same with another body than the one that was signed.
    pub(super) fn forged(&self, body: impl Into<Vec<u8>>) -> Attempt {
        self.genuine().sending(body)
    }

    /// The signature of the genuine delivery.
    pub(super) fn signature(&self) -> String {
        let draft = self.draft();
        draft.spell(&draft.tag())
    }
}

impl<'t> Draft<'t> {
    pub(super) fn new(target: &'t Target) -> Self {
        Self {
            target,
            key: target.key(),
            // The same for every case, so that forgeries can be made from the genuine one.
            delivery_id: b"6f1c0a9e-6d5f-4c39-9d1b-2f6f6c9f2a10".to_vec(),
            time: target.now().to_string().into_bytes(),
            body: target.body.clone(),
        }
    }

    /// The delivery that an attempt seems to be, signed as its receiver would have it.
    pub(super) fn sent(target: &'t Target, attempt: &Attempt) -> Self {
        let header = |name: Option<&str>| {
            let named = |(other, _): &&(String, Vec<u8>)| {
                name.is_some_and(|name| other.eq_ignore_ascii_case(name))
            };
            attempt.headers.iter().find(named).map_or_else(Vec::new, |(_, value)| value.clone())
        };
        Self {
            target,
            key: target.key(),
            delivery_id: header(target.sender.delivery_id_header()),
            time: header(target.sender.timestamp_header()),
            body: attempt.data().flatten().copied().collect(),
        }
    }

    pub(crate) fn keyed(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = key.into();
        self
    }

    pub(super) fn named(mut self, delivery_id: impl Into<Vec<u8>>) -> Self {
        self.delivery_id = delivery_id.into();
        self
    }

    pub(crate) fn timed(mut self, time: impl ToString) -> Self {
        self.time = time.to_string().into_bytes();
        self
    }

    pub(super) fn of(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Puts spaces behind the JSON until the signature is such.
    pub(super) fn until(mut self, such: impl Fn(&[u8; 32], &str) -> bool) -> Option<Self> {
        for _ in 0..10_000 {
            let tag = self.tag();
            if such(&tag, &self.spell(&tag)) {
                return Some(self);
            }
            self.body.push(b' ');
        }
        None
    }

    /// What is signed.
    pub(super) fn signed_text(&self) -> Vec<u8> {
        let parts = self.target.sender.signed_parts().iter().map(|part| match part {
            SignedPart::DeliveryId(_) => self.delivery_id.as_slice(),
            SignedPart::Timestamp(_) => &self.time,
            SignedPart::Text(text) => text.as_bytes(),
            _ => b"",
        });
        parts.chain([self.body.as_slice()]).collect::<Vec<_>>().concat()
    }

    pub(crate) fn tag(&self) -> [u8; 32] {
        mac(&self.key, &self.signed_text())
    }

    /// Writes a signature as the sender does.
    pub(crate) fn spell(&self, tag: &[u8]) -> String {
        let encoding = self.target.sender.encodings().first().copied().unwrap_or(Encoding::Hex);
        format!("{}{}", self.target.sender.prefix(), spell_in(encoding, tag))
    }

    /// Makes the request with the signature that belongs to it.
    pub(crate) fn attempt(&self) -> Attempt {
        self.attempt_with(self.spell(&self.tag()))
    }

    /// Makes the request with this for a signature.
    pub(crate) fn attempt_with(&self, signature: impl Into<Vec<u8>>) -> Attempt {
        let Self { target, delivery_id, time, body, .. } = self;
        let mut headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
        if let Some(token) = &target.bearer {
            headers.push(("authorization".to_owned(), format!("Bearer {token}").into_bytes()));
        }
        let mut header = |name: Option<&str>, value: &[u8]| {
            headers.extend(name.map(|name| (name.to_owned(), value.to_vec())));
        };
        header(target.sender.delivery_id_header(), delivery_id);
        header(target.sender.timestamp_header(), time);
        header(Some(target.header()), &signature.into());
        Attempt::new(&target.path, headers, body.clone())
    }
}

pub(crate) fn spell_in(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => Base64::encode_string(tag),
        Encoding::Base64Unpadded => Base64Unpadded::encode_string(tag),
        _ => base16ct::lower::encode_string(tag),
    }
}

pub(super) fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    mac.chain_update(text).finalize().into_bytes().into()
}
