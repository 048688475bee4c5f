//! What is known of a verified delivery, as headers and for the log.

use core::fmt::Write as _;
use std::time::SystemTime;

use bridge_common::Event;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use verify_core::Verified;

/// The longest name of an event that goes into a header. Bodies of some senders may have any text there, and a head that is
/// too large for an upstream would be refused each time.
const LONGEST_EVENT: usize = 256;

/// What a service needs to know of a delivery that it did not verify itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) sender: &'static str,
    /// With percent signs for what is no visible ASCII.
    pub(crate) event: Option<String>,
    /// The same for each try of a delivery, and for no other.
    pub(crate) key: String,
    pub(crate) delivery_id: Option<String>,
    signed_at: Option<u64>,
    pub(crate) tenant: Option<String>,
    pub(crate) secret: Option<String>,
}

impl Facts {
    pub(crate) fn new(verified: &Verified<Bytes>, event: &Event, tenant: Option<&str>) -> Self {
        let receipt = verified.receipt();
        let event = event.name().map(encode);
        Self {
            sender: receipt.sender(),
            event: event.filter(|event| event.len() <= LONGEST_EVENT),
            key: hex(&receipt.replay_key()),
            delivery_id: receipt.delivery_id().map(str::to_owned),
            signed_at: receipt.signed_at().map(verify_core::UnixTime::as_secs),
            tenant: tenant.map(str::to_owned),
            secret: receipt.secret_label().map(str::to_owned),
        }
    }

    /// Writes the headers. Nobody else can set one of these: what a sender has of them is not forwarded.
    pub(crate) fn write(&self, attempt: Option<u32>, headers: &mut HeaderMap) {
        const NAMES: [HeaderName; 7] = [
            HeaderName::from_static("verify-sender"),
            HeaderName::from_static("verify-event"),
            HeaderName::from_static("verify-delivery-id"),
            HeaderName::from_static("verify-signed-at"),
            HeaderName::from_static("verify-key"),
            HeaderName::from_static("verify-attempt"),
            HeaderName::from_static("verify-tenant"),
        ];
        let text = |text: &Option<String>| HeaderValue::from_str(text.as_deref()?).ok();
        let values = [
            Some(HeaderValue::from_static(self.sender)),
            text(&self.event),
            text(&self.delivery_id),
            self.signed_at.map(HeaderValue::from),
            HeaderValue::from_str(&self.key).ok(),
            attempt.map(HeaderValue::from),
            text(&self.tenant),
        ];
        let all = NAMES.into_iter().zip(values);
        for (name, value) in all.filter_map(|(name, value)| Some((name, value?))) {
            headers.insert(name, value);
        }
    }
}

/// Returns whether a delivery tells of something so long ago that a repetition would not be known: somebody who recorded it
/// could have it handled again.
pub(crate) fn is_outdated(event: &Event, known_for: Option<core::time::Duration>) -> bool {
    known_for.is_some_and(|known_for| event.is_outdated(known_for, SystemTime::now()))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
    text
}

/// Visible ASCII, and percent signs for the rest: a name of an event must not end a header or a line of a log.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte.is_ascii_graphic() && byte != b'%' {
            true => encoded.push(byte.into()),
            // Writing to a text does not fail.
            false => _ = write!(encoded, "%{byte:02X}"),
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::{encode, hex};

    #[test]
    fn each_byte_is_two_digits() {
        assert_eq!(hex(&[0, 9, 10, 0xa0, 0xff]), "00090aa0ff");
    }

    #[test]
    fn no_event_ends_a_header() {
        assert_eq!(encode("model_version.created"), "model_version.created");
        assert_eq!(
            encode("a b\r\nverify-sender: x%\u{fc}"),
            "a%20b%0D%0Averify-sender:%20x%25%C3%BC"
        );
    }
}
