use core::fmt;

use httparse::{Request, Status};

use super::WireRequest;

impl WireRequest {
    /// Most headers that [`from_http`](Self::from_http) takes.
    pub(crate) const MOST_HEADERS: usize = 256;

    /// Reads the text of an HTTP/1 request, such as one cut from a packet capture or a proxy's log.
    ///
    /// A chunked body is put together. Of one with a `Content-Length`, what goes beyond that is left
    /// out, because editors put a newline at the end of a file; one that is shorter is taken as it is.
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
    /// It is not the head of a request, its chunks are none, or it is encoded in another way.
    pub fn from_http(text: &[u8]) -> Result<Self, ParseError> {
        let mut headers = [httparse::EMPTY_HEADER; Self::MOST_HEADERS];
        let mut head = Request::new(&mut headers);
        let (rest, method, path) = match (head.parse(text), head.method, head.path) {
            (Ok(Status::Complete(length)), Some(method), Some(path)) => {
                (text.get(length..).unwrap_or_default(), method, path)
            }
            (Ok(_), ..) => return Err(ParseError::HeadIncomplete),
            (Err(error), ..) => return Err(ParseError::Head(error)),
        };
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: head.headers.iter().map(|h| (h.name.to_owned(), h.value.to_vec())).collect(),
            body: Vec::new(),
        };
        let codings: Vec<_> = request.header("transfer-encoding").collect();
        request.body = if let [coding] = codings[..] {
            let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
            if is_chunked { unchunked(rest)? } else { return Err(ParseError::TransferEncoding) }
        } else if codings.len() > 1 {
            return Err(ParseError::TransferEncoding);
        } else {
            let announced = request.header("content-length").next();
            let announced =
                announced.and_then(|text| core::str::from_utf8(text).ok()?.parse().ok());
            rest.get(..announced.unwrap_or(rest.len())).unwrap_or(rest).to_vec()
        };
        Ok(request)
    }
}

/// Puts a chunked body together. What is behind its last chunk is left out.
pub(crate) fn unchunked(text: &[u8]) -> Result<Vec<u8>, ParseError> {
    let mut body = Vec::new();
    if join_chunks(text, &mut body) { Ok(body) } else { Err(ParseError::Chunks) }
}

/// Adds to a body what its chunks hold, and returns whether the last one was there. Of what is cut
/// off it adds all that came.
pub(crate) fn join_chunks(mut text: &[u8], body: &mut Vec<u8>) -> bool {
    loop {
        let Ok(Status::Complete((head, size))) = httparse::parse_chunk_size(text) else {
            return false;
        };
        if size == 0 {
            return true;
        }
        let rest = text.get(head..).unwrap_or_default();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let (chunk, rest) = rest.split_at(size.min(rest.len()));
        body.extend_from_slice(chunk);
        match rest.strip_prefix(b"\r\n").or(rest.strip_prefix(b"\n")) {
            Some(next) => text = next,
            None => return false,
        }
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
    /// The body is encoded for the transfer in another way than in chunks.
    TransferEncoding,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunks => f.write_str("body is not made of complete chunks"),
            Self::Head(error) => write!(f, "head is not one of an HTTP/1 request: {error}"),
            Self::HeadIncomplete => f.write_str("head does not end in an empty line"),
            Self::TransferEncoding => f.write_str("transfer encoding is not `chunked`"),
        }
    }
}

impl core::error::Error for ParseError {}
