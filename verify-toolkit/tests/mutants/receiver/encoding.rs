//! From the text of a signature to its bytes.

use std::panic::resume_unwind;

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use verify_toolkit::Encoding;

use super::{MALFORMED, Receiver, Refusal};
use crate::flaw::Flaw;

impl Receiver {
    /// The bytes of a signature.
    pub(super) fn decoded(&self, text: &[u8]) -> Result<Vec<u8>, Refusal> {
        let lossy = String::from_utf8_lossy(text).into_owned();
        let mut text = match core::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) if self.has(Flaw::SignatureCutToLength) => &lossy,
            Err(_) => return Err(MALFORMED),
        };
        if self.has(Flaw::SignatureTrimmed) {
            text = text.trim_matches(|c| c == '"' || c == ' ');
        }
        let prefix = self.sender.prefix();
        let mut bare = match text.strip_prefix(prefix) {
            Some(bare) => bare,
            None if self.has(Flaw::PrefixOptional) || self.has(Flaw::AnyOfAList) => text,
            None if self.has(Flaw::PrefixCutOff) && !prefix.is_empty() => {
                let from = text.find(['=', ',']).map_or(prefix.len(), |place| place + 1);
                text.get(from..).ok_or(MALFORMED)?
            }
            None if self.has(Flaw::CaseIgnored)
                && text.to_ascii_lowercase().starts_with(prefix) =>
            {
                text.get(prefix.len()..).ok_or(MALFORMED)?
            }
            None => return Err(MALFORMED),
        };
        while self.has(Flaw::PrefixStrippedOften) && !prefix.is_empty() && bare.starts_with(prefix)
        {
            bare = &bare[prefix.len()..];
        }
        if self.has(Flaw::AnyPrefix) {
            bare = bare.strip_prefix("sha256=").unwrap_or(bare);
            bare = bare.strip_prefix("v1,").unwrap_or(bare);
        }
        let length = if self.sender.encodings()[0] == Encoding::Hex { 64 } else { 44 };
        if self.has(Flaw::SignatureCutToLength) {
            bare = bare.get(..length).unwrap_or(bare);
        }
        if self.has(Flaw::PanicOnShort) {
            // As slicing beyond the end does.
            bare.get(..43).unwrap_or_else(|| resume_unwind(Box::new("too short")));
        }
        let any = self.has(Flaw::AnyEncoding);
        let takes = |encoding| self.sender.encodings().contains(&encoding) || any;
        let hex = takes(Encoding::Hex).then(|| self.hex_bytes(bare)).flatten();
        let base64 = takes(Encoding::Base64).then(|| self.base64_bytes(bare)).flatten();
        let unpadded =
            takes(Encoding::Base64Unpadded).then(|| Base64Unpadded::decode_vec(bare).ok());
        let mut tag = hex.or(base64).or(unpadded.flatten()).ok_or(MALFORMED)?;
        if self.has(Flaw::DecodedTwice) {
            let text = String::from_utf8(tag.clone()).unwrap_or_default();
            tag = self.hex_bytes(&text).filter(|tag| tag.len() == 32).unwrap_or(tag);
        }
        let any_length = [Flaw::ShorterLengthCompared, Flaw::HalfCompared, Flaw::CaseIgnored];
        if tag.len() != 32 && !self.flaw.is_some_and(|flaw| any_length.contains(&flaw)) {
            return Err(MALFORMED);
        }
        Ok(tag)
    }

    pub(super) fn hex_bytes(&self, text: &str) -> Option<Vec<u8>> {
        if self.has(Flaw::LaxHex) {
            let text = text.strip_prefix("0x").unwrap_or(text).replace(' ', "");
            let pairs = text.as_bytes().chunks(2);
            return pairs
                .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok())
                .collect();
        }
        base16ct::mixed::decode_vec(text).ok()
    }

    pub(super) fn base64_bytes(&self, text: &str) -> Option<Vec<u8>> {
        if self.has(Flaw::LaxBase64) || self.has(Flaw::CaseIgnored) {
            // As Python's does it: what is none is skipped, what is missing is made up.
            let known = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
            let text: String = text.chars().filter(|c| known(*c)).collect();
            let text = text.replace('-', "+").replace('_', "/");
            let mut bits: Vec<bool> = Vec::new();
            for c in text.bytes() {
                let value = match c {
                    b'A'..=b'Z' => c - b'A',
                    b'a'..=b'z' => c - b'a' + 26,
                    b'0'..=b'9' => c - b'0' + 52,
                    b'+' => 62,
                    _ => 63,
                };
                bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
            }
            let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
            return Some(bits.chunks_exact(8).map(byte).collect());
        }
        Base64::decode_vec(text).ok()
    }
}
