//! What happens to a body between the sender's HMAC and yours.

use std::io::Read;

use base64ct::{Base64, Encoding as _};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Cause, candidates::Candidates, charset, json, secret::decoded_base64};
use crate::{
    WireRequest,
    capture::{percent_encoded, unescape, url_decoded},
    request::unchunked,
};

/// Most bytes that a compressed body may grow to.
const UNPACKED: u64 = 16 * 1024 * 1024;
/// Most bytes of bodies that are kept at a time.
const KEPT: usize = 128 * 1024 * 1024;
/// Most fields of a form that are looked at.
const FIELDS: usize = 32;

/// Bodies that may have been signed, and whether some were left out for want of room.
pub(super) struct Bodies {
    pub(super) found: Candidates<Vec<u8>>,
    pub(super) is_cut_short: bool,
    kept: usize,
}

/// What is looked at of the event of an API gateway. The rest is not kept.
#[derive(Deserialize)]
struct GatewayEvent {
    body: String,
}

pub(super) fn candidates(request: &WireRequest) -> Bodies {
    let body = request.body.as_slice();
    let mut bodies = Bodies { found: Candidates::new(), is_cut_short: false, kept: 0 };
    bodies.add(&[], body);
    bodies.ends(body);
    bodies.wrapped(request, body);
    bodies.text(body);
    bodies.form(body);
    bodies.signed_instead(body);
    bodies.rewritten(body);
    bodies
}

impl Bodies {
    fn add(&mut self, causes: &[Cause], body: impl AsRef<[u8]>) {
        let body = body.as_ref();
        if self.kept.saturating_add(body.len()) > KEPT {
            self.is_cut_short = true;
        } else if self.found.add_with(causes, None, body.to_vec()) {
            self.kept += body.len();
        }
    }

    fn ends(&mut self, body: &[u8]) {
        if let Some(rest) = body.strip_suffix(b"\n") {
            self.add(&[Cause::BodyNewlineAdded], rest.strip_suffix(b"\r").unwrap_or(rest));
            self.add(&[Cause::BodyNewlineAdded], rest);
        }
        self.add(&[Cause::BodySpaceAdded], body.trim_ascii());
        self.add(&[Cause::BodyNewlineLost], [body, b"\n"].concat());
        self.add(&[Cause::BodyNewlineLost], [body, b"\r\n"].concat());
        let padding = body.iter().rev().take_while(|byte| **byte == 0).count();
        self.add(&[Cause::BodyNulPadded], &body[..body.len() - padding]);
        let (first, second) = body.split_at(body.len() / 2);
        if first == second {
            self.add(&[Cause::BodyDoubled], first);
        }
    }

    /// Framed, packed, or put into something.
    fn wrapped(&mut self, request: &WireRequest, body: &[u8]) {
        if let Some(start) = content_length(request).and_then(|length| body.get(..length)) {
            self.add(&[Cause::BodyTooLong], start);
        }
        if let Ok(whole) = unchunked(body) {
            self.add(&[Cause::BodyChunked], whole);
        }
        let is_packed = matches!(body, [0x1f, 0x8b, ..] | [0x78, ..]) || is_encoded(request);
        if is_packed {
            self.unpacked(MultiGzDecoder::new(body));
            self.unpacked(ZlibDecoder::new(body));
            self.unpacked(DeflateDecoder::new(body));
        }
        let unbroken: Vec<u8> =
            body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if let Some(plain) = decoded_base64(&unbroken) {
            self.add(&[Cause::BodyBase64], plain);
        }
        if let Ok(text) = serde_json::from_slice::<String>(body) {
            self.add(&[Cause::BodyJsonString], text);
        }
        if let Ok(GatewayEvent { body: text }) = serde_json::from_slice(body) {
            self.add(&[Cause::BodyGatewayEvent], &text);
            if let Ok(plain) = Base64::decode_vec(&text) {
                self.add(&[Cause::BodyGatewayEvent], plain);
            }
        }
        let trimmed = body.trim_ascii();
        for quote in *b"'\"" {
            let inner = trimmed.strip_prefix(&[b'b', quote]);
            if let Some((plain, _)) = inner.and_then(|inner| unescape(inner, quote)) {
                self.add(&[Cause::BodyPythonBytes], plain);
            }
        }
    }

    fn unpacked(&mut self, reader: impl Read) {
        let mut plain = Vec::new();
        if reader.take(UNPACKED + 1).read_to_end(&mut plain).is_ok() {
            match u64::try_from(plain.len()) {
                Ok(..=UNPACKED) => self.add(&[Cause::BodyCompressed], plain),
                _ => self.is_cut_short = true,
            }
        }
    }

    /// Line ends, marks and charsets.
    fn text(&mut self, body: &[u8]) {
        if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
            self.add(&[Cause::BodyByteOrderMark], rest);
        } else {
            self.add(&[Cause::BodyByteOrderMarkLost], [b"\xef\xbb\xbf", body].concat());
        }
        if let Some(text) = charset::from_utf16(body) {
            self.add(&[Cause::BodyUtf16], text);
        }
        let Ok(text) = core::str::from_utf8(body) else {
            return self.add(&[Cause::BodyNotUtf8], charset::from_latin(body));
        };
        let lf = text.replace("\r\n", "\n");
        self.add(&[Cause::BodyLf], lf.replace('\n', "\r\n"));
        self.add(&[Cause::BodyCrLf], lf);
        if let Some(latin) = charset::to_latin(text) {
            let is_mojibake = core::str::from_utf8(&latin).is_ok();
            self.add(&[if is_mojibake { Cause::BodyMojibake } else { Cause::BodyCharset }], latin);
        }
        let entities = [
            ("&quot;", "\""),
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#x27;", "'"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&amp;", "&"),
        ];
        let plain = entities
            .iter()
            .fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter));
        self.add(&[Cause::BodyHtmlEntities], plain);
    }

    fn form(&mut self, body: &[u8]) {
        let decoded = |value: &[u8]| {
            let spaced: Vec<u8> =
                value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            url_decoded(&spaced)
        };
        for field in body.split(|byte| *byte == b'&').take(FIELDS) {
            if let Some(end) = field.iter().position(|byte| *byte == b'=') {
                self.add(&[Cause::BodyForm], decoded(&field[end + 1..]));
            }
        }
        self.add(
            &[Cause::BodyForm],
            decoded(body.trim_ascii_end().strip_suffix(b"=").unwrap_or(body)),
        );
        let encoded = percent_encoded(body);
        let plus = String::from_utf8_lossy(&encoded).replace("%20", "+");
        for name in ["payload=", "data=", "body=", "json="] {
            self.add(&[Cause::BodyFormLost], [name.as_bytes(), &encoded].concat());
            self.add(&[Cause::BodyFormLost], [name, &plus].concat());
        }
    }

    /// Parsed and written again.
    fn rewritten(&mut self, body: &[u8]) {
        let Some(document) = json::Document::read(body) else { return };
        for (causes, style) in document.ways() {
            // It is kept twice: as it is, and with a newline.
            let room = KEPT.saturating_sub(self.kept) / 2;
            match document.write(style, room) {
                Some(text) => {
                    self.add(&causes, &text);
                    self.add(&[&causes[..], &[Cause::BodyNewlineLost]].concat(), text + "\n");
                }
                None => self.is_cut_short = true,
            }
        }
    }

    /// Not the body, but something that stands for it.
    fn signed_instead(&mut self, body: &[u8]) {
        self.add(&[Cause::SignedConstant], b"");
        self.add(&[Cause::SignedConstant], b"{}");
        let digest = Sha256::digest(body);
        self.add(&[Cause::SignedDigest], base16ct::lower::encode_string(&digest));
        self.add(&[Cause::SignedDigest], digest);
        self.add(&[Cause::SignedDigest], Base64::encode_string(&digest));
        self.add(&[Cause::SignedBase64], Base64::encode_string(body));
    }
}

pub(super) fn content_length(request: &WireRequest) -> Option<usize> {
    core::str::from_utf8(request.header("content-length").next()?).ok()?.trim().parse().ok()
}

/// Whether a header names a compression.
pub(super) fn is_encoded(request: &WireRequest) -> bool {
    request
        .header("content-encoding")
        .any(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"identity"))
}
