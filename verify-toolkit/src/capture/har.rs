use super::{Capture, CaptureError, document};

impl Capture {
    /// Reads the requests of a HAR file, in order: all of its log, one entry, or one `request`.
    ///
    /// The format is that of HAR 1.2. Bodies in base64 (`encoding` or `_encoding` beside `text`) are
    /// decoded, pseudo-headers of HTTP/2 are left out, and the clock is `startedDateTime`.
    ///
    /// # Errors
    ///
    /// It is not JSON, or has a request whose body was not recorded.
    pub fn from_har(json: &[u8]) -> Result<Vec<Self>, CaptureError> {
        Ok(document::all(document::requests(json)?)?)
    }
}
