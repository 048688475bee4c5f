//! The attributes of a delivery, the same wherever it is posted to.

use crate::{Delivery, delivery::EventOf};

/// What a CloudEvent is told apart by.
#[derive(Clone)]
pub(crate) struct Attributes {
    source: String,
    event_of: EventOf,
}

impl Attributes {
    /// `source` is a URI.
    pub(crate) fn new(source: &str, event_of: EventOf) -> Self {
        Self { source: source.to_owned(), event_of }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Returns what stands in headers of the same names, over HTTP and in NATS.
    pub(crate) fn of(&self, delivery: &Delivery) -> [(&'static str, String); 5] {
        let sender = &delivery.sender;
        let kind = match (self.event_of)(delivery) {
            Some(event) => format!("{sender}.{event}"),
            None => sender.clone(),
        };
        [
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", delivery.key_hex()),
            ("ce-source", encode(&self.source)),
            ("ce-type", encode(&kind)),
            ("ce-time", time(delivery.received_at.as_secs())),
        ]
    }
}

/// What is no visible ASCII, and `"` and `%`, has percent signs: section 3.1.3.2 of CloudEvents' bindings of HTTP and
/// of NATS.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"%".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// A time of RFC 3339, from seconds since 1970.
fn time(seconds: u64) -> String {
    const DAY: u64 = 24 * 60 * 60;
    let of_day = seconds % DAY;
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days: years begin in March.
    let days = seconds / DAY + 719_468;
    let era = days / 146_097;
    let day = days % 146_097;
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::{encode, time};

    #[test]
    fn times_are_those_of_rfc_3339() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_290_101, "2026-11-21T19:41:41Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(time(seconds), expected);
        }
    }

    #[test]
    fn no_name_of_an_event_ends_a_header() {
        assert_eq!(encode("wandb.a b\r\nx: \"1%\u{fc}"), "wandb.a%20b%0D%0Ax:%20%221%25%C3%BC");
    }
}
