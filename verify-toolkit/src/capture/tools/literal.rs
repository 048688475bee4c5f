//! Bytes in quotes: `send: b'..'` of Python's `http.client`, `<- ".."` of Ruby's `Net::HTTP`, `%q` of
//! Go, `read(7, ".."` of `strace`, a field of a log.

use super::{bare, lines};
use crate::capture::{
    curl::unescape,
    http::{begins_request, find},
};
use crate::request::request_in;

/// Reads the text in quotes that begins with a request line, and what has the same mark in front.
pub(super) fn read(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut sent = Vec::new();
    let mut mark: Option<&[u8]> = None;
    for line in lines(text) {
        let line = bare(line);
        let start = match mark {
            Some(mark) => find(line, mark).map(|at| at + mark.len()),
            None => quoted_request(line),
        };
        let Some(start) = start else { continue };
        // Python quotes with whichever quote is not in the text.
        let quote = line.get(start..)?.iter().position(|byte| b"'\"".contains(byte));
        let Some(quote) = quote.filter(|quote| *quote <= 1).map(|quote| start + quote) else {
            continue;
        };
        let Some((bytes, _)) = unescape(line.get(quote + 1..)?, *line.get(quote)?) else {
            continue;
        };
        let mark = *mark.get_or_insert_with(|| mark_of(line.get(..start).unwrap_or_default()));
        sent.extend_from_slice(&if mark == b"<- " { without_hashes(&bytes) } else { bytes });
        // Without a mark nothing says what belongs to it.
        if mark.is_empty() {
            break;
        }
    }
    if sent.is_empty() {
        sent = lines(text).find_map(|line| unquoted(bare(line))).unwrap_or_default();
    }
    let is_request = begins_request(&sent);
    is_request.then(|| vec![sent])
}

/// Reads a request in one line with escapes for line ends, and without quotes around.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let version = find(line, b" HTTP/1.1\\")? + b" HTTP/1.1".len();
    let start = request_in(line.get(..version)?)?;
    let text = [line.get(start..)?, b"\n"].concat();
    Some(unescape(&text, b'\n')?.0)
}

/// Where a text in quotes begins, with the letter in front, that begins with a request line.
fn quoted_request(line: &[u8]) -> Option<usize> {
    // `strace -xx` escapes all.
    let is_request = |at: &usize| {
        let plain = line.get(at + 1..).and_then(|text| unescape(text, b'"'));
        plain.is_some_and(|(plain, _)| begins_request(&plain))
    };
    if let Some(quote) = find(line, b"\"\\x").filter(is_request) {
        return Some(quote);
    }
    let version = [&b" HTTP/1.1\\"[..], b" HTTP/1.0\\"]
        .into_iter()
        .find_map(|version| find(line, version))?;
    let quote = line.get(..version)?.iter().rposition(|byte| b"'\"".contains(byte))?;
    let letter = quote.checked_sub(1).filter(|at| line.get(*at) == Some(&b'b'));
    Some(letter.unwrap_or(quote))
}

/// What tells those who speak apart.
fn mark_of(front: &[u8]) -> &[u8] {
    let marks: [&[u8]; 3] = [b"send: ", b"<- ", b">> "];
    let known = marks.into_iter().find(|mark| front.ends_with(mark));
    known.or_else(|| call_of(front)).unwrap_or_default()
}

/// `read(7, ` of `strace`, behind whatever says which process it was.
fn call_of(front: &[u8]) -> Option<&[u8]> {
    let open = front.strip_suffix(b", ")?.iter().rposition(|byte| *byte == b'(')?;
    let name = front.get(..open)?.iter().rev().take_while(|byte| byte.is_ascii_lowercase()).count();
    (name > 0).then(|| front.get(open - name..)).flatten()
}

/// Ruby escapes `#` before what it would put something else in place of.
fn without_hashes(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        let is_escape =
            *byte == b'\\' && matches!(text.get(at + 1..at + 3), Some([b'#', b'{' | b'$' | b'@']));
        if !is_escape {
            plain.push(*byte);
        }
    }
    plain
}
