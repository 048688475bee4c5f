//! The signature: where it is looked for, what it is compared with, and how.

use base64ct::{Base64, Encoding as _};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::{Digest, Sha256};
use verify_toolkit::{SecretEncoding, Sender};

use super::{
    MALFORMED, Receiver, Refusal,
    head::{Head, values},
};
use crate::flaw::Flaw;

impl Receiver {
    pub(super) fn signature(
        &self,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let name = self.sender.signature_header();
        let mut given = values(headers, name);
        let underscored = name.replace('-', "_");
        if self.has(Flaw::UnderscoresAccepted) {
            given.extend(values(headers, &underscored));
        }
        if self.has(Flaw::AnySendersHeader) && given.is_empty() {
            let others = Sender::ALL.iter().map(Sender::signature_header);
            given.extend(others.chain(["x-hub-signature-256"]).flat_map(|n| values(headers, n)));
        }
        if self.has(Flaw::SignatureFromAuthorization) && given.is_empty() {
            given.extend(values(headers, "authorization"));
        }
        let mut elsewhere = Vec::new();
        if self.has(Flaw::SignatureFromQuery) {
            let text = query.split_once('=').map_or("", |(_, text)| text);
            elsewhere.push(text.replace("%2B", "+").into_bytes());
        }
        if self.has(Flaw::SignatureFromCookie) {
            let cookies = values(headers, "cookie");
            let start = format!("{name}=");
            let cookie = |cookie: &&[u8]| cookie.strip_prefix(start.as_bytes()).map(<[u8]>::to_vec);
            elsewhere.extend(cookies.iter().filter_map(cookie));
        }
        if given.is_empty() {
            given.extend(elsewhere.iter().filter(|text| !text.is_empty()).map(Vec::as_slice));
        }
        let text = self.one(&given, Flaw::FirstHeaderWins, Flaw::LastHeaderWins)?;
        if self.has(Flaw::AnyOfAList) {
            // For `v1,`, the prefix is cut apart as well.
            let parts = text.split(|byte| *byte == b' ' || *byte == b',').chain([text]);
            return Ok(parts.filter_map(|part| self.decoded(part).ok()).collect());
        }
        match self.sender.max_signatures() {
            1 => Ok(vec![self.decoded(text)?]),
            most => self.list(text, most),
        }
    }

    /// The signatures of a list, which are those with the prefix.
    fn list(&self, text: &[u8], most: usize) -> Result<Vec<Vec<u8>>, Refusal> {
        let mut given = Vec::new();
        for item in text.split(|byte| *byte == b' ') {
            let is_ours = item.starts_with(self.sender.prefix().as_bytes());
            if is_ours || self.has(Flaw::OtherVersionRefused) {
                given.push(self.decoded(item)?);
            } else if self.has(Flaw::VersionIgnored) {
                let bare = item.splitn(2, |byte| *byte == b',').last().unwrap_or_default();
                given.extend(str::from_utf8(bare).ok().and_then(|bare| self.base64_bytes(bare)));
            }
        }
        if self.has(Flaw::FirstOfTheList) {
            given.truncate(1);
        }
        if (1..=most).contains(&given.len()) { Ok(given) } else { Err(MALFORMED) }
    }

    pub(super) fn is_equal(&self, expected: &[u8], given: &[u8]) -> bool {
        match self.flaw {
            Some(Flaw::HalfCompared) => given.len() >= 16 && expected[..16] == given[..16],
            Some(Flaw::ShorterLengthCompared) => {
                !given.is_empty() && expected.iter().zip(given).all(|(a, b)| a == b)
            }
            Some(Flaw::ZerosAccepted) => expected == given || given == [0; 32],
            Some(Flaw::CaseIgnored) => {
                let text = |tag: &[u8]| Base64::encode_string(tag).to_ascii_lowercase();
                text(expected) == text(given)
            }
            _ => expected == given,
        }
    }

    /// The signatures that fit: one, unless more are accepted than should be.
    pub(super) fn tags(&self, head: &Head, body: &[u8]) -> Vec<Vec<u8>> {
        let signed = |body: &[u8]| match self.sender.delivery_id_header() {
            Some(_) => [&head.delivery_id[..], b".", &head.time, b".", body].concat(),
            None => body.to_vec(),
        };
        let mac = |key: &[u8], text: &[u8]| {
            let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.chain_update(text).finalize().into_bytes().to_vec()
        };
        let text = signed(body);
        let key = self.key();
        let mut tags = vec![mac(&key, &text)];
        let keyed = |other: &[u8]| mac(other, &text);
        match self.flaw {
            Some(Flaw::EmptySecret) => tags.push(keyed(b"")),
            Some(Flaw::UndefinedSecret) => {
                tags.extend([&b"undefined"[..], b"None", b"null"].map(keyed));
            }
            Some(Flaw::TokenForSecret) => {
                tags.extend(self.bearer.as_ref().map(|token| keyed(token.as_bytes())));
            }
            Some(Flaw::SecretHashed) => tags.push(keyed(&Sha256::digest(&key))),
            Some(Flaw::SecretWithNewline) => tags.push(keyed(&[&key[..], b"\n"].concat())),
            Some(Flaw::SecretCutShort) => tags.push(keyed(&key[..key.len() - 1])),
            Some(Flaw::Unkeyed) => tags.push(Sha256::digest(&text).to_vec()),
            Some(Flaw::Extensible) => {
                tags.push(Sha256::digest([&key[..], &text].concat()).to_vec())
            }
            Some(Flaw::Swapped) => tags.push(mac(&text, &key)),
            Some(Flaw::OtherHash) => {
                let other = Hmac::<sha2::Sha512>::new_from_slice(&key).unwrap();
                let other = other.chain_update(&text).finalize().into_bytes();
                tags.push(other[..32].to_vec());
            }
            Some(Flaw::ConstantSigned) => tags.push(mac(&key, &signed(b"{}"))),
            Some(Flaw::NothingSigned) => tags.push(mac(&key, &signed(b""))),
            Some(Flaw::BodyAloneSigned) => tags.push(mac(&key, body)),
            Some(Flaw::AnySendersHeader) => tags.push(mac(&key, body)),
            _ => {}
        }
        tags
    }

    pub(super) fn key(&self) -> Vec<u8> {
        let secret = &self.secret;
        let text = String::from_utf8_lossy(secret).into_owned();
        let first = text.split_whitespace().next().unwrap_or_default();
        let secret = match self.flaw {
            Some(Flaw::SecretTrimmed) => text.trim().into(),
            Some(Flaw::SecretUnprefixed) => text.replacen("whsec_", "", 1).into(),
            Some(Flaw::SecretDecoded) => {
                Base64::decode_vec(first.trim_start_matches("whsec_")).unwrap_or(text.into())
            }
            Some(Flaw::SecretAscii) => {
                text.chars().filter(char::is_ascii).collect::<String>().into()
            }
            Some(Flaw::SecretLowerCase) => text.to_ascii_lowercase().into(),
            _ => secret.clone(),
        };
        match (self.sender.secret_encoding(), str::from_utf8(&secret)) {
            (SecretEncoding::Base64, Ok(text)) => {
                Base64::decode_vec(text.trim_start_matches("whsec_")).unwrap_or(secret)
            }
            _ => secret,
        }
    }
}
