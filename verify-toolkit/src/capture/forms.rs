//! Bodies, and whole texts, that stand in the input in another form: a dump, base32, quoted-printable.

use serde::de::IgnoredAny;

use super::{codes, curl::hex_pair, http::find, tools};
use crate::WireRequest;

/// A form, as people call it, and how it is undone.
type Form = (&'static str, fn(&[u8]) -> Option<Vec<u8>>);

/// Only what nothing on the way to a receiver does: base64, for one, may be what the receiver got.
static FORMS: [Form; 5] = [
    ("a dump", |body| tools::dumped(body, false)),
    ("a dump", |body| tools::dumped(body, true)),
    ("base32", codes::base32),
    ("uuencoded text", codes::uuencoded),
    ("quoted-printable", |body| Some(unquoted_printable(body))),
];

/// Undoes the form of a body, where the bytes are then as many as `Content-Length` says, or else JSON.
/// Returns the form.
pub(super) fn undo(request: &mut WireRequest) -> Option<&'static str> {
    let length = request.header("content-length").next();
    let announced =
        length.and_then(|length| core::str::from_utf8(length).ok()?.parse::<usize>().ok());
    let body = &request.body;
    let is_json = |body: &[u8]| serde_json::from_slice::<IgnoredAny>(body).is_ok();
    let fits = |plain: &[u8]| {
        announced.map_or_else(|| is_json(plain), |length: usize| length == plain.len())
    };
    if announced == Some(body.len()) || body.starts_with(b"{") && is_json(body) {
        return None;
    }
    let undone = FORMS.iter().filter_map(|(name, undo)| Some((undo(body)?, *name)));
    let undone = undone.filter(|(plain, _)| plain.len() < body.len() && fits(plain));
    let undone: Vec<_> = undone.collect();
    // The length fits as well where the bytes of words stand in the wrong order.
    let best = undone.iter().position(|(plain, _)| is_json(plain)).unwrap_or(0);
    let (plain, name) = undone.into_iter().nth(best)?;
    request.body = plain;
    Some(name)
}

/// Undoes quoted-printable in a text, such as a mail: behind the head that says so, or in all of it if a
/// header ends in an escaped `=`, as a signature does.
pub(super) fn mail(text: &[u8]) -> Option<Vec<u8>> {
    const SAID: &[u8] = b"content-transfer-encoding: quoted-printable";
    let near = text.get(..LONGEST_HEAD).unwrap_or(text);
    let start = match find(&near.to_ascii_lowercase(), SAID) {
        Some(said) => [&b"\n\n"[..], b"\n\r\n"]
            .into_iter()
            .filter_map(|end| Some(said + find(text.get(said..)?, end)? + end.len()))
            .min()?,
        None => {
            let head = near.get(..find(near, b"\n\n").or(find(near, b"\n\r\n"))?)?;
            let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
            lines.find(|line| line.ends_with(b"=3D"))?;
            0
        }
    };
    let (head, rest) = text.split_at_checked(start)?;
    Some([head, &unquoted_printable(rest)].concat())
}

/// Where a head is looked for.
const LONGEST_HEAD: usize = 16 * 1024;

/// Undoes quoted-printable. What is none stays as it is.
fn unquoted_printable(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let is_escape = *byte == b'=';
        let end = tail.strip_prefix(b"\n").or(tail.strip_prefix(b"\r\n"));
        rest = match (end.filter(|_| is_escape), hex_pair(tail).filter(|_| is_escape)) {
            (Some(next_line), _) => next_line,
            (None, Some(code)) => {
                plain.push(code);
                tail.get(2..).unwrap_or_default()
            }
            (None, None) => {
                plain.push(*byte);
                tail
            }
        };
    }
    plain
}
