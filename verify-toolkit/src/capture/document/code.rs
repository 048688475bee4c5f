//! Programs that make a request: the names, the values and the body stand in quotes, in whichever
//! language.

use serde::de::IgnoredAny;

use super::{
    body::Lack,
    literal,
    requests::{Found, has_signature},
    shape::CODE,
    tree::Tree,
};
use crate::{WireRequest, capture::signed_by};

/// What only programs say.
const CALLS: [&str; 14] = [
    "axios",
    "curl_setopt",
    "fetch(",
    "http.NewRequest",
    "http.post(",
    "http.request(",
    "HttpClient",
    "HttpRequest.newBuilder",
    "httpx.",
    "Invoke-RestMethod",
    "Invoke-WebRequest",
    "Net::HTTP",
    "requests.post(",
    "requests.request(",
];

/// Most texts in quotes.
const MOST: usize = 10_000;

/// Reads the request that a program makes, if the text is one.
pub(super) fn read(text: &str) -> Option<Found> {
    let is_code = !text.starts_with(['{', '[']) && has_signature(text);
    if !is_code || !CALLS.iter().any(|call| text.contains(call)) {
        return None;
    }
    // PowerShell's escape.
    let text = text.replace("`\"", "\\\"");
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    let mut bodies = Vec::new();
    let mut name: Option<String> = None;
    for part in quoted(&text) {
        let Ok(own) = String::from_utf8(part) else { continue };
        if is_json(&own) {
            bodies.push(own.into_bytes());
            name = None;
        } else if let Some(name) = name.take() {
            headers.push((name, own.into_bytes()));
        } else if let Some((name, value)) = own.split_once(": ").filter(|(name, _)| is_name(name)) {
            headers.push((name.to_owned(), value.trim().into()));
        } else if is_name(&own) {
            name = Some(own);
        }
    }
    signed_by(headers.iter().map(|(name, _)| name.as_str()))?;
    let (body, lack) = match <[Vec<u8>; 1]>::try_from(bodies) {
        Ok([body]) => (body, None),
        Err(_) => (Vec::new(), Some(("body".to_owned(), Lack::Parsed))),
    };
    let request = WireRequest { method: "POST".to_owned(), path: "/".to_owned(), headers, body };
    Some(Found { shape: &CODE, lack, received_at: None, request, notes: Vec::new() })
}

/// Whether a text is an object of JSON that is no mere `{}`.
fn is_json(text: &str) -> bool {
    text.len() > 2 && text.starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether a text may be the name of a header that has a value: of two words, or one that senders use.
fn is_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.contains('-')
        && text.bytes().all(is_token)
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The texts in quotes, in their order.
fn quoted(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let mut at = 0;
    let parts = core::iter::from_fn(move || {
        loop {
            at += text.get(at..)?.find(['\'', '"', '`'])?;
            match literal::text(text, at) {
                Some((part, end)) => {
                    at = end;
                    return match part {
                        Tree::Text(part) => Some(part.into_owned().into_bytes()),
                        Tree::Bytes(part) => Some(part),
                        _ => None,
                    };
                }
                None => at += 1,
            }
        }
    });
    parts.take(MOST)
}
