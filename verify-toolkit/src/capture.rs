use core::fmt;

use base64ct::Base64;
use serde::{Deserialize, Serialize};
use verify_core::UnixTime;

use crate::WireRequest;

/// One delivery as it was received, byte for byte, with the clock that it was received by.
///
/// As JSON, an object with these fields:
///
/// | field | holds |
/// |---|---|
/// | `sender` | the sender's name |
/// | `origin` | where the capture comes from, for people |
/// | `secret` | the secret that it was signed with, or `null`. **Only throw-away ones belong here** |
/// | `received_at` | Unix seconds: the clock to verify with |
/// | `method`, `path` | of the request |
/// | `headers` | a list of `[name, value]`, in wire order and case; a value that is not UTF-8 is `{"base64": "..."}` |
/// | `body_base64` | the raw bytes |
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
    /// The sender's name.
    pub sender: String,
    /// Where the capture comes from.
    pub origin: String,
    /// The secret that it was signed with. Only throw-away ones belong into a file.
    pub secret: Option<String>,
    /// The clock to verify with.
    pub received_at: UnixTime,
    /// The request.
    pub request: WireRequest,
}

impl Capture {
    /// Makes a capture without an origin or a secret.
    #[must_use]
    pub fn new(sender: impl Into<String>, received_at: UnixTime, request: WireRequest) -> Self {
        let (sender, origin) = (sender.into(), String::new());
        Self { sender, origin, secret: None, received_at, request }
    }

    /// Reads a capture from JSON.
    ///
    /// # Errors
    ///
    /// It is not JSON, lacks a field, or its base64 is none.
    pub fn from_json(json: &[u8]) -> Result<Self, CaptureError> {
        let file: File = serde_json::from_slice(json).map_err(CaptureError)?;
        Ok(file.into())
    }

    /// Writes the capture as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail: no map with odd keys, no float.
        serde_json::to_string_pretty(&File::from(self)).unwrap_or_default() + "\n"
    }
}

/// Shows no secret, value or body.
impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("sender", &self.sender)
            .field("origin", &self.origin)
            .field("received_at", &self.received_at)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// Why a text is not a capture. The message may quote it.
#[derive(Debug)]
pub struct CaptureError(serde_json::Error);

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a capture: {}", self.0)
    }
}

impl core::error::Error for CaptureError {}

/// The capture as it stands in a file.
#[derive(Deserialize, Serialize)]
struct File {
    sender: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    secret: Option<String>,
    received_at: u64,
    method: String,
    path: String,
    headers: Vec<(String, Value)>,
    #[serde(with = "base64")]
    body_base64: Vec<u8>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Bytes {
        #[serde(with = "base64")]
        base64: Vec<u8>,
    },
}

mod base64 {
    use super::{Base64, Deserialize, Serialize};
    use base64ct::Encoding as _;
    use serde::{Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Base64::encode_string(bytes).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Base64::decode_vec(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

impl From<File> for Capture {
    fn from(file: File) -> Self {
        let headers = file.headers.into_iter().map(|(name, value)| match value {
            Value::Text(text) => (name, text.into_bytes()),
            Value::Bytes { base64 } => (name, base64),
        });
        Self {
            sender: file.sender,
            origin: file.origin,
            secret: file.secret,
            received_at: UnixTime::from_secs(file.received_at),
            request: WireRequest {
                method: file.method,
                path: file.path,
                headers: headers.collect(),
                body: file.body_base64,
            },
        }
    }
}

impl From<&Capture> for File {
    fn from(capture: &Capture) -> Self {
        let WireRequest { method, path, headers, body } = capture.request.clone();
        let headers = headers.into_iter().map(|(name, value)| match String::from_utf8(value) {
            Ok(text) => (name, Value::Text(text)),
            Err(error) => (name, Value::Bytes { base64: error.into_bytes() }),
        });
        Self {
            sender: capture.sender.clone(),
            origin: capture.origin.clone(),
            secret: capture.secret.clone(),
            received_at: capture.received_at.as_secs(),
            method,
            path,
            headers: headers.collect(),
            body_base64: body,
        }
    }
}
