use base64ct::{Base64, Encoding as _};
use serde::Serialize;
use verify_core::UnixTime;

use super::{Capture, CaptureError, JsonError, Tree, document};
use crate::WireRequest;

impl Capture {
    /// Reads a capture from JSON.
    ///
    /// # Errors
    ///
    /// It is not JSON, lacks a field, or its base64 is malformed.
    pub fn from_json(json: &[u8]) -> Result<Self, CaptureError> {
        Ok(from_tree(&document::value(json)?)?)
    }

    /// Writes the capture as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail: no map with odd keys, no float.
        serde_json::to_string_pretty(&File::from(self)).unwrap_or_default() + "\n"
    }
}

/// Reads a capture, if some JSON is meant to be one.
pub(super) fn read(json: &[u8]) -> Option<Result<Capture, CaptureError>> {
    let tree = document::value(json).ok()?;
    let has = |name| tree.exact(name).is_some();
    let is_meant = has("body_base64") || (has("sender") && (has("path") || has("received_at")));
    is_meant.then(|| Ok(from_tree(&tree)?))
}

fn from_tree(tree: &Tree<'_>) -> Result<Capture, JsonError> {
    let given = |name| tree.exact(name).filter(|value| !value.is_null());
    let text = |name| match given(name) {
        Some(Tree::Text(text)) => Ok(text.clone().into_owned()),
        _ => Err(JsonError::field(name, "a text")),
    };
    let optional = |name| given(name).map(|_| text(name)).transpose();
    let time = |time: &Tree<'_>| {
        time.number().ok_or(JsonError::field("received_at", "Unix seconds, a whole number"))
    };
    let sender = optional("sender")?.unwrap_or_default();
    let (method, path) = (text("method")?, text("path")?);
    let headers =
        given("headers").ok_or(JsonError::field("headers", "a list of `[name, value]`"))?;
    let headers = headers.items().iter().enumerate().map(|(number, pair)| {
        let name = format!("headers[{number}]");
        match pair.items() {
            [Tree::Text(header), Tree::Text(value)] => {
                Ok((header.clone().into_owned(), value.as_bytes().to_vec()))
            }
            [Tree::Text(header), bytes @ Tree::Object(_)] => {
                Ok((header.clone().into_owned(), base64(bytes.exact("base64"), &name)?))
            }
            _ => Err(JsonError::field(name, "`[name, value]`")),
        }
    });
    let headers = headers.collect::<Result<_, JsonError>>()?;
    let received_at = given("received_at").map(time).transpose()?.map(UnixTime::from_secs);
    let body = base64(given("body_base64"), "body_base64")?;
    let request = WireRequest { method, path, headers, body };
    Ok(Capture {
        origin: optional("origin")?.unwrap_or_default(),
        secret: optional("secret")?,
        ..Capture::new(sender, received_at, request)
    })
}

fn base64(code: Option<&Tree<'_>>, name: &str) -> Result<Vec<u8>, JsonError> {
    let bytes = code.and_then(Tree::text).map(Base64::decode_vec);
    bytes.and_then(Result::ok).ok_or_else(|| JsonError::field(name, "base64"))
}

/// The capture as it stands in a file.
#[derive(Serialize)]
struct File<'c> {
    sender: &'c str,
    origin: &'c str,
    secret: Option<&'c str>,
    received_at: Option<u64>,
    method: &'c str,
    path: &'c str,
    headers: Vec<(&'c str, Value<'c>)>,
    body_base64: String,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'c> {
    Text(&'c str),
    Bytes { base64: String },
}

impl<'c> From<&'c Capture> for File<'c> {
    fn from(capture: &'c Capture) -> Self {
        let WireRequest { method, path, headers, body } = &capture.request;
        let headers = headers.iter().map(|(name, value)| match core::str::from_utf8(value) {
            Ok(text) => (name.as_str(), Value::Text(text)),
            Err(_) => (name.as_str(), Value::Bytes { base64: Base64::encode_string(value) }),
        });
        Self {
            sender: &capture.sender,
            origin: &capture.origin,
            secret: capture.secret.as_deref(),
            received_at: capture.received_at.map(UnixTime::as_secs),
            method,
            path,
            headers: headers.collect(),
            body_base64: Base64::encode_string(body),
        }
    }
}
