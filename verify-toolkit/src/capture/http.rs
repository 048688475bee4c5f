//! The text of a request, as tools print it.

use std::borrow::Cow;

use super::{CaptureError, Note};
use crate::{
    ParseError, WireRequest,
    request::{Message, is_line_end},
};

/// A request, and what to know besides.
type Noted = (WireRequest, Vec<Note>);

/// Reads the text of a request, if it is one.
pub(super) fn read(text: &[u8]) -> Option<Result<Noted, CaptureError>> {
    match printed_by_curl(text) {
        Some(text) => Some(parse(&text).and_then(with_body)),
        None => request_line(text).map(parse),
    }
}

fn parse(text: &[u8]) -> Result<Noted, CaptureError> {
    let text = as_http_1(text);
    let message = Message::parse(&text).map_err(|error| {
        let line = line_of(&text, &error);
        let wrong = text.split(|byte| *byte == b'\n').nth(line.saturating_sub(1));
        match error {
            ParseError::Head(_) if matches!(wrong, Some([b' ' | b'\t', ..])) => {
                CaptureError::Folded { line }
            }
            error => CaptureError::Http { line, error },
        }
    })?;
    let notes = notes(&message);
    Ok((message.request, notes))
}

fn notes(message: &Message<'_>) -> Vec<Note> {
    let found = message.request.body.len();
    let length = message.announced.filter(|announced| *announced != found);
    let length = length.map(|announced| Note::LengthDiffers { announced, found });
    let line_end = is_line_end(message.rest).then_some(Note::LineEndLeftOut);
    length.into_iter().chain(line_end).collect()
}

/// Says HTTP/1.1 where tools say HTTP/2, which they write in the same way.
fn as_http_1(text: &[u8]) -> Cow<'_, [u8]> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (line, rest) = text.split_at(end);
    let versions: [&[u8]; 4] = [b"HTTP/2", b"HTTP/2.0", b"HTTP/3", b"HTTP/3.0"];
    let mut lines =
        versions.iter().filter_map(|version| line.trim_ascii_end().strip_suffix(*version));
    match lines.next() {
        Some(start) => [start, b"HTTP/1.1", rest].concat().into(),
        None => text.into(),
    }
}

/// Takes the head of a request out of what `curl -v` prints, with the body if somebody put one behind
/// it.
fn printed_by_curl(text: &[u8]) -> Option<Vec<u8>> {
    let is_first = |line: &&[u8]| line.starts_with(b"> ") && find(line, b" HTTP/").is_some();
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let mut lines = lines.skip_while(|line| !is_first(line)).peekable();
    lines.peek()?;
    let mut request = Vec::new();
    while let Some(line) = lines.next_if(|line| line.starts_with(b">")) {
        request.extend_from_slice(line.strip_prefix(b"> ").unwrap_or(&line[1..]));
    }
    // What curl says next is not the body. `{ [` begins no JSON.
    let is_of_curl =
        |line: &&[u8]| matches!(line, [b'*' | b'<', b' ', ..] | [b'{' | b'}', b' ', b'[', ..]);
    if lines.peek().is_some_and(|line| !is_of_curl(line)) {
        let is_body = |line: &&[u8]| !matches!(line, [b'*' | b'<', b' ', ..]);
        lines.take_while(is_body).for_each(|line| request.extend_from_slice(line));
    }
    Some(request)
}

/// `curl -v` prints no body.
fn with_body(noted: Noted) -> Result<Noted, CaptureError> {
    let (request, _) = &noted;
    let has_body = request.header("content-length").any(|length| length != b"0");
    if has_body && request.body.is_empty() { Err(CaptureError::CurlVerbose) } else { Ok(noted) }
}

/// Finds where a request line begins. `tcpdump` prints the bytes of IP and TCP headers before it.
fn request_line(text: &[u8]) -> Option<&[u8]> {
    let version = find(text, b" HTTP/")?;
    let start = text[..version].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = &text[start..version];
    let methods = ["DELETE ", "GET ", "HEAD ", "OPTIONS ", "PATCH ", "POST ", "PUT "];
    let method = methods.iter().filter_map(|method| find(line, method.as_bytes())).min();
    Some(&text[start + method.unwrap_or(0)..])
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
