//! JSON, and what programs print of their values: requests are found by the shape of what holds them.

mod body;
mod code;
mod error;
mod headers;
mod lines;
mod literal;
mod moment;
mod requests;
mod shape;
mod table;
mod text;
mod tree;
mod yaml;

pub use error::{BodyError, JsonError};
pub(super) use requests::Found;
pub(super) use tree::Tree;

use serde::de::IgnoredAny;

use self::error::Syntax;
use super::{Capture, CaptureError, Note};

/// Reads one value and nothing else.
pub(super) fn value(text: &[u8]) -> Result<Tree<'_>, JsonError> {
    let text = utf8(text)?;
    let fail = |(at, problem)| JsonError::at(text, at, Syntax::from(problem));
    let (tree, end) = literal::read(text, 0, &mut 0).map_err(fail)?;
    let rest = text[end..].trim_start();
    match rest.chars().next() {
        None => Ok(tree),
        Some(c) => Err(JsonError::at(text, text.len() - rest.len(), Syntax::Unexpected(c))),
    }
}

/// The JSON of a value that a program printed, such as Python or Ruby, if it says all of it.
#[cfg(feature = "explain")]
pub(crate) fn json_of_printed(text: &[u8]) -> Option<String> {
    let mut json = String::new();
    value(text).ok()?.write_json(&mut json)?;
    Some(json)
}

/// Decodes base64 with or without line ends and padding, in either alphabet.
pub(super) fn base64(code: &str) -> Option<Vec<u8>> {
    body::base64(code).ok()
}

fn utf8(text: &[u8]) -> Result<&str, JsonError> {
    core::str::from_utf8(text).map_err(|error| {
        let (valid, _) = text.split_at(error.valid_up_to());
        JsonError::at(&String::from_utf8_lossy(valid), valid.len(), Syntax::NotUtf8)
    })
}

/// All requests in a text, in their order.
///
/// # Errors
///
/// It begins as JSON, is damaged, and no whole request is in it.
pub(super) fn requests(text: &[u8]) -> Result<Vec<Found>, JsonError> {
    let text = utf8(text)?;
    if let Some(found) = code::read(text) {
        return Ok(vec![found]);
    }
    let in_yaml = text::in_yaml(text);
    if has_whole(&in_yaml) {
        return Ok(in_yaml);
    }
    let (mut found, failure) = text::in_document(text);
    if found.iter().all(|request| request.lack.is_some()) {
        let apart = text::in_records(text);
        if apart.iter().any(|request| request.lack.is_none()) {
            found = apart;
        }
    }
    // JSON without quotes around it, which YAML reads, is as it was written.
    let is_json = |request: &Found| {
        request.lack.is_none()
            && serde_json::from_slice::<IgnoredAny>(&request.request.body).is_ok()
    };
    if in_yaml.iter().any(Found::is_signed) && !found.iter().any(is_json) {
        found = in_yaml;
    }
    match failure {
        Some((at, problem)) if found.iter().all(|request| request.lack.is_some()) => {
            Err(JsonError::at(text, at, problem.into()))
        }
        _ => Ok(found),
    }
}

/// Whether one of them is signed and has its body.
pub(super) fn has_whole(found: &[Found]) -> bool {
    found.iter().any(|request| request.is_signed() && request.lack.is_none())
}

/// Takes the request with this number, from 1; without one, the first one that is signed and whole, or
/// the first one that is signed, or the only one.
pub(super) fn pick(mut found: Vec<Found>, entry: Option<usize>) -> Result<Capture, CaptureError> {
    let count = found.len();
    let signed = found.iter().filter(|request| request.is_signed()).count();
    let place = match entry {
        Some(entry) => entry
            .checked_sub(1)
            .filter(|place| *place < count)
            .ok_or(CaptureError::EntryMissing { entry, found: count })?,
        None => {
            let is_whole = |request: &Found| request.is_signed() && request.lack.is_none();
            let signed = found.iter().position(is_whole);
            let signed = signed.or_else(|| found.iter().position(Found::is_signed));
            signed.or((count == 1).then_some(0)).ok_or(CaptureError::NotOne { found: count })?
        }
    };
    let (request, entry) = (found.swap_remove(place), place + 1);
    let more = (count > 1).then_some(Note::MoreRequests { entry, found: count, signed });
    Ok(capture(request, entry, count)?.with_notes(more.into_iter().collect()))
}

/// Makes captures of all requests.
pub(super) fn all(found: Vec<Found>) -> Result<Vec<Capture>, BodyError> {
    let count = found.len();
    found.into_iter().zip(1..).map(|(request, number)| capture(request, number, count)).collect()
}

fn capture(found: Found, entry: usize, count: usize) -> Result<Capture, BodyError> {
    let Found { shape, lack, received_at, request, notes } = found;
    match lack {
        None => Ok(Capture::of(shape.name, received_at, request).with_notes(notes)),
        Some((field, lack)) => {
            let entry = (count > 1).then_some(entry);
            let (format, remedy) = (shape.name, shape.remedy);
            Err(BodyError { entry, format, field, lack, remedy })
        }
    }
}
