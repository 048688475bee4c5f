use serde::{Deserialize, de::IgnoredAny};

use super::{Capture, CaptureError, JsonError, har, source::Source, text::plain, tools::pcap};

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
    ///   [`to_curl`](crate::WireRequest::to_curl) writes it; behind a prompt, and among other commands
    /// - the text of an HTTP/1 request: [`from_http`](crate::WireRequest::from_http). Line ends may be
    ///   LF or CR, the encoding UTF-16. The request line may name HTTP/2 or HTTP/3. What all lines have
    ///   in front is taken off: indentation, quote marks, line numbers, times and names of a log. So are
    ///   Markdown's fences
    /// - what tools print of a request: `tcpdump`, `tshark`, Wireshark, `ngrep`, `socat`, `curl`, HTTPie,
    ///   `mitmdump`, Python's `http.client` and requests-toolbelt, Ruby's `Net::HTTP`, hex dumps. The
    ///   body may have to be put behind what `curl -v` prints
    /// - a file of packets: pcap or pcapng
    /// - an `.http` or `.rest` file of an editor
    ///
    /// Of several requests, the one that is signed is taken, or the first of those. The origin says which
    /// format it was, and the notes what was taken off or left out. The sender is the one whose signature
    /// header is there.
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
        read(bytes, None)
    }

    /// Reads one request of several, counted from 1: entries of a HAR file, or whatever else
    /// [`read`](Self::read) takes. What the others lack does not matter.
    ///
    /// # Errors
    ///
    /// The same as of [`read`](Self::read), and there is no such request.
    pub fn read_entry(bytes: &[u8], entry: usize) -> Result<Self, CaptureError> {
        read(bytes, Some(entry))
    }
}

fn read(bytes: &[u8], entry: Option<usize>) -> Result<Capture, CaptureError> {
    if bytes.len() > Capture::MAX_BYTES {
        return Err(CaptureError::TooLarge);
    }
    if let Some(streams) = pcap::read(bytes) {
        return Source::streams(&streams, "a file of packets", PACKETS).choose(entry);
    }
    let (text, notes) = plain(bytes);
    let start = text.trim_ascii_start();
    if start.starts_with(b"{") {
        return match entry {
            Some(entry) => Ok(har::entry(start, entry)?),
            None => read_json(start),
        };
    }
    if let Some(source) = Source::find(&text) {
        return Ok(source.choose(entry)?.with_notes(notes));
    }
    let other = ["Invoke-WebRequest", "Invoke-RestMethod", "$session", "fetch(", "await fetch("];
    Err(if other.iter().any(|other| start.starts_with(other.as_bytes())) {
        CaptureError::UnsupportedShell
    } else {
        CaptureError::Unrecognised
    })
}

const PACKETS: &str = "it has no connection from its start on that sends HTTP/1 without TLS: record in front of \
                       what ends TLS, before the sender connects";

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
