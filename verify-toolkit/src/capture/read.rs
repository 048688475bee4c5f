use super::{
    Capture, CaptureError, document, http, json, source::Source, text::plain, tools::pcap,
};

impl Capture {
    /// Most bytes that [`read`](Self::read) takes: 32 MiB.
    pub const MAX_BYTES: usize = 32 * 1024 * 1024;

    /// Reads a delivery in whichever of these formats it is:
    ///
    /// - a capture as JSON: [`from_json`](Self::from_json)
    /// - a HAR file, one entry of it, or its `request`: [`from_har`](Self::from_har)
    /// - JSON of other tools, and what programs print of headers and body: ngrok, webhook.site, AWS
    ///   events, Postman, Node, Python, Go and more. Whatever has a sender's signature header and a raw
    ///   body is found, also in a log, in CSV, in base64, and where each line is a log entry of its own
    /// - YAML: cassettes of VCR and the like, exports of Insomnia
    /// - a `curl` command, as browsers copy it for bash and as
    ///   [`to_curl`](crate::WireRequest::to_curl) writes it; after a prompt, among other commands, with a
    ///   body from `<<`, `<<<`, `echo`, `printf` or a variable; a file for `curl -K`
    /// - the text of an HTTP/1 request: [`from_http`](crate::WireRequest::from_http). Line ends may be
    ///   LF or CR, the encoding UTF-16. The request line may name HTTP/2 or HTTP/3. What all lines have
    ///   in front is taken off: indentation, quote marks, line numbers, times and names of a log. So are
    ///   Markdown's fences
    /// - what tools print of a request: `tcpdump`, `tshark`, Wireshark, `ngrep`, `socat`, `strace`, `curl`,
    ///   HTTPie, `mitmdump`, Burp, Python's `http.client` and requests-toolbelt, Ruby's `Net::HTTP`, hex dumps. The
    ///   body may have to be put behind what `curl -v` prints
    /// - logs of Feign, OkHttp, Jersey, Ktor, REST Assured, Netty and of Apache's mod_dumpio
    /// - a file of packets: pcap or pcapng
    /// - an `.http` or `.rest` file of an editor, a file of Hurl or Bruno
    /// - a program that sends a request, where the body stands in quotes
    /// - a dump of the request, or of its body alone: `od`, `hexdump`, `xxd`, gdb; base32, `uuencode`;
    ///   quoted-printable, as in mail
    ///
    /// Of several requests, the first signed request is taken. The origin says which format it was, and
    /// the notes say what was removed. The signature header tells the sender.
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
    /// It has none of these formats, is damaged, lacks a part of the request, or is larger than
    /// [`MAX_BYTES`](Self::MAX_BYTES).
    pub fn read(bytes: &[u8]) -> Result<Self, CaptureError> {
        read(bytes, None)
    }

    /// Reads one request of several, counted from 1: entries of a HAR file, or any other format
    /// that [`read`](Self::read) takes. The other requests may be incomplete.
    ///
    /// # Errors
    ///
    /// The errors of [`read`](Self::read), or there is no such request.
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
    Ok(read_text(&text, entry)?.with_notes(notes))
}

const PACKETS: &str = "it has no connection from its start on that sends HTTP/1 without TLS: record in front of \
                       what ends TLS, before the sender connects";

fn read_text(text: &[u8], entry: Option<usize>) -> Result<Capture, CaptureError> {
    let start = text.trim_ascii_start();
    if (http::find(start, b"\"sender\"").is_some() || http::find(start, b"\"origin\"").is_some())
        && let Some(capture) = json::read(start)
    {
        return match entry {
            None | Some(1) => capture,
            Some(entry) => Err(CaptureError::EntryMissing { entry, found: 1 }),
        };
    }
    let is_json = start.starts_with(b"{") || start.starts_with(b"[");
    if is_json {
        let found = document::requests(start);
        // A log may have brackets around its times.
        if start.starts_with(b"{") || found.as_ref().is_ok_and(|found| !found.is_empty()) {
            let found = found?;
            return if found.is_empty() {
                Err(CaptureError::Unrecognised)
            } else {
                document::pick(found, entry)
            };
        }
    }
    let source = Source::find(text);
    let is_read = source.as_ref().is_some_and(Source::is_signed);
    if !(is_json || is_read) {
        let is_known = source.as_ref().is_some_and(Source::is_known);
        let is_unsigned = source.as_ref().is_some_and(Source::is_good);
        match document::requests(start) {
            // Who knows the tool knows better what it lacks.
            Ok(found)
                if !found.is_empty()
                    && (!is_known || is_unsigned && document::has_whole(&found)) =>
            {
                return document::pick(found, entry);
            }
            _ => {}
        }
    }
    if let Some(source) = source {
        return source.choose(entry);
    }
    let word = start.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let other =
        OTHERS.iter().find(|(names, _)| names.iter().any(|name| word.starts_with(name.as_bytes())));
    Err(other.map_or(CaptureError::Unrecognised, |(_, error)| error()))
}

/// What a text begins with that another program than `curl` reads, and what to say of it.
type Other = (&'static [&'static str], fn() -> CaptureError);

const OTHERS: [Other; 3] = [
    (&["Invoke-WebRequest", "Invoke-RestMethod", "$session", "fetch(", "await"], || {
        CaptureError::UnsupportedShell
    }),
    (&["http", "xh"], || CaptureError::OtherCommand {
        tool: "HTTPie",
        remedy: "run it with `--offline` and `--pretty=none`, and give what it prints",
    }),
    (&["wget"], || CaptureError::OtherCommand {
        tool: "wget",
        remedy: "give a `curl` command, or the text of the request",
    }),
];
