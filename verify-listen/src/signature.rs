//! The signature that came beside the one that was expected.
//!
//! Of an expected signature only the beginning leaves this file. It tells as much to whoever compares it with what
//! their own code computes, and it signs nothing: whoever sees the page, or a picture of it, cannot deliver the
//! refused body with it. Where signatures differ beyond it is not told either: that would let them be guessed one
//! character after the other.

use serde::Serialize;
use verify_axum::{Encoding, SignedPart, UnixTime};
use verify_toolkit::{Delivery, WireRequest};

use crate::{keys::SenderKeys, text::readable};

/// Characters of an expected signature that are shown, of 64 or 44.
const START: usize = 12;

/// What came, and what the secrets would have signed it with.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    /// The name of the header.
    header: &'static str,
    /// Its values as they came.
    received: Vec<String>,
    /// Whether one fits under a secret, whatever the clock and the token say.
    fits: bool,
    /// The text in front of the body that is signed with it.
    signed_before: String,
    /// For each secret.
    expected: Vec<Expected>,
    /// Why none can be expected.
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Expected {
    /// The number of the secret.
    secret: String,
    /// The prefix and the beginning.
    start: String,
    /// Characters of all of it.
    length: usize,
}

/// Compares the signature of a delivery with what it would be under each secret.
pub(crate) fn compare(
    keys: &SenderKeys,
    request: &WireRequest,
    received_at: UnixTime,
) -> Comparison {
    let sender = keys.sender();
    let header = sender.signature_header();
    let received: Vec<_> = request.header(header).map(readable).collect();
    let signed = Signed::read(sender.signed_parts(), request);
    let now = signed.as_ref().ok().and_then(|signed| signed.at).unwrap_or(received_at);
    let fits = keys
        .verifier_without_tokens()
        .is_ok_and(|verifier| verifier.verify(now, &request.headers, &request.body).is_ok());
    let (signed_before, expected) = match signed {
        Ok(signed) => {
            let encoding = encoding_of(&received, sender.encodings());
            let expected = signed.expected(keys, request, encoding);
            (signed.before, expected)
        }
        Err(problem) => (String::new(), Err(problem)),
    };
    let (expected, problem) = match expected {
        Ok(expected) => (expected, None),
        Err(problem) => (Vec::new(), Some(problem)),
    };
    Comparison { header, received, fits, signed_before, expected, problem }
}

/// What is signed in front of the body.
#[derive(Debug, Default)]
struct Signed {
    before: String,
    delivery_id: String,
    at: Option<UnixTime>,
}

impl Signed {
    fn read(parts: &[SignedPart], request: &WireRequest) -> Result<Self, String> {
        let mut signed = Self::default();
        for part in parts {
            match *part {
                SignedPart::Text(text) => signed.before.push_str(text),
                SignedPart::DeliveryId(header) => {
                    signed.delivery_id = only(request, header)?;
                    signed.before.push_str(&signed.delivery_id);
                }
                SignedPart::Timestamp(header) => {
                    let text = only(request, header)?;
                    let seconds = text.parse().ok().filter(|at: &u64| at.to_string() == text);
                    let at = seconds
                        .ok_or_else(|| format!("header `{header}` is no time in Unix seconds"))?;
                    signed.at = Some(UnixTime::from_secs(at));
                    signed.before.push_str(&text);
                }
                _ => return Err("this version does not know what is signed".to_owned()),
            }
        }
        Ok(signed)
    }

    fn expected(
        &self,
        keys: &SenderKeys,
        request: &WireRequest,
        encoding: Option<&'static [Encoding]>,
    ) -> Result<Vec<Expected>, String> {
        let sender = encoding.map_or(keys.sender(), |one| keys.sender().with_encodings(one));
        let header = sender.signature_header();
        let at = self.at.unwrap_or(UnixTime::from_secs(0));
        keys.secrets()
            .zip(1..)
            .map(|(secret, number)| {
                let delivery = Delivery::new(sender, request.body.clone());
                let signed = delivery.with_delivery_id(&self.delivery_id).sign(secret, at);
                let signed = signed.map_err(|error| error.to_string())?;
                let value = only(&signed, header)?;
                let start = value.chars().take(sender.prefix().len() + START).collect();
                Ok(Expected { secret: format!("{number}"), start, length: value.len() })
            })
            .collect()
    }
}

/// The encoding that a signature of this length claims to be in, if the sender has it.
fn encoding_of(received: &[String], encodings: &[Encoding]) -> Option<&'static [Encoding]> {
    let [received] = received else { return None };
    let (encoding, all): (_, &'static [Encoding]) = match received.len() {
        44 => (Encoding::Base64, &[Encoding::Base64]),
        64 => (Encoding::Hex, &[Encoding::Hex]),
        _ => return None,
    };
    encodings.contains(&encoding).then_some(all)
}

/// The value of a header that occurs once.
fn only(request: &WireRequest, name: &str) -> Result<String, String> {
    let mut values = request.header(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(readable(value)),
        (None, _) => Err(format!("header `{name}` is missing, and it is part of what is signed")),
        _ => {
            Err(format!("header `{name}` occurs more than once, and it is part of what is signed"))
        }
    }
}
