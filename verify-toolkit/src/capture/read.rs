use serde::{Deserialize, de::IgnoredAny};

use super::{Capture, CaptureError, HarError, JsonError, curl, signed_by};
use crate::{ParseError, WireRequest};

impl Capture {
    /// Most bytes that [`read`](Self::read) takes: 32 MiB.
    pub const MAX_BYTES: usize = 32 * 1024 * 1024;

    /// Reads a delivery in whichever of these formats it is:
    ///
    /// - a capture as JSON: [`from_json`](Self::from_json)
    /// - a HAR file, one entry of it, or its `request`: [`from_har`](Self::from_har). Of several
    ///   entries, the one with a signature header that a sender uses
    /// - a `curl` command, as browsers copy it for bash and as
    ///   [`to_curl`](WireRequest::to_curl) writes it
    /// - the text of an HTTP/1 request: [`WireRequest::from_http`]. Line ends may be LF, and what
    ///   `tcpdump -A` prints before the request line is left out
    ///
    /// The origin says which it was. The sender is the one whose signature header is there.
    ///
    /// ```
    /// use verify_toolkit::Capture;
    ///
    /// let command = b"curl https://example.com/hook -H 'X-Wandb-Signature: abc' --json '{}'";
    /// let capture = Capture::read(command)?;
    /// assert_eq!((capture.sender.as_str(), capture.origin.as_str()), ("wandb", "curl command"));
    /// assert_eq!(capture.request.body, b"{}");
    /// assert_eq!(capture.received_at, None);
    /// # Ok::<(), verify_toolkit::CaptureError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It is none of them, damaged, says not all of the request, or is larger than
    /// [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn read(bytes: &[u8]) -> Result<Self, CaptureError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(CaptureError::TooLarge);
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if text.starts_with(b"{") {
            return read_json(text);
        }
        if curl::is_command(text) {
            return Ok(Self::of("curl command", None, curl::parse(text)?));
        }
        if let Some(request) = request_line(text) {
            let request = WireRequest::from_http(request)
                .map_err(|error| CaptureError::Http { line: line_of(request, &error), error })?;
            return Ok(Self::of("HTTP request", None, request));
        }
        let other =
            ["Invoke-WebRequest", "Invoke-RestMethod", "$session", "fetch(", "await fetch("];
        Err(if other.iter().any(|start| text.starts_with(start.as_bytes())) {
            CaptureError::UnsupportedShell
        } else {
            CaptureError::Unrecognised
        })
    }
}

/// Which fields say what a JSON document is.
#[derive(Deserialize)]
struct Shape {
    body_base64: Option<IgnoredAny>,
    received_at: Option<IgnoredAny>,
    sender: Option<IgnoredAny>,
    log: Option<IgnoredAny>,
    request: Option<IgnoredAny>,
    url: Option<IgnoredAny>,
}

fn read_json(text: &[u8]) -> Result<Capture, CaptureError> {
    let shape: Shape = serde_json::from_slice(text).map_err(JsonError)?;
    if shape.log.is_some() || shape.request.is_some() || shape.url.is_some() {
        let mut captures = Capture::from_har(text)?;
        let found = captures.len();
        if found > 1 {
            captures.retain(|capture| signed_by(&capture.request).is_some());
        }
        return match <[Capture; 1]>::try_from(captures) {
            Ok([capture]) => Ok(capture),
            Err(signed) => Err(HarError::NotOne { found, signed: signed.len() }.into()),
        };
    }
    let own = [shape.body_base64, shape.received_at, shape.sender];
    if own.iter().any(Option::is_some) {
        return Capture::from_json(text);
    }
    Err(CaptureError::Unrecognised)
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
    let heads = ends.map(|end| WireRequest::from_http(&text[..end]));
    let at = match error {
        // Every line is good, and there is one too few.
        ParseError::HeadIncomplete => return text.split(|byte| *byte == b'\n').count(),
        ParseError::Head(_) => heads.take_while(|head| !matches!(head, Err(ParseError::Head(_)))),
        // Behind the head.
        ParseError::Chunks | ParseError::TransferEncoding => {
            return heads
                .take_while(|head| matches!(head, Err(ParseError::HeadIncomplete)))
                .count()
                + 2;
        }
    };
    at.count() + 1
}

pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}
