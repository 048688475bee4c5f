mod bruno;
mod codes;
mod curl;
mod document;
mod error;
mod forms;
mod har;
mod http;
mod http_file;
mod json;
mod line;
mod note;
mod read;
mod source;
mod text;
mod tools;

use core::fmt;

use verify_core::{Sender, UnixTime};

pub use curl::{CurlError, CurlProblem};
#[cfg(feature = "explain")]
pub(crate) use curl::{hex_pair, percent_encoded, unescape, url_decoded};
use document::Tree;
#[cfg(feature = "explain")]
pub(crate) use document::json_of_printed;
pub use document::{BodyError, JsonError};
pub use error::CaptureError;
pub use note::Note;
#[cfg(feature = "explain")]
pub(crate) use text::without_colours;

use crate::{WireRequest, request::is_renamed};

/// One delivery as it was received, byte for byte, with the time of its receipt.
///
/// As JSON, an object with these fields:
///
/// | field | holds |
/// |---|---|
/// | `sender` | the sender's name. Without one, the signature header tells it |
/// | `origin` | where the capture comes from, for people |
/// | `secret` | the secret that it was signed with, or `null`. **Only throw-away ones belong here** |
/// | `received_at` | Unix seconds: the clock to verify with; or `null` |
/// | `method`, `path` | of the request |
/// | `headers` | a list of `[name, value]`, in wire order and case; a value that is not UTF-8 is `{"base64": "..."}` |
/// | `body_base64` | the raw bytes |
///
/// [`read`](Self::read) understands what else people have: the text of a request, a `curl` command, a
/// HAR file, and what tools and programs print about a request.
///
/// ```
/// use verify_toolkit::{Capture, Delivery, UnixTime};
///
/// let now = UnixTime::from_secs(1795290782);
/// let request = Delivery::databricks(r#"{"event":"REGISTERED_MODEL_CREATED"}"#).sign("shared", now)?;
/// let capture = Capture::new("databricks", now, request);
/// assert_eq!(Capture::from_json(capture.to_json().as_bytes())?, capture);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Capture {
    /// The sender's name. Empty if nothing says it, the signature header neither.
    pub sender: String,
    /// Where the capture comes from.
    pub origin: String,
    /// The secret that it was signed with. Only throw-away ones belong into a file.
    pub secret: Option<String>,
    /// The clock to verify with. Neither the text of a request nor a `curl` command has one.
    pub received_at: Option<UnixTime>,
    /// The request.
    pub request: WireRequest,
    /// What [`read`](Self::read) left out of the input, and what did not fit. Not part of the JSON.
    pub notes: Vec<Note>,
}

impl Capture {
    /// Makes a capture without an origin or a secret. If `sender` is empty, the signature header tells it.
    #[must_use]
    pub fn new(
        sender: impl Into<String>,
        received_at: impl Into<Option<UnixTime>>,
        request: WireRequest,
    ) -> Self {
        let mut sender = sender.into();
        if sender.is_empty() {
            sender.push_str(signed_by(request.names()).map_or("", |sender| sender.name()));
        }
        let (origin, received_at) = (String::new(), received_at.into());
        Self { sender, origin, secret: None, received_at, request, notes: Vec::new() }
    }

    /// Makes a capture of a request about which nothing else is known.
    fn of(origin: &str, received_at: Option<UnixTime>, request: WireRequest) -> Self {
        Self { origin: origin.to_owned(), ..Self::new("", received_at, request) }
    }

    fn with_notes(mut self, notes: Vec<Note>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Returns the sender, if it is one that the toolkit knows.
    #[must_use]
    pub fn known_sender(&self) -> Option<Sender> {
        Sender::ALL.iter().find(|sender| sender.name() == self.sender).copied()
    }
}

/// Finds the sender whose signature header is among these, if need be under the name that something
/// on the way gave it.
pub(crate) fn signed_by<'n>(
    names: impl Iterator<Item = &'n str> + Clone,
) -> Option<&'static Sender> {
    let has = |is: fn(&str, &str) -> bool| {
        let is_there = |sender: &&Sender| names.clone().any(|n| is(n, sender.signature_header()));
        Sender::ALL.iter().find(is_there)
    };
    has(str::eq_ignore_ascii_case).or_else(|| has(is_renamed))
}

/// Shows no secret, value or body, except for what a note quotes.
impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("sender", &self.sender)
            .field("origin", &self.origin)
            .field("received_at", &self.received_at)
            .field("request", &self.request)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}
