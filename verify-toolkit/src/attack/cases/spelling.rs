//! How 32 bytes are written as text. A second spelling of one signature makes a second delivery of
//! the first for whoever remembers texts, and a lax decoder is a way in.

use verify_core::Encoding::{Base64, Base64Unpadded, Hex};

use super::{
    Expected::{Accepted, Refused},
    Row, row,
};
use crate::attack::{
    Attempt, Target,
    draft::{Draft, spell_in},
};

fn takes(target: &Target, encoding: verify_core::Encoding) -> bool {
    target.sender.encodings().contains(&encoding)
}

/// The right bytes in this encoding, changed as text.
fn in_encoding(
    target: &Target,
    encoding: verify_core::Encoding,
    change: impl Fn(String) -> String,
) -> Option<Attempt> {
    let text = change(spell_in(encoding, &target.draft().tag()));
    respelt(target, &target.draft(), &text)
}

/// In base64 as the sender writes it, from a delivery in whose signature the change shows.
fn in_base64(target: &Target, change: impl Fn(String) -> String) -> Option<Attempt> {
    if !takes(target, Base64) {
        return None;
    }
    let differs = |tag: &[u8; 32]| change(spell_in(Base64, tag)) != spell_in(Base64, tag);
    let draft = target.draft().until(|tag, _| differs(tag))?;
    respelt(target, &draft, &change(spell_in(Base64, &draft.tag())))
}

/// In hex, if the sender may write it.
fn in_hex(target: &Target, change: impl Fn(String) -> String) -> Option<Attempt> {
    takes(target, Hex).then(|| in_encoding(target, Hex, change))?
}

fn respelt(target: &Target, draft: &Draft<'_>, text: &str) -> Option<Attempt> {
    Some(draft.attempt_with(format!("{}{text}", target.sender.prefix())))
}

fn prefix(target: &Target) -> Option<&'static str> {
    Some(target.sender.prefix()).filter(|prefix| !prefix.is_empty())
}

/// The right text with another prefix.
fn prefixed(target: &Target, with: &str) -> Option<Attempt> {
    let signature = target.signature();
    let bare = signature.strip_prefix(target.sender.prefix())?;
    Some(target.genuine().with(target.header(), format!("{with}{bare}")))
}

pub(super) const ROWS: &[Row] = &[
    row("spelling/hex", "hex, from a sender that may write it", Accepted, |t| in_hex(t, |hex| hex)),
    row("spelling/base64", "base64, from a sender that may write it", Accepted, |t| {
        takes(t, Base64).then(|| in_encoding(t, Base64, |text| text))?
    }),
    row("spelling/hex-for-base64", "hex from a sender that writes base64", Refused, |t| {
        (!takes(t, Hex)).then(|| in_encoding(t, Hex, |hex| hex))?
    }),
    row("spelling/base64-for-hex", "base64 from a sender that writes hex", Refused, |t| {
        (!takes(t, Base64)).then(|| in_encoding(t, Base64, |text| text))?
    }),
    row("spelling/base64-of-hex", "the hex digits once more in base64", Refused, |t| {
        in_encoding(t, Hex, |hex| spell_in(Base64, hex.as_bytes()))
    }),
    row("spelling/hex-prefix", "`0x` in front of the digits", Refused, |t| {
        in_hex(t, |hex| "0x".to_owned() + &hex)
    }),
    row("spelling/hex-sign", "a plus in place of a leading zero digit", Refused, |t| {
        let draft = takes(t, Hex).then(|| t.draft().until(|tag, _| tag[0] < 16))??;
        let hex = spell_in(Hex, &draft.tag()).replacen('0', "+", 1);
        respelt(t, &draft, &hex)
    }),
    row("spelling/hex-spaced", "a space between the digits", Refused, |t| {
        in_hex(t, |hex| hex.split_at(2).0.to_owned() + " " + hex.split_at(2).1)
    }),
    row("spelling/base64-url-safe", "the other alphabet of base64", Refused, |t| {
        in_base64(t, |text| text.replace('+', "-").replace('/', "_"))
    }),
    row("spelling/base64-unpadded", "base64 without its padding", Refused, |t| {
        (!takes(t, Base64Unpadded)).then(|| in_base64(t, |text| text.replace('=', "")))?
    }),
    row(
        "spelling/base64-trailing-bits",
        "the same bytes under another last character",
        Refused,
        |t| {
            // 32 bytes leave two bits of the 43rd character unused.
            in_base64(t, |text| match text.as_bytes() {
                [start @ .., last, b'='] => {
                    let start = String::from_utf8_lossy(start).into_owned();
                    format!("{start}{}=", char::from(last.saturating_add(1)))
                }
                _ => text,
            })
        },
    ),
    row("spelling/base64-junk", "a character that is none of base64", Refused, |t| {
        in_base64(t, |text| text.split_at(4).0.to_owned() + "!" + text.split_at(4).1)
    }),
    row("spelling/base64-spaced", "a space within the base64", Refused, |t| {
        in_base64(t, |text| text.split_at(4).0.to_owned() + " " + text.split_at(4).1)
    }),
    row("spelling/base64-lower-case", "the base64 in lower case", Refused, |t| {
        in_base64(t, |text| text.to_ascii_lowercase())
    }),
    row("spelling/quoted", "the signature in quotes", Refused, |t| {
        Some(t.genuine().with(t.header(), format!("\"{}\"", t.signature())))
    }),
    row("spelling/beyond-ascii", "a byte that is not ASCII behind it", Refused, |t| {
        Some(t.genuine().with(t.header(), [t.signature().as_bytes(), b"\xe9"].concat()))
    }),
    row("spelling/not-utf-8", "bytes that are no text at all", Refused, |t| {
        Some(t.genuine().with(t.header(), vec![0xff; t.signature().len()]))
    }),
    row("spelling/prefix-missing", "no prefix", Refused, |t| prefixed(t, prefix(t).map(|_| "")?)),
    row("spelling/prefix-other", "another prefix", Refused, |t| {
        prefixed(t, prefix(t).map(|_| "lol=")?)
    }),
    row("spelling/prefix-doubled", "the prefix twice", Refused, |t| {
        prefixed(t, &prefix(t)?.repeat(2))
    }),
    row("spelling/prefix-in-upper-case", "the prefix in upper case", Refused, |t| {
        let upper = prefix(t)?.to_ascii_uppercase();
        (upper != prefix(t)?).then(|| prefixed(t, &upper))?
    }),
    row("spelling/prefix-alone", "a prefix and nothing behind it", Refused, |t| {
        Some(t.genuine().with(t.header(), prefix(t)?))
    }),
    row("spelling/prefix-of-github", "`sha256=`, where no prefix belongs", Refused, |t| {
        prefix(t).is_none().then(|| prefixed(t, "sha256="))?
    }),
    row("spelling/prefix-of-mlflow", "`v1,`, where no prefix belongs", Refused, |t| {
        prefix(t).is_none().then(|| prefixed(t, "v1,"))?
    }),
];
