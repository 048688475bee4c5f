use core::fmt;

use super::{BodyError, CurlError, JsonError};
use crate::ParseError;

/// Why bytes cannot be read as a capture, and what to do about it. The message may quote the bytes.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// JSON, or what a program printed, has a request without its raw body.
    Body(BodyError),
    /// The body in a Hurl file does not have the form that the file says.
    BodyDamaged {
        /// `base64` or `hex`.
        kind: &'static str,
    },
    /// A request of an `.http` file reads its body from another file.
    BodyInFile {
        /// The file.
        path: String,
    },
    /// A `curl` command that does not say what it sends.
    Curl(CurlError),
    /// What `curl -v` prints, which has no body.
    CurlVerbose,
    /// There are not so many requests.
    EntryMissing {
        /// Which one was asked for, from 1.
        entry: usize,
        /// How many there are.
        found: usize,
    },
    /// A header goes on in the next line, as HTTP allows no more.
    Folded {
        /// The line that belongs to the one before, from 1.
        line: usize,
    },
    /// The text of a request is damaged.
    Http {
        /// What is wrong with it.
        error: ParseError,
        /// The line at which it shows, from 1.
        line: usize,
    },
    /// JSON, or a capture of the toolkit's own format, is damaged.
    Json(JsonError),
    /// What a tool printed does not have the whole of a request.
    NoRequest {
        /// The tool, as people call it.
        tool: &'static str,
        /// What the tool leaves out or changes, and how to get the bytes as they were.
        remedy: &'static str,
    },
    /// There are several requests, and none has a signature header that a sender uses.
    NotOne {
        /// How many there are.
        found: usize,
    },
    /// A command of another program than `curl`.
    OtherCommand {
        /// The program.
        tool: &'static str,
        /// What to give instead.
        remedy: &'static str,
    },
    /// More than [`Capture::MAX_BYTES`](super::Capture::MAX_BYTES).
    TooLarge,
    /// None of the formats.
    Unrecognised,
    /// A request as PowerShell or a browser's console sends it.
    UnsupportedShell,
}

impl From<JsonError> for CaptureError {
    fn from(error: JsonError) -> Self {
        Self::Json(error)
    }
}

impl From<BodyError> for CaptureError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<CurlError> for CaptureError {
    fn from(error: CurlError) -> Self {
        Self::Curl(error)
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Curl(error) => write!(f, "curl command, {error}"),
            Self::CurlVerbose => f.write_str(
                "`curl -v` prints no body: put it behind the lines that begin with `>`, or give the `curl` \
                 command itself",
            ),
            Self::Body(error) => error.fmt(f),
            Self::BodyDamaged { kind } => {
                write!(f, "the body is not the {kind} that it is said to be: copy all of it")
            }
            Self::BodyInFile { path } => write!(
                f,
                "the body is read from a file: put the content of `{path}` in place of this line"
            ),
            Self::EntryMissing { entry, found } => {
                write!(f, "there is no request {entry}: there are {found}, counted from 1")
            }
            Self::NoRequest { tool, remedy } => {
                write!(f, "what {tool} prints does not have the whole of a request")?;
                if remedy.is_empty() { Ok(()) } else { write!(f, ": {remedy}") }
            }
            Self::NotOne { found } => write!(
                f,
                "{found} requests, and none has a known signature header: take one by its number, as with \
                 `--entry 1`"
            ),
            Self::OtherCommand { tool, remedy } => write!(f, "a command of {tool}: {remedy}"),
            Self::Folded { line } => write!(
                f,
                "HTTP request, line {line}: a header that is folded: join this line to the one before, with a \
                 space between them"
            ),
            Self::Http { error, line } => {
                write!(f, "HTTP request, line {line}: {error}")?;
                match error {
                    ParseError::Chunks => f.write_str(
                        "; if it was put together already, take the line `Transfer-Encoding` out of the head",
                    ),
                    _ => Ok(()),
                }
            }
            Self::Json(error) => write!(f, "JSON: {error}"),
            Self::TooLarge => f.write_str(
                "larger than 32 MiB: cut out the one request, a HAR entry for instance",
            ),
            Self::Unrecognised => f.write_str(
                "not recognised: give the text of an HTTP/1.1 request, a `curl` command, or JSON or a printed \
                 object that has headers and a body, such as a HAR file",
            ),
            Self::UnsupportedShell => f.write_str(
                "a request for PowerShell or a browser's console: take `copy as cURL (bash)` instead",
            ),
        }
    }
}

impl core::error::Error for CaptureError {}
