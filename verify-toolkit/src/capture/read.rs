use serde::{Deserialize, de::IgnoredAny};

use super::{Capture, CaptureError, JsonError, curl, har, http};

impl Capture {
    /// Most bytes that [`read`](Self::read) takes: 32 MiB.
    pub const MAX_BYTES: usize = 32 * 1024 * 1024;

    /// Reads a delivery in whichever of these formats it is:
    ///
    /// - a capture as JSON: [`from_json`](Self::from_json)
    /// - a HAR file, one entry of it, or its `request`: [`from_har`](Self::from_har). Of several
    ///   entries, the one with a signature header that a sender uses; [`read_entry`](Self::read_entry)
    ///   takes any
    /// - a `curl` command, as browsers copy it for bash and as
    ///   [`to_curl`](crate::WireRequest::to_curl) writes it
    /// - the text of an HTTP/1 request: [`from_http`](crate::WireRequest::from_http). Line ends may be
    ///   LF, and what `tcpdump -A` prints before the request line is left out. The request line may
    ///   name HTTP/2 or HTTP/3
    /// - what `curl -v` prints, with the body put behind the lines that begin with `>`
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
        let text = start(bytes)?;
        if text.starts_with(b"{") {
            return read_json(text);
        }
        if curl::is_command(text) {
            return Ok(Self::of("curl command", None, curl::parse(text)?));
        }
        if let Some(request) = http::read(text) {
            let (request, notes) = request?;
            return Ok(Self::of("HTTP request", None, request).with_notes(notes));
        }
        let other =
            ["Invoke-WebRequest", "Invoke-RestMethod", "$session", "fetch(", "await fetch("];
        Err(if other.iter().any(|start| text.starts_with(start.as_bytes())) {
            CaptureError::UnsupportedShell
        } else {
            CaptureError::Unrecognised
        })
    }

    /// Reads one entry of a HAR file, counted from 1. What the others lack does not matter.
    ///
    /// # Errors
    ///
    /// It is no HAR file, has no such entry, or is larger than [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn read_entry(bytes: &[u8], entry: usize) -> Result<Self, CaptureError> {
        Ok(har::entry(start(bytes)?, entry)?)
    }
}

/// The text behind a byte order mark and white space.
fn start(bytes: &[u8]) -> Result<&[u8], CaptureError> {
    if bytes.len() > Capture::MAX_BYTES {
        return Err(CaptureError::TooLarge);
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start())
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
        return Ok(har::only(text)?);
    }
    let own = [shape.body_base64, shape.received_at, shape.sender];
    if own.iter().any(Option::is_some) {
        return Capture::from_json(text);
    }
    Err(CaptureError::Unrecognised)
}
