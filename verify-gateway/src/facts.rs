//! What is known of a verified delivery, as headers and for the log.

use core::fmt::Write as _;
use std::{borrow::Cow, time::SystemTime};

use bridge_common::Event;
use bytes::Bytes;
use verify_core::Verified;

/// The longest name of an event that goes into a header. Bodies of some senders may have any text there, and a head that is
/// too large for an upstream would be refused each time.
const LONGEST_EVENT: usize = 256;

/// What a service needs to know of a delivery that it did not verify itself.
#[derive(Debug)]
pub(crate) struct Facts<'d> {
    pub(crate) sender: &'static str,
    /// With percent signs for what is no visible ASCII.
    pub(crate) event: Option<Cow<'d, str>>,
    /// The same for each try of a delivery, and for no other that its sender tells apart from it.
    pub(crate) key: String,
    pub(crate) delivery_id: Option<&'d str>,
    signed_at: Option<u64>,
    pub(crate) tenant: Option<&'d str>,
    pub(crate) secret: Option<&'d str>,
}

impl<'d> Facts<'d> {
    pub(crate) fn new(
        verified: &'d Verified<Bytes>,
        event: &'d Event,
        tenant: Option<&'d str>,
    ) -> Self {
        let receipt = verified.receipt();
        let event = event.name().map(encode);
        Self {
            sender: receipt.sender(),
            event: event.filter(|event| event.len() <= LONGEST_EVENT),
            key: hex(&receipt.replay_key()),
            delivery_id: receipt.delivery_id(),
            signed_at: receipt.signed_at().map(verify_core::UnixTime::as_secs),
            tenant,
            secret: receipt.secret_label(),
        }
    }

    /// Says each as a header. Nobody else can set one of these: what a sender has of them is not forwarded.
    pub(crate) fn each(&self, attempt: Option<u32>, mut say: impl FnMut(&'static str, &str)) {
        let [signed_at, attempt] =
            [self.signed_at, attempt.map(u64::from)].map(|number| number.map(|it| it.to_string()));
        for (name, value) in [
            ("verify-sender", Some(self.sender)),
            ("verify-event", self.event.as_deref()),
            ("verify-delivery-id", self.delivery_id),
            ("verify-signed-at", signed_at.as_deref()),
            ("verify-key", Some(self.key.as_str())),
            ("verify-attempt", attempt.as_deref()),
            ("verify-tenant", self.tenant),
        ] {
            if let Some(value) = value {
                say(name, value);
            }
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
fn encode(text: &str) -> Cow<'_, str> {
    let stays = |byte: u8| byte.is_ascii_graphic() && byte != b'%';
    if text.bytes().all(stays) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.bytes().fold(String::new(), |mut encoded, byte| {
        match stays(byte) {
            true => encoded.push(byte.into()),
            // Writing to a text does not fail.
            false => _ = write!(encoded, "%{byte:02X}"),
        }
        encoded
    }))
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
