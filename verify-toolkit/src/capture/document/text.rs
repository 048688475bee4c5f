//! Texts with values in them: logs, and what a program printed of headers and body.

use core::ops::Range;

use serde::de::IgnoredAny;

use super::{
    body::{self, Lack},
    headers::{self, Headers},
    lines::{header_lines, is_label},
    literal::{self, Problem},
    requests::{Found, Place, find, has_signature},
    shape::DUMP,
    table,
    tree::Tree,
    yaml,
};
use crate::{
    WireRequest,
    capture::{http, signed_by},
};

/// How often a text may hold another document.
pub(super) const TEXTS: usize = 3;

/// Most lines between headers and body that say that a body follows.
const LABELS: usize = 5;

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

/// Finds the requests in YAML.
pub(super) fn in_yaml(text: &str) -> Vec<Found> {
    let is_other = text.starts_with(['{', '[']) || !has_signature(text);
    let documents = if is_other { None } else { yaml::read(text) };
    let mut found = Vec::new();
    for document in documents.iter().flatten() {
        find(document, Place::Root, &|text| requests(text, TEXTS), &mut found);
    }
    found
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
        // In front of a log's entry may be anything.
        let own = printed_body(front).0;
        let is_one = own.is_ok() || front.trim_start().starts_with('{');
        body = if is_one { own } else { body };
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
            // The number or level of a log entry.
            if !is_telling(&tree) {
                seen = end - start;
                continue;
            }
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
    if let Some(at) = labelled(text) {
        let (body, length) = printed_body(&text[at..]);
        return (body, at + length);
    }
    let body = text[start..].strip_suffix('\n').unwrap_or(&text[start..]);
    (Ok(body.strip_suffix('\r').unwrap_or(body).as_bytes().to_vec()), text.len())
}

/// Most lines of a log between headers and the body of the same request.
const BETWEEN: usize = 10;

/// Where a value begins that a line says to be the body, as `RequestBody: {`, or that stands in the next line.
fn labelled(text: &str) -> Option<usize> {
    let mut at = 0;
    text.split_inclusive('\n').take(BETWEEN).find_map(|line| {
        at += line.len();
        let (name, own) = line.split_once([':', '='])?;
        let (value, start) = match own.trim_start() {
            "" => (&text[at..], at),
            value => (value, at - value.len()),
        };
        let is_value = value.starts_with(['{', '"', '\'']);
        (is_value && is_label(name)).then_some(start)
    })
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
