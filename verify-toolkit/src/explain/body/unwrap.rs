//! What was done to a body as a whole, undone: each step takes the bytes that came, and gives those
//! that may have come before.

use std::io::Read;

use base64ct::{Base64, Encoding as _};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use serde::de::IgnoredAny;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    super::{
        Cause,
        charset::{self, CHARSETS},
        json::Document,
        secret::{decoded_base64, without_echo},
    },
    length::{content_length, is_encoded},
};
use crate::{
    WireRequest,
    capture::{hex_pair, json_of_printed, unescape, url_decoded},
    request::unchunked,
};

/// Most bytes that a compressed body may grow to.
const UNPACKED: u64 = 16 * 1024 * 1024;
/// Most fields of a form, or of a document, that are looked at.
const FIELDS: usize = 32;

/// Most bytes of such fields.
const PARTS: usize = 16 * 1024 * 1024;
/// Most bytes of a body that may have been put into a form: each may become three.
pub(super) const IN_FORM: usize = 256 * 1024;

/// Most bytes of what a program printed.
const PRINTED: usize = 1024 * 1024;

/// Takes each result: why, more about it, and the bytes.
pub(super) struct Sink<'s> {
    pub(super) take: &'s mut dyn FnMut(Cause, Option<String>, Vec<u8>),
    pub(super) is_cut_short: bool,
}

impl Sink<'_> {
    fn add(&mut self, cause: Cause, bytes: impl Into<Vec<u8>>) {
        (self.take)(cause, None, bytes.into());
    }
}

type Step = fn(&mut Sink<'_>, &WireRequest, &[u8]);

/// The nearest first.
pub(super) const STEPS: [Step; 10] = [
    ends,
    framed,
    packed,
    encoded,
    quoted,
    enveloped,
    in_another_charset,
    in_a_form,
    surrounded,
    printed,
];

fn ends(sink: &mut Sink<'_>, request: &WireRequest, body: &[u8]) {
    if let Some(rest) = body.strip_suffix(b"\n") {
        sink.add(Cause::BodyNewlineAdded, rest.strip_suffix(b"\r").unwrap_or(rest));
        sink.add(Cause::BodyNewlineAdded, rest);
    }
    sink.add(Cause::BodySpaceAdded, body.trim_ascii());
    let padding = body.iter().rev().take_while(|byte| **byte == 0).count();
    sink.add(Cause::BodyNulPadded, &body[..body.len() - padding]);
    let (first, second) = body.split_at(body.len() / 2);
    if first == second {
        sink.add(Cause::BodyDoubled, first);
    }
    if let Some(rest) = without_echo(body) {
        sink.add(Cause::BodyEchoOption, rest);
    }
    let start = content_length(request).and_then(|length| body.get(..length));
    // Of what was unwrapped the header says nothing.
    if let Some(start) = start.filter(|_| request.body == body) {
        sink.add(Cause::BodyTooLong, start);
    }
}

fn framed(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    if let Ok(whole) = unchunked(body) {
        sink.add(Cause::BodyChunked, whole);
    }
}

fn packed(sink: &mut Sink<'_>, request: &WireRequest, body: &[u8]) {
    let mut unpack = |reader: &mut dyn Read| {
        let mut plain = Vec::new();
        if reader.take(UNPACKED + 1).read_to_end(&mut plain).is_ok() {
            match u64::try_from(plain.len()) {
                Ok(..=UNPACKED) => sink.add(Cause::BodyCompressed, plain),
                _ => sink.is_cut_short = true,
            }
        }
    };
    if matches!(body, [0x1f, 0x8b, ..] | [0x78, ..]) || is_encoded(request) {
        unpack(&mut MultiGzDecoder::new(body));
        unpack(&mut ZlibDecoder::new(body));
        unpack(&mut DeflateDecoder::new(body));
    }
}

fn encoded(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    let unbroken: Vec<u8> =
        body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if let Some(plain) = decoded_base64(&unbroken) {
        sink.add(Cause::BodyBase64, plain);
    }
}

/// In quotes, or with the escapes of a language or a log.
fn quoted(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    if let Ok(text) = serde_json::from_slice::<String>(body) {
        sink.add(Cause::BodyJsonString, text);
    }
    let trimmed = body.trim_ascii();
    for quote in *b"'\"" {
        let inner = trimmed.strip_prefix(&[b'b', quote]);
        if let Some((plain, _)) = inner.and_then(|inner| unescape(inner, quote)) {
            sink.add(Cause::BodyPythonBytes, plain);
        }
    }
    if body.contains(&b'\\') {
        // nginx; then Apache and `escape=json`, which escape more.
        sink.add(Cause::BodyLogEscaped, without_hex(body));
        if let Ok(text) = serde_json::from_slice::<String>(&[b"\"", body, b"\""].concat()) {
            sink.add(Cause::BodyLogEscaped, text);
        }
        if let Some((plain, _)) = unescape(&[body, b"\0"].concat(), 0) {
            sink.add(Cause::BodyLogEscaped, plain);
        }
    }
}

/// Undoes `\xHH`, and nothing else.
fn without_hex(body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((byte, tail)) = rest.split_first() {
        let code = rest.strip_prefix(br"\x").and_then(hex_pair);
        plain.push(code.unwrap_or(*byte));
        rest = code.and_then(|_| rest.get(br"\xHH".len()..)).unwrap_or(tail);
    }
    plain
}

/// In a field of a document, of any name.
fn enveloped(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    let Some(document) = Document::read(body) else { return };
    let is_gateway = document.field_names().is_some_and(|names| {
        names.contains(&"\"isBase64Encoded\"") || names.contains(&"\"requestContext\"")
    });
    for (path, part) in document.parts(FIELDS, PARTS) {
        let plain = decoded_base64(&part).filter(|plain| looks_signed(plain));
        for bytes in [Some(part), plain].into_iter().flatten().filter(|part| looks_signed(part)) {
            if is_gateway && path == "body" {
                sink.add(Cause::BodyGatewayEvent, bytes);
            } else {
                let shown = format!("field `{}`", path.escape_debug());
                (sink.take)(Cause::BodyEnvelope, Some(shown), bytes);
            }
        }
    }
}

/// What senders sign: a document, or something that a document is made of.
fn looks_signed(part: &[u8]) -> bool {
    let text = part.trim_ascii_start();
    matches!(text, [b'{' | b'[', ..] | [0x1f, 0x8b, ..])
        || text.starts_with(br#""{"#)
        || text.starts_with(b"%7B")
}

/// Line ends, marks and charsets.
fn in_another_charset(sink: &mut Sink<'_>, request: &WireRequest, body: &[u8]) {
    if let Some(rest) = body.strip_prefix(b"\xef\xbb\xbf") {
        sink.add(Cause::BodyByteOrderMark, rest);
    }
    if let Some(text) = charset::from_utf16(body) {
        sink.add(Cause::BodyUtf16, text);
    }
    // What was unwrapped is rarely in any other charset.
    let (western, others) = CHARSETS.split_at(charset::WESTERN);
    let others = if request.body == body { others } else { &[] };
    let charsets = western.iter().map(|charset| (charset, None));
    let charsets = charsets.chain(others.iter().map(|charset| (charset, Some(charset.name()))));
    let Ok(text) = core::str::from_utf8(body) else {
        for (charset, name) in charsets {
            if let Some(text) = charset.read(body) {
                (sink.take)(Cause::BodyNotUtf8, name.map(Into::into), text.into());
            }
        }
        return;
    };
    if text.contains('\n') || text.contains('\r') {
        let lf = text.replace("\r\n", "\n");
        sink.add(Cause::BodyLf, lf.replace('\n', "\r\n"));
        sink.add(Cause::BodyCrLf, lf);
        sink.add(Cause::BodyLineEndsAdded, text.replace(['\r', '\n'], ""));
    }
    for (charset, name) in charsets {
        if let Some(written) = charset.write(text) {
            let is_mojibake = core::str::from_utf8(&written).is_ok();
            let cause = if is_mojibake { Cause::BodyMojibake } else { Cause::BodyCharset };
            (sink.take)(cause, name.map(Into::into), written);
        }
    }
    if !text.is_ascii() {
        sink.add(Cause::BodyNormalForm, text.nfc().collect::<String>());
        sink.add(Cause::BodyNormalForm, text.nfd().collect::<String>());
    }
    if text.contains('&') {
        sink.add(Cause::BodyHtmlEntities, without_entities(text));
    }
    let plain = |letter| match letter {
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
        letter => letter,
    };
    sink.add(Cause::BodyTypography, text.chars().map(plain).collect::<String>());
}

/// Undoes HTML's entities, by name and by number.
fn without_entities(text: &str) -> String {
    const NAMES: [(&str, char); 5] =
        [("quot", '"'), ("apos", '\''), ("lt", '<'), ("gt", '>'), ("amp", '&')];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let near = after.as_bytes().get(..10).unwrap_or(after.as_bytes());
        let name = near.iter().position(|byte| *byte == b';').and_then(|end| after.get(..end));
        let letter = name.and_then(|name| match name.strip_prefix('#') {
            Some(number) => {
                let hex = number.strip_prefix(['x', 'X']);
                let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
                code.ok().and_then(char::from_u32)
            }
            None => NAMES.iter().find(|(own, _)| *own == name).map(|(_, letter)| *letter),
        });
        let read = letter.and(name).map_or(0, |name| name.len() + 1);
        plain.push(letter.unwrap_or('&'));
        rest = after.get(read..).unwrap_or_default();
    }
    plain + rest
}

fn in_a_form(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    let decoded = |value: &[u8]| {
        let spaced: Vec<u8> =
            value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        url_decoded(&spaced)
    };
    if !(body.contains(&b'%') || body.contains(&b'+') || body.contains(&b'=')) {
        return;
    }
    for field in body.split(|byte| *byte == b'&').take(FIELDS) {
        let value =
            field.iter().position(|byte| *byte == b'=').and_then(|end| field.get(end + 1..));
        if let Some(value) = value {
            sink.add(Cause::BodyForm, decoded(value));
        }
    }
    sink.add(Cause::BodyForm, decoded(body.trim_ascii_end().strip_suffix(b"=").unwrap_or(body)));
}

/// JSON with something around it.
fn surrounded(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    let start = body.iter().position(|byte| b"{[".contains(byte));
    let end = body.iter().rposition(|byte| b"}]".contains(byte));
    let inside = start.zip(end).and_then(|(start, end)| body.get(start..=end));
    // What nobody sees around it has causes of its own.
    let visible = |bytes: &[u8]| bytes.iter().filter(|byte| byte.is_ascii_graphic()).count();
    let is_less = |inside: &&[u8]| visible(inside) < visible(body);
    if let Some(inside) = inside.filter(is_less).filter(|inside| is_json(inside)) {
        sink.add(Cause::BodyInside, inside);
    }
}

/// What a program printed of a value, or a shell of JSON.
fn printed(sink: &mut Sink<'_>, _: &WireRequest, body: &[u8]) {
    if !matches!(body.trim_ascii_start(), [b'{' | b'[', ..]) || is_json(body) {
        return;
    }
    if body.len() > PRINTED {
        sink.is_cut_short = true;
        return;
    }
    if let Some(json) = json_of_printed(body) {
        sink.add(Cause::BodyPrinted, json);
    }
    let mut escaped = Vec::with_capacity(body.len());
    let (mut is_text, mut is_escape) = (false, false);
    for byte in body {
        match byte {
            b'\n' if is_text => escaped.extend(b"\\n"),
            b'\r' if is_text => escaped.extend(b"\\r"),
            b'\t' if is_text => escaped.extend(b"\\t"),
            _ => escaped.push(*byte),
        }
        is_text ^= *byte == b'"' && !is_escape;
        is_escape = *byte == b'\\' && !is_escape;
    }
    if is_json(&escaped) {
        sink.add(Cause::BodyEscapesUndone, escaped);
    }
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Not the body, but something that stands for it, or a form that it was taken out of.
pub(super) fn instead(body: &[u8]) -> Vec<(Cause, Vec<u8>)> {
    use sha2::{Digest, Sha256};

    let digest = Sha256::digest(body);
    let mut found = vec![
        (Cause::SignedConstant, b"".to_vec()),
        (Cause::SignedConstant, b"{}".to_vec()),
        (Cause::SignedDigest, base16ct::lower::encode_string(&digest).into()),
        (Cause::SignedDigest, digest.to_vec()),
        (Cause::SignedDigest, Base64::encode_string(&digest).into()),
        (Cause::SignedBase64, Base64::encode_string(body).into()),
    ];
    if body.len() > IN_FORM {
        return found;
    }
    let encoded = crate::capture::percent_encoded(body);
    let plus = String::from_utf8_lossy(&encoded).replace("%20", "+").into_bytes();
    for name in ["payload=", "data=", "body=", "json="] {
        for value in [&encoded, &plus] {
            found.push((Cause::BodyFormLost, [name.as_bytes(), value].concat()));
        }
    }
    found
}
