//! Makes plain text of what editors, terminals and shells make of it.

use std::borrow::Cow;

use super::{Note, forms};

/// The text without byte order mark, in UTF-8 where it was UTF-16, with line ends that have a line
/// feed, and without colours. What is no text stays as it is.
pub(super) fn plain(bytes: &[u8]) -> (Cow<'_, [u8]>, Vec<Note>) {
    let mut notes = Vec::new();
    let mut text = match utf_16(bytes) {
        Some(text) => {
            notes.push(Note::Utf16);
            Cow::Owned(text)
        }
        None => Cow::Borrowed(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    if text.contains(&b'\r') && !text.contains(&b'\n') {
        let lines = text.iter().map(|byte| if *byte == b'\r' { b'\n' } else { *byte });
        text = Cow::Owned(lines.collect());
        notes.push(Note::CarriageReturns);
    }
    // Escapes further down may be of a body that is packed.
    let start = text.get(..1024).unwrap_or(&text);
    if start.windows(2).any(|bytes| bytes == b"\x1b[") && core::str::from_utf8(&text).is_ok() {
        text = Cow::Owned(without_colours(&text));
        notes.push(Note::Colours);
    }
    if let Some(plain) = forms::mail(&text) {
        text = Cow::Owned(plain);
        notes.push(Note::QuotedPrintable);
    }
    (text, notes)
}

/// Reads UTF-16, as PowerShell writes it with and other tools without a byte order mark.
fn utf_16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (content, is_big) = match bytes {
        [0xff, 0xfe, content @ ..] => (content, false),
        [0xfe, 0xff, content @ ..] => (content, true),
        _ => (bytes, zero_half(bytes)?),
    };
    let unit = |pair: &[u8]| match *pair {
        [high, low] if is_big => u16::from_be_bytes([high, low]),
        [low, high] => u16::from_le_bytes([low, high]),
        _ => u16::from(b' '),
    };
    let text = char::decode_utf16(content.chunks(2).map(unit));
    let text: String = text.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(text.into_bytes())
}

/// Which half of the first characters is zero: the first one in big-endian text.
fn zero_half(bytes: &[u8]) -> Option<bool> {
    let start = bytes.get(..32)?;
    let zeros = |first: usize| start.iter().skip(first).step_by(2).all(|byte| *byte == 0);
    let has_letters = |first: usize| start.iter().skip(first).step_by(2).all(|byte| *byte != 0);
    match (zeros(0) && has_letters(1), zeros(1) && has_letters(0)) {
        (false, false) => None,
        (is_big, _) => Some(is_big),
    }
}

/// Takes out the escape sequences of ECMA-48 that begin with `ESC [`.
pub(crate) fn without_colours(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        rest = match tail.strip_prefix(b"[") {
            Some(sequence) if *byte == 0x1b => {
                let end = sequence.iter().position(|byte| (0x40..=0x7e).contains(byte));
                end.and_then(|end| sequence.get(end + 1..)).unwrap_or_default()
            }
            _ => {
                plain.push(*byte);
                tail
            }
        };
    }
    plain
}
