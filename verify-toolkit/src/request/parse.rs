use core::fmt;
use std::borrow::Cow;

use httparse::{Request, Status};

use super::WireRequest;

impl WireRequest {
    /// Most headers that [`from_http`](Self::from_http) takes.
    pub(crate) const MOST_HEADERS: usize = 256;

    /// Reads the text of an HTTP/1 request, for example from a packet capture or a proxy's log.
    ///
    /// A chunked body is put together. Otherwise the body is all that follows the head, whatever
    /// `Content-Length` says, with two exceptions where it ends at that length: before a line end that
    /// ends the text, because editors put one there, and before the next message on the connection.
    ///
    /// ```
    /// use verify_toolkit::WireRequest;
    ///
    /// let request = WireRequest::from_http(b"POST /hook HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\n")?;
    /// assert_eq!(request.path, "/hook");
    /// assert_eq!(request.body, b"{}");
    /// # Ok::<(), verify_toolkit::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It does not begin with the head of a request, its chunks are malformed, or it has another
    /// transfer encoding.
    pub fn from_http(text: &[u8]) -> Result<Self, ParseError> {
        Message::parse(text).map(Message::into_request)
    }
}

/// A request, and what its text has besides.
pub(crate) struct Message<'t> {
    /// Without the body.
    head: WireRequest,
    pub(crate) body: Cow<'t, [u8]>,
    /// What `Content-Length` says, if that is how the body is framed.
    pub(crate) announced: Option<usize>,
    pub(crate) is_chunked: bool,
    /// What follows the body: a line end, or another message.
    pub(crate) rest: &'t [u8],
}

impl<'t> Message<'t> {
    pub(crate) fn parse(text: &'t [u8]) -> Result<Self, ParseError> {
        let mut headers = [httparse::EMPTY_HEADER; WireRequest::MOST_HEADERS];
        let mut head = Request::new(&mut headers);
        let (content, method, path) = match (head.parse(text), head.method, head.path) {
            (Ok(Status::Complete(length)), Some(method), Some(path)) => {
                (text.get(length..).unwrap_or_default(), method, path)
            }
            (Ok(_), ..) => return Err(ParseError::HeadIncomplete),
            (Err(error), ..) => return Err(ParseError::Head(error)),
        };
        let request = WireRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: head.headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect(),
            body: Vec::new(),
        };
        let codings: Vec<_> = request.header("transfer-encoding").collect();
        let (body, announced, rest) = match codings[..] {
            [coding] if coding.eq_ignore_ascii_case(b"chunked") => {
                let mut body = Vec::new();
                let rest = join_chunks(content, &mut body).ok_or(ParseError::Chunks)?;
                (Cow::Owned(body), None, rest)
            }
            [] => {
                let announced = announced(&request);
                let (body, rest) = split_body(content, announced);
                (Cow::Borrowed(body), announced, rest)
            }
            _ => return Err(ParseError::TransferEncoding),
        };
        let is_chunked = !codings.is_empty();
        Ok(Self { head: request, body, announced, is_chunked, rest })
    }

    pub(crate) fn into_request(self) -> WireRequest {
        WireRequest { body: self.body.into_owned(), ..self.head }
    }
}

fn announced(request: &WireRequest) -> Option<usize> {
    core::str::from_utf8(request.header("content-length").next()?).ok()?.parse().ok()
}

/// Splits off what is not of the body, if the announced length shows where that begins.
fn split_body(content: &[u8], announced: Option<usize>) -> (&[u8], &[u8]) {
    match announced.and_then(|length| content.split_at_checked(length)) {
        Some((body, rest)) if is_line_end(rest) || begins_message(rest) => (body, rest),
        _ => (content, b""),
    }
}

/// Whether nothing but one line end is left.
pub(crate) fn is_line_end(rest: &[u8]) -> bool {
    rest == b"\n" || rest == b"\r\n"
}

/// Whether the first line, but for empty ones, is that of a request or of an answer.
fn begins_message(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    is_answer(line) || request_in(line).is_some()
}

/// Whether a line is the first one of an answer.
pub(crate) fn is_answer(line: &[u8]) -> bool {
    let status =
        line.strip_prefix(b"HTTP/").and_then(|rest| rest.split(|byte| *byte == b' ').nth(1));
    let status = status.map(<[u8]>::trim_ascii_end);
    status.is_some_and(|status| status.len() == 3 && status.iter().all(u8::is_ascii_digit))
}

/// Finds where the first line of a request begins that this line ends with. Tools print other things
/// in front.
pub(crate) fn request_in(line: &[u8]) -> Option<usize> {
    const METHODS: [&[u8]; 7] = [b"DELETE", b"GET", b"HEAD", b"OPTIONS", b"PATCH", b"POST", b"PUT"];
    let line = line.trim_ascii_end();
    let (rest, version) = line.split_at_checked(line.iter().rposition(|byte| *byte == b' ')?)?;
    let number = version.strip_prefix(b" HTTP/")?;
    let is_version = number.len() <= 3 && number.first().is_some_and(u8::is_ascii_digit);
    let target = rest.iter().rposition(|byte| *byte == b' ').filter(|_| is_version)?;
    if target + 1 == rest.len() {
        return None;
    }
    let rest = rest.get(..target)?;
    let word = rest.iter().rev().take_while(|byte| byte.is_ascii_uppercase()).count();
    if word == rest.len() && word > 0 {
        return Some(0);
    }
    METHODS
        .into_iter()
        .find(|method| rest.ends_with(method))
        .map(|method| rest.len() - method.len())
}

/// Puts a chunked body together. What is behind its last chunk is left out.
#[cfg(feature = "explain")]
pub(crate) fn unchunked(text: &[u8]) -> Result<Vec<u8>, ParseError> {
    let mut body = Vec::new();
    join_chunks(text, &mut body).map(|_| body).ok_or(ParseError::Chunks)
}

/// Adds to a body what its chunks hold, and returns what follows the last one, if that was there. Of
/// what is cut off it adds all that came.
pub(crate) fn join_chunks<'t>(mut text: &'t [u8], body: &mut Vec<u8>) -> Option<&'t [u8]> {
    loop {
        let Ok(Status::Complete((head, size))) = httparse::parse_chunk_size(text) else {
            return None;
        };
        let rest = text.get(head..).unwrap_or_default();
        if size == 0 {
            return Some(rest);
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let (chunk, rest) = rest.split_at(size.min(rest.len()));
        body.extend_from_slice(chunk);
        text = rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n"))?;
    }
}

/// Why a text is not an HTTP request.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseError {
    /// The body is said to be chunked, and is not, or breaks off.
    Chunks,
    /// The head is malformed.
    Head(httparse::Error),
    /// The head has no end: an empty line.
    HeadIncomplete,
    /// The body has a transfer encoding other than `chunked`.
    TransferEncoding,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunks => f.write_str("body is not made of complete chunks"),
            Self::Head(error) => {
                write!(f, "head is not one of an HTTP/1 request: {}", reason(*error))
            }
            Self::HeadIncomplete => f.write_str("head does not end in an empty line"),
            Self::TransferEncoding => f.write_str("transfer encoding is not `chunked`"),
        }
    }
}

/// What httparse found, in words of our own.
const fn reason(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => {
            "the name of a header is not made of letters, digits and `-` with a `:` behind it"
        }
        httparse::Error::HeaderValue => "a header has a control character in its value",
        httparse::Error::NewLine => "a line does not end in LF or CRLF",
        httparse::Error::Status => "the status is not a number of three digits",
        httparse::Error::Token => "the request line does not begin with a method and a path",
        httparse::Error::TooManyHeaders => "it has more than 256 headers",
        httparse::Error::Version => "the version is not HTTP/1.0 or HTTP/1.1",
    }
}

impl core::error::Error for ParseError {}
