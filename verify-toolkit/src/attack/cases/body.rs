//! The body: that what was signed is what arrives, that nothing reads it before it is verified, and
//! that it is taken as it is.

use std::{io::Write as _, sync::LazyLock};

use base64ct::{Base64, Encoding as _};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;

use super::{
    Expected::{Accepted, Authentic, Refused},
    Row, row,
};
use crate::attack::{Attempt, Target};

/// Signs one body and sends another.
fn swapped(
    target: &Target,
    signed: impl Into<Vec<u8>>,
    sent: impl Into<Vec<u8>>,
) -> Option<Attempt> {
    let (signed, sent) = (signed.into(), sent.into());
    (signed != sent).then(|| target.draft().of(signed).attempt().sending(sent))
}

/// A genuine delivery of another body.
fn genuine(target: &Target, body: impl Into<Vec<u8>>) -> Option<Attempt> {
    Some(target.draft().of(body).attempt())
}

/// A forged delivery whose body is a trap for whoever reads it first.
fn trap(target: &Target, body: impl Into<Vec<u8>>) -> Option<Attempt> {
    Some(target.draft().keyed("not this one").of(body).attempt())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn deep() -> String {
    "[".repeat(100_000) + &"]".repeat(100_000)
}

/// The JSON with other white space between its parts.
pub(crate) fn respaced(body: &[u8], between: &[u8]) -> Vec<u8> {
    let mut respaced = Vec::new();
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in body {
        if is_text || !byte.is_ascii_whitespace() {
            respaced.push(*byte);
        }
        match byte {
            b'"' if !is_escaped => is_text = !is_text,
            b',' | b':' if !is_text => respaced.extend_from_slice(between),
            _ => {}
        }
        is_escaped = is_text && *byte == b'\\' && !is_escaped;
    }
    respaced
}

fn sorted(target: &Target) -> Option<Vec<u8>> {
    let value: Value = serde_json::from_slice(&target.body).ok()?;
    let mut fields: Vec<_> = value.as_object()?.iter().collect();
    fields.sort_by_key(|(name, _)| name.as_str());
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())))
        .collect();
    Some(format!("{{{}}}", fields.join(",")).into())
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) const ROWS: &[Row] = &[
    // What was signed is what arrives.
    row("body/byte-changed", "one byte of the body changed", Refused, |t| {
        let mut body = t.body.clone();
        *body.last_mut()? ^= 1;
        Some(t.forged(body))
    }),
    row("body/replaced", "another body under a genuine signature", Refused, |t| {
        Some(t.forged(r#"{"approved": true}"#))
    }),
    row("body/emptied", "no body under a genuine signature", Refused, |t| Some(t.forged(""))),
    row("body/cut-short", "all of the body but its last byte", Refused, |t| {
        Some(t.forged(t.body.split_last()?.1))
    }),
    row("body/doubled", "the body twice", Refused, |t| Some(t.forged(t.body.repeat(2)))),
    row("body/newline-behind", "a newline behind the body", Refused, |t| {
        Some(t.forged(joined(&[&t.body, b"\n"])))
    }),
    row("body/newline-lost", "the newline lost that was signed", Refused, |t| {
        swapped(t, joined(&[&t.body, b"\n"]), t.body.clone())
    }),
    row("body/space-before", "a space in front of the body", Refused, |t| {
        Some(t.forged(joined(&[b" ", &t.body])))
    }),
    row("body/nul-behind", "a NUL byte behind the body", Refused, |t| {
        Some(t.forged(joined(&[&t.body, b"\0"])))
    }),
    row("body/bom-before", "a byte order mark in front of the body", Refused, |t| {
        Some(t.forged(joined(&[b"\xef\xbb\xbf", &t.body])))
    }),
    row("body/crlf-for-lf", "line ends converted on the way", Refused, |t| {
        swapped(t, joined(&[&t.body, b"\n\n"]), joined(&[&t.body, b"\r\n\r\n"]))
    }),
    row("body/signed-compact", "signed without white space, sent with it", Refused, |t| {
        swapped(t, respaced(&t.body, b""), respaced(&t.body, b" "))
    }),
    row("body/signed-spaced", "signed with white space, sent without it", Refused, |t| {
        swapped(t, respaced(&t.body, b" "), respaced(&t.body, b""))
    }),
    row("body/signed-sorted", "signed with sorted keys, sent in another order", Refused, |t| {
        swapped(t, sorted(t)?, respaced(&t.body, b" "))
    }),
    row(
        "body/signed-escaped",
        "a letter escaped when it was signed, and not when sent",
        Refused,
        |t| swapped(t, br#"{"name": "caf\u00e9"}"#, "{\"name\": \"caf\u{e9}\"}"),
    ),
    row(
        "body/signed-replaced",
        "signed with the mark that stands for what is not UTF-8",
        Refused,
        |t| swapped(t, "{\"name\": \"\u{fffd}\"}", b"{\"name\": \"\xff\"}".as_slice()),
    ),
    row("body/signed-plain", "signed before it was compressed", Refused, |t| {
        let compressed = swapped(t, t.body.clone(), gzip(&t.body))?;
        Some(compressed.with("content-encoding", "gzip"))
    }),
    row("body/signed-decoded", "signed before a gateway wrapped it in base64", Refused, |t| {
        swapped(t, t.body.clone(), Base64::encode_string(&t.body))
    }),
    row("body/signed-utf-8", "signed as UTF-8, sent as UTF-16", Refused, |t| {
        let text = core::str::from_utf8(&t.body).ok()?;
        let sent: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let attempt = swapped(t, t.body.clone(), sent)?;
        Some(attempt.with("content-type", "application/json; charset=utf-16le"))
    }),
    // Nothing reads it first.
    row("body/trap-not-json", "a forged body that is no JSON", Refused, |t| trap(t, "{\"a\":")),
    row("body/trap-empty", "a forged delivery without a body", Refused, |t| trap(t, "")),
    row("body/trap-not-utf-8", "a forged body that is no text", Refused, |t| {
        trap(t, *b"\xff\xfe\0")
    }),
    row("body/trap-deep", "a forged body of 100,000 levels", Refused, |t| trap(t, deep())),
    row("body/trap-markup", "a forged body that would like to be shown", Refused, |t| {
        trap(t, "<script>alert(\"4f1d7a\")</script>")
    }),
    row("body/trap-gzip-bomb", "a forged body of 10 KB that unpacks to 10 MB", Refused, |t| {
        static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(&vec![b' '; 10 * 1024 * 1024]));
        Some(trap(t, BOMB.as_slice())?.with("content-encoding", "gzip"))
    }),
    row(
        "body/trap-not-gzip",
        "a forged body that is called compressed, and is not",
        Refused,
        |t| Some(trap(t, "{}")?.with("content-encoding", "gzip")),
    ),
    row("body/trap-unknown-coding", "a forged body in a coding that nobody knows", Refused, |t| {
        Some(trap(t, "{}")?.with("content-encoding", "x-unheard-of"))
    }),
    row("body/trap-multipart", "a forged form without its parts", Refused, |t| {
        Some(trap(t, "--x")?.with("content-type", "multipart/form-data; boundary=x"))
    }),
    row("body/trap-charset", "a forged body in a charset that nobody knows", Refused, |t| {
        Some(trap(t, "{}")?.with("content-type", "application/json; charset=x-unheard-of"))
    }),
    // It is taken as it is.
    row("body/without-type", "a genuine delivery without a content type", Authentic, |t| {
        Some(t.genuine().without("content-type"))
    }),
    row("body/other-type", "a genuine delivery called text", Authentic, |t| {
        Some(t.genuine().with("content-type", "text/plain"))
    }),
    row("body/form-type", "a genuine delivery called a form", Authentic, |t| {
        Some(t.genuine().with("content-type", "application/x-www-form-urlencoded"))
    }),
    row("body/white-space-behind", "JSON with white space behind it, signed so", Accepted, |t| {
        genuine(t, joined(&[&t.body, b" \r\n\n"]))
    }),
    row("body/spaced", "JSON as Python writes it", Accepted, |t| {
        genuine(t, respaced(&t.body, b" "))
    }),
    row("body/compact", "JSON without white space", Accepted, |t| {
        genuine(t, respaced(&t.body, b""))
    }),
    row("body/empty", "an empty body, signed so", Authentic, |t| genuine(t, "")),
    row("body/empty-object", "`{}`, signed so", Authentic, |t| genuine(t, "{}")),
    row("body/not-json", "a body that is no JSON, signed so", Authentic, |t| genuine(t, "{\"a\":")),
    row("body/not-utf-8", "bytes that are not UTF-8, signed so", Authentic, |t| {
        genuine(t, *b"{\"name\": \"\xff\xfe\"}")
    }),
    row("body/nul", "NUL bytes, signed so", Authentic, |t| genuine(t, [0; 64])),
    row("body/bom", "a byte order mark, signed so", Authentic, |t| {
        genuine(t, joined(&[b"\xef\xbb\xbf", &t.body]))
    }),
    row("body/deep", "100,000 levels, signed so", Authentic, |t| genuine(t, deep())),
    row("body/repeated-keys", "an object with a key twice, signed so", Authentic, |t| {
        genuine(t, r#"{"event": "A", "event": "B", "data": {}, "data": {}}"#)
    }),
    row("body/large-numbers", "numbers that no type holds, signed so", Authentic, |t| {
        genuine(t, format!(r#"{{"event_timestamp": {}, "data": 1e999}}"#, "9".repeat(400)))
    }),
    row("body/lone-surrogate", "half of a surrogate pair, signed so", Authentic, |t| {
        genuine(t, br#"{"event": "\ud800", "text": "\udfff"}"#)
    }),
    row("body/gzip", "a compressed body, signed as it is sent", Authentic, |t| {
        Some(genuine(t, gzip(&t.body))?.with("content-encoding", "gzip"))
    }),
    row(
        "body/called-gzip",
        "a body that is called compressed, and is not, signed so",
        Authentic,
        |t| Some(t.genuine().with("content-encoding", "gzip")),
    ),
];
