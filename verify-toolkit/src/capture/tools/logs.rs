//! Logs of servers and libraries, most of which have no body.

use super::{MOST_LINES, lines};
use crate::capture::http::{begins_request, find};

/// `--a1b2c3d4-B--`, and the part of the request with this letter: `B` is its head, `C` its body.
pub(super) fn modsecurity(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut requests: Vec<Vec<u8>> = Vec::new();
    let mut part = None;
    for line in lines(text) {
        if let Some(letter) = modsecurity_part(line) {
            part = Some(letter);
            if letter == b'B' {
                requests.push(Vec::new());
            }
        } else if let Some(request) =
            requests.last_mut().filter(|_| matches!(part, Some(b'B' | b'C')))
        {
            request.extend_from_slice(line);
        }
    }
    for request in &mut requests {
        // The line end before the next part.
        request.pop_if(|last| *last == b'\n');
    }
    requests.retain(|request| begins_request(request));
    (!requests.is_empty()).then_some(requests)
}

fn modsecurity_part(line: &[u8]) -> Option<u8> {
    let own = line.trim_ascii_end().strip_prefix(b"--")?.strip_suffix(b"--")?;
    let (id, letter) = own.split_at_checked(own.len().checked_sub(2)?)?;
    let is_part = !id.is_empty() && id.iter().all(u8::is_ascii_alphanumeric);
    match letter {
        [b'-', letter @ b'A'..=b'Z'] if is_part => Some(*letter),
        _ => None,
    }
}

/// `http-outgoing-0 >> "POST /hook HTTP/1.1[\r][\n]"`.
pub(super) fn apache_client(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    const MARK: &[u8] = b" >> \"";
    let mut sent = Vec::new();
    for line in lines(text) {
        let Some(start) = find(line, MARK) else { continue };
        let own = line.get(start + MARK.len()..)?.trim_ascii_end();
        let mut rest = own.strip_suffix(b"\"").unwrap_or(own);
        while let Some((byte, tail)) = rest.split_first() {
            let ends = [(&b"[\\r]"[..], b'\r'), (b"[\\n]", b'\n')];
            let end =
                ends.into_iter().find_map(|(form, byte)| Some((byte, rest.strip_prefix(form)?)));
            let (own, after) = end.unwrap_or((*byte, tail));
            sent.push(own);
            rest = after;
        }
    }
    begins_request(&sent).then(|| vec![sent])
}

/// A request line in quotes, and a status behind or in front.
pub(super) fn access(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let is_line = |line: &[u8]| {
        let version = [&b" HTTP/1.1\""[..], b" HTTP/1.0\"", b" HTTP/2.0\"", b" HTTP/2\""];
        let end =
            version.into_iter().find_map(|version| Some(find(line, version)? + version.len()));
        let Some((front, rest)) = end.and_then(|end| line.split_at_checked(end)) else {
            return false;
        };
        let is_status = |word: &[u8]| word.len() == 3 && word.iter().all(u8::is_ascii_digit);
        let words = |text: &'_ [u8]| text.split(|byte| *byte == b' ').any(is_status);
        line.iter().filter(|byte| **byte == b'"').count() >= 2
            && !line.starts_with(b"{")
            && (words(rest) || words(front))
    };
    lines(text).take(MOST_LINES).any(is_line).then(Vec::new)
}

pub(super) fn xml(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = text.trim_ascii_start();
    let begins = |start: &&[u8]| text.starts_with(start);
    let starts: [&[u8]; 5] =
        [b"<?xml", b"<charles-session", b"<con:", b"<HTTPSampler", b"<httpSample"];
    starts.iter().any(begins).then(Vec::new)
}
