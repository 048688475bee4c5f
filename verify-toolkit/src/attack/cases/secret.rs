//! Signatures made with what is almost the secret, or with what a receiver may have instead.

use base64ct::{Base64, Encoding as _};
use sha2::{Digest, Sha256};

use super::{Expected::Refused, Row, row};
use crate::attack::{Attempt, Target};

/// Signs with this, if it is another key.
fn keyed(target: &Target, key: impl Into<Vec<u8>>) -> Option<Attempt> {
    let draft = target.draft().keyed(key);
    // Not the keys: HMAC hashes long ones, and fills short ones up with zeros.
    (draft.tag() != target.draft().tag()).then(|| draft.attempt())
}

fn text(target: &Target) -> Option<&str> {
    core::str::from_utf8(&target.secret).ok()
}

/// What stands behind `whsec_`.
fn unprefixed(target: &Target) -> Option<&str> {
    text(target)?.strip_prefix("whsec_")
}

/// The bytes, if some text is base64 as it stands or without what surrounds it.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = text.split_whitespace().next()?;
    Base64::decode_vec(text).ok().filter(|bytes| !bytes.is_empty())
}

pub(super) const ROWS: &[Row] = &[
    row("secret/another", "a signature made with another secret", Refused, |t| {
        keyed(t, [b"not ", &t.secret[..]].concat())
    }),
    row("secret/empty", "a signature made with the empty secret", Refused, |t| keyed(t, "")),
    row("secret/newline-behind", "the secret as a file has it, with a newline", Refused, |t| {
        keyed(t, [&t.secret[..], b"\n"].concat())
    }),
    row("secret/trimmed", "the secret without the white space around it", Refused, |t| {
        keyed(t, t.secret.trim_ascii())
    }),
    row("secret/cut-short", "the secret without its last byte", Refused, |t| {
        keyed(t, t.secret.split_last()?.1)
    }),
    row("secret/lower-case", "the secret in lower case", Refused, |t| {
        keyed(t, t.secret.to_ascii_lowercase())
    }),
    row("secret/unprefixed", "the secret without `whsec_`", Refused, |t| keyed(t, unprefixed(t)?)),
    row("secret/unprefixed-decoded", "the bytes of the base64 behind `whsec_`", Refused, |t| {
        keyed(t, decoded(unprefixed(t)?)?)
    }),
    row("secret/decoded", "the secret, taken for base64", Refused, |t| {
        keyed(t, decoded(text(t)?)?)
    }),
    row("secret/not-decoded", "the text of a secret that is base64", Refused, |t| {
        keyed(t, &t.secret[..])
    }),
    row("secret/ascii-only", "the secret without what is beyond ASCII", Refused, |t| {
        keyed(t, t.secret.iter().copied().filter(u8::is_ascii).collect::<Vec<_>>())
    }),
    row("secret/hashed", "the SHA-256 digest of the secret", Refused, |t| {
        keyed(t, Sha256::digest(&t.secret).to_vec())
    }),
    row("secret/bearer", "a signature made with the bearer token", Refused, |t| {
        keyed(t, t.bearer.clone()?)
    }),
    row("secret/undefined", "what an unset variable is called in JavaScript", Refused, |t| {
        keyed(t, "undefined")
    }),
    row("secret/none", "what an unset variable is called in Python", Refused, |t| keyed(t, "None")),
    row("secret/null", "what an unset value is called in JSON", Refused, |t| keyed(t, "null")),
];
