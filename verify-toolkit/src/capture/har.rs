use core::fmt;

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use verify_core::{UnixTime, mlflow::Timestamp};

use super::{Capture, CaptureError, JsonError, curl::path_of, signed_by};
use crate::WireRequest;

impl Capture {
    /// Reads the requests of a HAR file, in order: all of its log, one entry, or one `request`.
    ///
    /// The format is that of HAR 1.2. Bodies in base64 (`encoding` or `_encoding` beside `text`) are
    /// decoded, pseudo-headers of HTTP/2 are left out, and the clock is `startedDateTime`.
    ///
    /// # Errors
    ///
    /// It is not JSON, lacks a field, or has a request whose body was not recorded.
    pub fn from_har(json: &[u8]) -> Result<Vec<Self>, CaptureError> {
        Ok(entries(json)?
            .into_iter()
            .zip(1..)
            .map(|(one, n)| one.capture(n))
            .collect::<Result<_, _>>()?)
    }
}

/// The entry that is meant where nobody says which: the only one, or the only one that is signed.
pub(super) fn only(json: &[u8]) -> Result<Capture, HarError> {
    let entries = entries(json)?;
    let found = entries.len();
    let is_meant = |entry: &Entry| found == 1 || entry.is_signed();
    let mut meant: Vec<_> =
        entries.into_iter().zip(1..).filter(|(entry, _)| is_meant(entry)).collect();
    match (meant.pop(), meant.is_empty()) {
        (Some((entry, number)), true) => entry.capture(number),
        (last, _) => {
            let signed = meant.iter().chain(&last).map(|(_, number)| *number).collect();
            Err(HarError::NotOne { found, signed })
        }
    }
}

/// One entry, counted from 1.
pub(super) fn entry(json: &[u8], number: usize) -> Result<Capture, HarError> {
    let entries = entries(json)?;
    let found = entries.len();
    let mut numbered = entries.into_iter().zip(1..);
    match numbered.find(|(_, other)| *other == number) {
        Some((entry, _)) => entry.capture(number),
        None => Err(HarError::EntryMissing { entry: number, found }),
    }
}

fn entries(json: &[u8]) -> Result<Vec<Entry>, HarError> {
    let file = serde_json::from_slice(json).map_err(|error| HarError::Json(JsonError(error)))?;
    Ok(match file {
        File::Log { log } => log.entries,
        File::Entry(entry) => vec![entry],
        File::Request(request) => vec![Entry { started: None, request }],
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Log { log: Log },
    Entry(Entry),
    Request(Request),
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "startedDateTime")]
    started: Option<String>,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
    headers: Vec<Header>,
    #[serde(rename = "postData")]
    post_data: Option<PostData>,
    /// -1 if not known.
    #[serde(default, rename = "bodySize")]
    body_size: i64,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    #[serde(alias = "_encoding")]
    encoding: Option<String>,
}

impl Entry {
    fn is_signed(&self) -> bool {
        let headers = self.request.headers.iter();
        signed_by(headers.map(|header| header.name.as_str())).is_some()
    }

    fn capture(self, entry: usize) -> Result<Capture, HarError> {
        let Self { started, request: Request { method, url, headers, post_data, body_size } } =
            self;
        let body = match post_data {
            Some(PostData { text: Some(text), encoding: Some(encoding) })
                if encoding == "base64" =>
            {
                Base64::decode_vec(&text).map_err(|_| HarError::Base64 { entry })?
            }
            Some(PostData { text: Some(text), .. }) => text.into_bytes(),
            Some(_) => return Err(HarError::BodyMissing { entry }),
            None if body_size > 0 => return Err(HarError::BodyMissing { entry }),
            None => Vec::new(),
        };
        let headers = headers.into_iter().filter(|header| !header.name.starts_with(':'));
        let headers = headers.map(|header| (header.name, header.value.into_bytes())).collect();
        let request = WireRequest { method, path: path_of(&url), headers, body };
        Ok(Capture::of("HAR entry", started.as_deref().and_then(moment), request))
    }
}

/// Reads ISO 8601 with any offset from UTC.
fn moment(text: &str) -> Option<UnixTime> {
    let zone =
        text.len().checked_sub("+00:00".len()).and_then(|start| text.split_at_checked(start));
    let Some((local, zone)) = zone.filter(|(_, zone)| zone.starts_with(['+', '-'])) else {
        return Timestamp::new(text).unix_time();
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let offset = hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60;
    let local = Timestamp::new(format!("{local}Z")).unix_time()?.as_secs();
    let utc =
        if zone.starts_with('+') { local.checked_sub(offset) } else { local.checked_add(offset) };
    utc.map(UnixTime::from_secs)
}

/// Why no request can be taken from a HAR file.
#[derive(Debug)]
#[non_exhaustive]
pub enum HarError {
    /// A body is said to be in base64, and is not.
    Base64 {
        /// Which entry, from 1.
        entry: usize,
    },
    /// A body was not recorded.
    BodyMissing {
        /// Which entry, from 1.
        entry: usize,
    },
    /// There are not so many entries.
    EntryMissing {
        /// Which entry was asked for, from 1.
        entry: usize,
        /// How many there are.
        found: usize,
    },
    /// It is not JSON, or not that of a HAR file.
    Json(JsonError),
    /// There are several requests, or none, and not exactly one has a sender's signature header.
    NotOne {
        /// How many there are.
        found: usize,
        /// Which of them have such a header, from 1.
        signed: Vec<usize>,
    },
}

impl fmt::Display for HarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { entry } => {
                write!(f, "entry {entry}: `postData.text` is not the base64 that it is said to be")
            }
            Self::BodyMissing { entry } => write!(
                f,
                "entry {entry}: the body was not recorded: record it again with `postData.text`, or take \
                 `copy as cURL (bash)`"
            ),
            Self::Json(error) => write!(f, "neither a log, an entry nor a request: {error}"),
            Self::EntryMissing { entry, found } => {
                write!(f, "there is no entry {entry}: it has {found}, counted from 1")
            }
            Self::NotOne { found, signed } => {
                write!(f, "{found} requests, and ")?;
                match signed.as_slice() {
                    [] => f.write_str("none has")?,
                    [one, rest @ ..] => {
                        write!(f, "{one}")?;
                        rest.iter().try_for_each(|number| write!(f, ", {number}"))?;
                        f.write_str(" have")?;
                    }
                }
                f.write_str(" a known signature header: say which one")
            }
        }
    }
}

impl core::error::Error for HarError {}
