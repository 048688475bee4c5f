use base64ct::Base64;
use serde::{Deserialize, Serialize};
use verify_core::UnixTime;

use super::{Capture, CaptureError, JsonError};
use crate::WireRequest;

impl Capture {
    /// Reads a capture from JSON.
    ///
    /// # Errors
    ///
    /// It is not JSON, lacks a field, or its base64 is none.
    pub fn from_json(json: &[u8]) -> Result<Self, CaptureError> {
        let file: File = serde_json::from_slice(json).map_err(JsonError)?;
        Ok(file.into())
    }

    /// Writes the capture as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail: no map with odd keys, no float.
        serde_json::to_string_pretty(&File::from(self)).unwrap_or_default() + "\n"
    }
}

/// The capture as it stands in a file.
#[derive(Deserialize, Serialize)]
struct File {
    sender: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    received_at: Option<u64>,
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
            received_at: file.received_at.map(UnixTime::from_secs),
            request: WireRequest {
                method: file.method,
                path: file.path,
                headers: headers.collect(),
                body: file.body_base64,
            },
            notes: Vec::new(),
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
            received_at: capture.received_at.map(UnixTime::as_secs),
            method,
            path,
            headers: headers.collect(),
            body_base64: body,
        }
    }
}
