//! Texts with values in them: logs, and what a program printed of headers and body.

use core::ops::Range;

use serde::de::IgnoredAny;

use super::{
    body::{self, Lack},
    headers::{self, Headers},
    literal::{self, Problem},
    requests::{Found, Place, find, has_signature},
    shape::DUMP,
    table,
    tree::Tree,
};
use crate::{
    WireRequest,
    capture::{http, signed_by},
};

/// How often a text may hold another document.
pub(super) const TEXTS: usize = 3;

/// Most lines between headers and body that say that a body follows.
const LABELS: usize = 5;

/// What such lines say, if they do not end in a colon.
const SAYING: [&str; 8] =
    ["body", "content", "data", "payload", "raw body", "request body", "request payload", "raw"];

/// Bytes that are read in vain, of what looks like a value and is none: so many, and for each byte of
/// the text.
const VAIN: (usize, usize) = (1024 * 1024, 1);

/// Most places in such a line at which a value may begin.
const STARTS: usize = 8;

/// Longest line that may say that a body follows.
const LONGEST_LABEL: usize = 4096;

/// A value in a text.
struct Piece<'t> {
    at: Range<usize>,
    tree: Tree<'t>,
}

/// Finds the requests in a text that holds values, or is the text of a request.
pub(super) fn requests(text: &str, texts: usize) -> Vec<Found> {
    let whole = http::requests(text.as_bytes()).into_iter().flatten();
    let whole = whole.map(|(request, notes)| Found {
        shape: &DUMP,
        lack: None,
        received_at: None,
        request,
        notes,
    });
    let mut found: Vec<_> = whole.filter(Found::is_signed).collect();
    if !found.is_empty() {
        return found;
    }
    let mut rest = text;
    while let Some((headers, front, behind)) = header_lines(rest) {
        let (request, end) = printed(headers, behind, Some(front));
        found.push(request);
        rest = &behind[end..];
    }
    if found.is_empty() { in_pieces(text, &pieces(text).0, texts) } else { found }
}

/// Finds the requests in a document, which is one value, several, or a text with some in it.
pub(super) fn in_document(text: &str) -> (Vec<Found>, Option<(usize, Problem)>) {
    if text.starts_with('{') || text.starts_with('[') {
        let (pieces, failure) = pieces(text);
        return (in_pieces(text, &pieces, TEXTS), failure);
    }
    (requests(text, TEXTS), None)
}

/// Finds the requests in a text that has each line or field of them in a record of its own.
pub(super) fn in_records(text: &str) -> Vec<Found> {
    if let Some(rows) = table::csv(text) {
        let mut found = Vec::new();
        find(&rows, Place::Root, &|text| requests(text, TEXTS), &mut found);
        return found;
    }
    let (pieces, _) = pieces(text);
    let lines = table::joined(pieces.iter().map(|piece| &piece.tree));
    lines.map_or_else(Vec::new, |lines| requests(&lines, TEXTS))
}

fn in_pieces(text: &str, pieces: &[Piece<'_>], texts: usize) -> Vec<Found> {
    let inside =
        |text: &str| texts.checked_sub(1).map_or_else(Vec::new, |texts| requests(text, texts));
    let mut found = Vec::new();
    // Where the body ends that stood behind the last headers.
    let mut end = 0;
    // Other values in front of or behind headers may be the body that was not beside them.
    for (number, piece) in pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| matches!(piece.tree, Tree::Object(_) | Tree::List(_)))
    {
        if piece.at.start < end {
            continue;
        }
        let before = found.len();
        find(&piece.tree, Place::Root, &inside, &mut found);
        let headers = match &found[before..] {
            [] if !piece.tree.items().is_empty() => headers::read(&piece.tree),
            [bare] if bare.is_bare() => bare.request.headers.clone(),
            [loose]
                if loose.is_loose()
                    && begins_body(&text[piece.at.clone()], &text[piece.at.end..]) =>
            {
                loose.request.headers.clone()
            }
            _ => continue,
        };
        if signed_by(headers.iter().map(|(name, _)| name.as_str())).is_some() {
            found.truncate(before);
            let front = number.checked_sub(1).and_then(|front| pieces.get(front));
            let front =
                front.filter(|front| front.at.start >= end).map(|front| &text[front.at.clone()]);
            let (request, length) = printed(headers, &text[piece.at.end..], front);
            found.push(request);
            end = piece.at.end + length;
        }
    }
    found
}

/// Makes a request of headers and of what was printed behind them, or else in front.
fn printed(headers: Headers, behind: &str, front: Option<&str>) -> (Found, usize) {
    let (mut body, end) = printed_body(behind);
    if body == Err(Lack::Missing)
        && let Some(front) = front
    {
        body = printed_body(front).0;
    }
    let method = "POST".to_owned();
    let lack = body.as_ref().err().map(|lack| ("body".to_owned(), *lack));
    let request =
        WireRequest { method, path: "/".to_owned(), headers, body: body.unwrap_or_default() };
    (Found { shape: &DUMP, lack, received_at: None, request, notes: Vec::new() }, end)
}

/// Reads the body that a text begins with, behind words such as `body:`, and returns where it ends.
fn printed_body(text: &str) -> (Result<Vec<u8>, Lack>, usize) {
    let mut start = 0;
    for _ in 0..=LABELS {
        let rest = &text[start..];
        start += rest.len()
            - rest.trim_start_matches(|c: char| c.is_whitespace() || ",;)]}>".contains(c)).len();
        let rest = &text[start..];
        let mut letters = rest.char_indices().enumerate();
        let end = letters.find(|(number, (_, c))| *c == '\n' || *number == LONGEST_LABEL);
        let line = &rest[..end.map_or(rest.len(), |(_, (end, _))| end)];
        if line.is_empty() {
            return (Err(Lack::Missing), text.len());
        }
        let is_label = is_label(line);
        let mut seen = if is_label { line.len() } else { 0 };
        for _ in 0..STARTS {
            let Some(at) = begins(&line[seen..]).map(|at| start + seen + at) else { break };
            let Ok((tree, end)) = literal::read(text, at, &mut 0) else {
                seen = at + 1 - start;
                continue;
            };
            let is_json = serde_json::from_str::<IgnoredAny>(&text[at..end]).is_ok();
            let body = match tree {
                Tree::Object(_) | Tree::List(_) if is_json => Ok(text[at..end].into()),
                tree => body::decode(&tree, false),
            };
            // A log has times and levels in brackets in front.
            let is_in_front = line.get(end - start..).is_some_and(|rest| !rest.trim().is_empty());
            if !(is_in_front && text[at..].starts_with('[')) {
                return (body, end);
            }
            seen = end - start;
        }
        if !(is_label || line.trim_end().ends_with(':')) {
            break;
        }
        start += line.len();
    }
    let body = text[start..].strip_suffix('\n').unwrap_or(&text[start..]);
    (Ok(body.strip_suffix('\r').unwrap_or(body).as_bytes().to_vec()), text.len())
}

/// Whether a line says that a body follows, and nothing else: a title, a fence, a rule.
fn is_label(line: &str) -> bool {
    let words = line.trim_matches(|c: char| !c.is_alphanumeric());
    let is_rule = words.is_empty() && !line.contains(['{', '[', '(', '<', '"', '\'', '\\']);
    let is_fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
    is_rule || is_fence || SAYING.iter().any(|saying| saying.eq_ignore_ascii_case(words))
}

/// Whether the next line that says something begins with what may be the body that the value in front
/// lacks: bytes; or JSON, unless both are lines of a log.
fn begins_body(value: &str, text: &str) -> bool {
    let is_json = serde_json::from_str::<IgnoredAny>(value).is_ok();
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || ",;)]}>".contains(c));
    let line = text.lines().find(|line| !is_label(line)).unwrap_or_default();
    let named = line.split_once([':', '=']).filter(|(name, _)| is_label(name));
    let value = named.map_or(line, |(_, value)| value.trim_start());
    let is_bytes = ["b'", "b\"", "<Buffer"].iter().any(|start| value.starts_with(start));
    is_bytes || (value.starts_with("{\"") && (named.is_some() || !is_json) && !has_signature(line))
}

/// Where a value begins in a line.
fn begins(line: &str) -> Option<usize> {
    let is_start = |at: &usize| {
        let rest = &line[*at..];
        let is_free = line[..*at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let starts = ["{", "[", "\"", "'", "`", "<Buffer"];
        starts.iter().any(|start| rest.starts_with(start))
            || (is_free
                && ["b'", "b\"", "map[", "string("].iter().any(|start| rest.starts_with(start)))
    };
    line.char_indices().map(|(at, _)| at).find(is_start)
}

/// Finds the values in a text, and why the first that may have been one is none.
fn pieces(text: &str) -> (Vec<Piece<'_>>, Option<(usize, Problem)>) {
    let (mut pieces, mut failure) = (Vec::new(), None);
    let mut vain = VAIN.0.saturating_add(text.len().saturating_mul(VAIN.1));
    let mut values = 0;
    let mut at = 0;
    while let Some(next) = text[at..].find(['{', '[', '(', '<', 'b', 'm']) {
        at += next;
        let rest = &text[at..];
        let is_free = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let is_start = match rest.as_bytes() {
            [b'{' | b'[', ..] | [b'(', b'\'' | b'"' | b'\n' | b'\r', ..] => true,
            [b'b', b'\'' | b'"', ..] => is_free,
            _ => is_free && (rest.starts_with("map[") || rest.starts_with("<Buffer")),
        };
        if !is_start {
            at += 1;
            continue;
        }
        match literal::read(text, at, &mut values) {
            Ok((tree, end)) => {
                if is_telling(&tree) {
                    pieces.push(Piece { at: at..end, tree });
                }
                at = end;
            }
            Err((end, problem)) => {
                failure = failure.or(Some((end, problem)));
                if problem == Problem::Many {
                    break;
                }
                let Some(left) = vain.checked_sub(end.saturating_sub(at)) else { break };
                vain = left;
                // What is deep inside is no better.
                at = if problem == Problem::Deep { end } else { at + 1 };
            }
        }
    }
    (pieces, failure)
}

/// Whether it is no mere word in brackets, such as a log has.
fn is_telling(tree: &Tree<'_>) -> bool {
    match tree {
        Tree::List(items) => {
            items.iter().any(|item| !matches!(item, Tree::Word(_)))
                || (items.len() > 1 && items.iter().all(|item| item.number::<u8>().is_some()))
        }
        _ => true,
    }
}

/// Finds lines of headers, one of which has a sender's signature, and what is in front and behind. In
/// front of the first may stand what a program printed on the same line.
fn header_lines(text: &str) -> Option<(Headers, &str, &str)> {
    let mut headers = Headers::new();
    let (mut start, mut end) = (0, 0);
    // A name with a colon, whose value stands in the next line, as browsers show them.
    let mut open = None;
    for line in text.split_inclusive('\n') {
        // Only the last word in front of the colon may be a name.
        let first = || {
            let colon = line.find(": ")?;
            header_in(&line[line[..colon].rfind(' ').map_or(0, |space| space + 1)..])
        };
        let header = match open.take() {
            Some(name) => header_in(line).or(Some((name, line.trim()))),
            None => {
                let name = line.trim_end().strip_suffix(':').filter(|name| is_token(name));
                open = name.filter(|name| !is_label(name));
                header_in(line).or_else(|| if headers.is_empty() { first() } else { None })
            }
        };
        match header {
            Some((name, _)) if is_label(name) && is_signed(&headers) => break,
            Some((name, value)) => headers.push((name.to_owned(), value.as_bytes().to_vec())),
            None if open.is_some() => {}
            None if is_signed(&headers) => break,
            None => {
                headers.clear();
                start = end;
                let header = first().into_iter();
                headers.extend(
                    header.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())),
                );
            }
        }
        end += line.len();
    }
    is_signed(&headers).then(|| (headers, &text[..start], &text[end..]))
}

/// The header that a line has, in whichever list or table it stands.
fn header_in(line: &str) -> Option<(&str, &str)> {
    const SEPARATORS: [&str; 7] = [": ", "\t", " | ", " = ", " => ", "**: ", ", Value: "];
    let line = line.trim().trim_start_matches(['|', '-', '*', ' ']);
    let line = line.strip_prefix("Header Name: ").unwrap_or(line);
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)))?;
    let (name, rest) = line.split_at(end);
    let value = SEPARATORS.iter().find_map(|separator| rest.strip_prefix(separator))?;
    let value = value.trim_end_matches([' ', '|']).trim();
    let quotes = [('"', '"'), ('\'', '\''), ('[', ']')];
    let inner = quotes.iter().find_map(|(open, close)| {
        value.trim_end_matches(',').strip_prefix(*open)?.strip_suffix(*close)
    });
    is_token(name).then(|| (name, inner.unwrap_or(value)))
}

fn is_signed(headers: &Headers) -> bool {
    signed_by(headers.iter().map(|(name, _)| name.as_str())).is_some()
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
