//! The text of requests, one after the other.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::{CaptureError, Note};
pub(super) use crate::request::is_answer;
use crate::{
    ParseError, WireRequest,
    request::{Message, is_line_end, request_in},
};

/// A request, and what to know besides.
pub(super) type Noted = (WireRequest, Vec<Note>);

/// Most requests that are looked for.
pub(super) const MOST: usize = 1000;

/// Reads all requests of a text. What is between them is left out.
pub(super) fn requests(text: &[u8]) -> Vec<Result<Noted, CaptureError>> {
    let mut requests = Vec::new();
    let mut at = 0;
    let mut lines = 0;
    while requests.len() < MOST {
        let rest = text.get(at..).unwrap_or_default();
        let Some((line, offset)) = request_line(rest) else { break };
        lines += line_ends(rest.get(..line).unwrap_or_default());
        let own = rest.get(line + offset..).unwrap_or_default();
        let replaced = as_http_1(own);
        let (own, grown) = match &replaced {
            Some((own, grown)) => (own.as_slice(), *grown),
            None => (own, 0),
        };
        let length = match Message::parse(own) {
            Ok(message) => {
                let (noted, rest) = finish(message);
                requests.push(Ok(noted));
                own.len() - rest
            }
            Err(error) => {
                // Behind something else, it may be a line of a log.
                if offset == 0 || requests.is_empty() {
                    requests.push(Err(damage(own, error, lines)));
                }
                own.iter().position(|byte| *byte == b'\n').unwrap_or(own.len())
            }
        };
        lines += line_ends(own.get(..length).unwrap_or_default());
        at += line + offset + length.saturating_sub(grown).max(1);
    }
    requests
}

fn line_ends(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
}

/// Where the first request line is: where its line begins, and how far into that.
pub(super) fn request_line(text: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    text.split_inclusive(|byte| *byte == b'\n').find_map(|line| {
        let start = at;
        at += line.len();
        Some((start, request_in(line)?))
    })
}

/// Whether a text begins with a request line.
pub(super) fn begins_request(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').next().and_then(request_in) == Some(0)
}

/// Whether a text is a request whose length fits.
pub(super) fn is_whole(text: &[u8]) -> bool {
    begins_request(text)
        && Message::parse(text).is_ok_and(|message| message.announced == Some(message.body.len()))
}

/// Takes off the body what is not of it, and says so. Returns how much is left of the text.
fn finish(mut message: Message<'_>) -> (Noted, usize) {
    let mut notes = Vec::new();
    let mut rest = message.rest;
    if let (Cow::Borrowed(body), true) = (&message.body, rest.is_empty()) {
        let body = without_continue(body);
        let announced = message.announced.filter(|length| *length != body.len());
        let end = next_message(body).filter(|_| message.announced != Some(body.len()));
        let (own, next) = body.split_at(end.unwrap_or(body.len()));
        let length = announced.filter(|length| {
            own.get(*length..)
                .is_some_and(|rest| end.is_some() && is_between(rest) || is_left_over(own, *length))
        });
        let own = match length.and_then(|length| own.split_at_checked(length)) {
            Some((own, left)) => {
                rest = body.get(own.len()..).unwrap_or(next);
                if !is_between(left) {
                    let text = String::from_utf8_lossy(left.trim_ascii()).into_owned();
                    notes.push(Note::TextLeftOut { text });
                }
                own
            }
            None => {
                rest = next;
                if end.is_some() { without_line_ends(own) } else { own }
            }
        };
        message.body = Cow::Borrowed(own);
    }
    let found = message.body.len();
    if let Some(announced) = message.announced.filter(|announced| *announced != found) {
        notes.push(Note::LengthDiffers { announced, found });
    }
    if is_line_end(rest) && !message.is_chunked {
        notes.push(Note::LineEndLeftOut);
    }
    let next = rest.iter().position(|byte| !is_between(&[*byte])).and_then(|at| rest.get(at..));
    if next.is_some_and(|next| next.starts_with(b"HTTP/")) {
        notes.push(Note::AnswerLeftOut);
    }
    let left = rest.len();
    ((message.into_request(), notes), left)
}

/// A body without the answer in front of it that asked for it: `HTTP/1.1 100 Continue`.
fn without_continue(body: &[u8]) -> &[u8] {
    if !is_answer(body) || find(body.get(..16).unwrap_or(body), b" 100").is_none() {
        return body;
    }
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let end = ends.into_iter().filter_map(|end| Some(find(body, end)? + end.len())).min();
    end.and_then(|end| body.get(end..)).unwrap_or(body)
}

/// Whether what stands behind so many bytes of a body is not of it, but of whoever printed it: a rule, or other lines
/// behind a document that is whole.
fn is_left_over(body: &[u8], length: usize) -> bool {
    let Some((own, left)) = body.split_at_checked(length) else { return false };
    let is_line = left.starts_with(b"\n") || left.starts_with(b"\r\n");
    let is_document = || serde_json::from_slice::<IgnoredAny>(own).is_ok();
    is_line && !left.trim_ascii().is_empty() && (is_between(left) || is_document())
}

/// Where a line of a body begins another message.
fn next_message(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    body.split_inclusive(|byte| *byte == b'\n').find_map(|line| {
        let start = at;
        at += line.len();
        (is_answer(line) || request_in(line) == Some(0)).then_some(start)
    })
}

/// Whether a text is blank lines, and lines that only part one thing from another.
pub(super) fn is_between(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_whitespace() || b"-=_*<>".contains(byte))
}

fn without_line_ends(text: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let end = text.iter().rposition(|byte| !is_end(byte)).map_or(0, |end| end + 1);
    text.get(..end).unwrap_or(text)
}

/// Says where a request is damaged, and how.
fn damage(text: &[u8], error: ParseError, lines_before: usize) -> CaptureError {
    let own = line_of(text, &error);
    let wrong = text.split(|byte| *byte == b'\n').nth(own.saturating_sub(1));
    let line = own + lines_before;
    match error {
        ParseError::Head(_) if matches!(wrong, Some([b' ' | b'\t', ..])) => {
            CaptureError::Folded { line }
        }
        error => CaptureError::Http { line, error },
    }
}

/// Says HTTP/1.1 where tools say HTTP/2, which they write in the same way. Goes up to the next request. Returns
/// by how much the text grew.
fn as_http_1(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let versions: [&[u8]; 4] = [b"HTTP/2", b"HTTP/2.0", b"HTTP/3", b"HTTP/3.0"];
    let version = versions.into_iter().find(|version| line.trim_ascii_end().ends_with(version))?;
    let start = line.trim_ascii_end().strip_suffix(version)?;
    let next = rest.get(1..).and_then(request_line).map_or(rest.len(), |(line, _)| line + 1);
    let text = [start, b"HTTP/1.1", rest.get(..next)?].concat();
    Some((text, b"HTTP/1.1".len().saturating_sub(version.len())))
}

/// The first line, from 1, at which a request is wrong.
fn line_of(text: &[u8], error: &ParseError) -> usize {
    let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(end, _)| end + 1);
    // No head has more lines: the request line, the headers, the empty line.
    let ends: Vec<_> = ends.take(WireRequest::MOST_HEADERS + 2).collect();
    // What is wrong stays wrong however much follows, so not every line has to be tried.
    let lines_before = |is_before: fn(&Result<WireRequest, ParseError>) -> bool| {
        ends.partition_point(|end| is_before(&WireRequest::from_http(&text[..*end])))
    };
    match error {
        // Every line is good, and there is one too few.
        ParseError::HeadIncomplete => text.split(|byte| *byte == b'\n').count(),
        ParseError::Head(_) => lines_before(|head| !matches!(head, Err(ParseError::Head(_)))) + 1,
        // Behind the head.
        ParseError::Chunks | ParseError::TransferEncoding => {
            lines_before(|head| matches!(head, Err(ParseError::HeadIncomplete))) + 2
        }
    }
}

pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
