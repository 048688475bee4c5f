mod assignments;
mod config;
mod error;
mod input;
mod options;
mod place;
mod sent;
mod variables;
mod words;

use base64ct::{Base64, Encoding as _};

pub use error::{CurlError, CurlProblem};
pub(crate) use words::unescape;

use super::{
    CaptureError,
    http::{MOST, Noted, find},
};
use crate::WireRequest;
pub(super) use config::config;
use options::{Arguments, Effect};
use place::{Detour, detour, first};
pub(super) use place::{begins, command, without_second_prompts};
use sent::Sent;
use variables::Variables;
use words::{Failure, Word};

/// Reads what the commands of a text send, the first of which begins at this place.
pub(super) fn requests(text: &[u8], start: usize) -> Vec<Result<Noted, CaptureError>> {
    let mut requests = Vec::new();
    let is_comment = first(text, false).is_none();
    let mut variables = Variables::new();
    let mut before = 0;
    let mut at = start;
    loop {
        assignments::read(&mut variables, text.get(before..at).unwrap_or_default());
        let length = match parse(text, at, &variables) {
            Ok((own, end)) => {
                let own = own.into_iter().take(MOST.saturating_sub(requests.len()));
                requests.extend(own.map(|read| Ok((read?, Vec::new()))));
                end - at
            }
            Err(error) => {
                let is_open = error.problem == CurlProblem::LinesOpen;
                requests.push(Err(error.into()));
                if is_open {
                    // All the rest is of these lines.
                    return requests;
                }
                4
            }
        };
        before = (at + length).min(text.len());
        let rest = text.get(before..).unwrap_or_default();
        // What stands in the same line is piped, or a comment.
        let line = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
        let rest = rest.get(line..).unwrap_or_default();
        match first(rest, is_comment).filter(|_| requests.len() < MOST) {
            Some((place, _)) => at = text.len() - rest.len() + place,
            None => return requests,
        }
    }
}

/// What a command sends: a request, and one more for each `--next`.
type Parts = Vec<Result<WireRequest, CurlError>>;

/// Reads what a `curl` command sends, and where it ends.
fn parse(text: &[u8], start: usize, variables: &Variables) -> Result<(Parts, usize), CurlError> {
    let fail = |at: usize, problem| CurlError::at(text, at, problem);
    let own = text.get(start..).unwrap_or_default();
    let (detour, command) =
        detour(own, variables).map_err(|(at, problem)| fail(start + at, problem))?;
    let before = start;
    let start = text.len() - command.len();

    let (words, end) =
        words::split(command, variables).map_err(|(at, problem)| fail(start + at, problem))?;
    let mut end = start + end;
    let rest = text.get(end..).unwrap_or_default();
    let input = match detour {
        Detour::Echo(base64) => {
            Some(decoded(base64).ok_or_else(|| fail(before, CurlProblem::Input))?)
        }
        Detour::Document(document) => {
            let line =
                rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1);
            let (input, length) = document
                .lines(rest.get(line..).unwrap_or_default())
                .map_err(|(at, problem)| fail(end + line + at, problem))?;
            end += line + length;
            Some(input)
        }
        Detour::Lines => {
            let (input, length) = in_base64(rest).ok_or_else(|| fail(end, CurlProblem::Input))?;
            end += length;
            Some(input)
        }
        Detour::Printed(input) => Some(input),
        Detour::None => {
            let input = input::redirected(rest, variables)
                .map_err(|(at, problem)| fail(end + at, problem))?;
            end += input.as_ref().map_or(0, |(_, length)| *length);
            input.map(|(input, _)| input)
        }
    };
    let parts = sent_by(&words, input.as_deref(), end - start).into_iter();
    let parts = parts.map(|part| part.map_err(|(at, problem)| fail(start + at, problem)));
    Ok((parts.collect(), end))
}

/// What the words of a command that ends at this place send.
fn sent_by(words: &[Word], input: Option<&[u8]>, end: usize) -> Vec<Result<WireRequest, Failure>> {
    let mut parts = vec![Ok(Sent::default())];
    let mut arguments = Arguments::new(words);
    while let Some((at, argument)) = arguments.next() {
        if matches!(argument, Ok((Effect::Next, _))) {
            parts.push(Ok(Sent::default()));
        } else if let Some(part) = parts.last_mut()
            && let Ok(sent) = part
        {
            let taken = argument.and_then(|(effect, value)| sent.take(effect, value, input));
            if let Err(problem) = taken {
                *part = Err((at, problem));
            }
        }
    }
    let request = |sent: Sent| sent.request().ok_or((end, CurlProblem::UrlMissing));
    parts.into_iter().map(|part| part.and_then(request)).collect()
}

/// Reads the lines up to `END`, and how long they are.
fn in_base64(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let own = text.strip_prefix(b"\n").or(text.strip_prefix(b"\r\n"))?;
    let end = if own.starts_with(b"END") { 0 } else { find(own, b"\nEND")? };
    Some((decoded(&own[..end])?, text.len() - own.len() + end))
}

/// Decodes base64, in lines or not.
fn decoded(base64: &[u8]) -> Option<Vec<u8>> {
    let base64 = base64.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<_>>();
    Base64::decode_vec(core::str::from_utf8(&base64).ok()?).ok()
}

/// What is sent of a URL: without scheme, authority and fragment.
pub(super) fn path_of(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.split('#').next().unwrap_or_default();
    match url.find(['/', '?']) {
        Some(start) if url[start..].starts_with('?') => format!("/{}", &url[start..]),
        Some(start) => url[start..].to_owned(),
        None => "/".to_owned(),
    }
}

/// Undoes percent-encoding. What is none stays as it is.
pub(crate) fn url_decoded(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let code = if *byte == b'%' { hex_pair(tail) } else { None };
        plain.push(code.unwrap_or(*byte));
        rest = tail.get(if code.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    plain
}

/// The byte whose two digits a text begins with.
pub(crate) fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
pub(crate) fn percent_encoded(content: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(content.len());
    for byte in content {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            encoded.push(*byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    encoded
}
