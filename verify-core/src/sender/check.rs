//! What makes a description of a sender one that cannot work, or is not safe.

use crate::{ConfigError, Sender, SignedPart, slots};

impl Sender {
    /// Refuses a description under which two different deliveries could have the same signed
    /// text, or which no delivery could fit.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let invalid =
            |problem, header| ConfigError::SenderInvalid { sender: self.name, problem, header };
        let refuse = |problem| Err(invalid(problem, None));

        if self.name.is_empty() {
            return refuse("`name` is empty");
        }
        if self.prefix.len() > Self::MAX_PREFIX
            || !self.prefix.bytes().all(|b| b.is_ascii_graphic())
        {
            return refuse("`prefix` is not at most 32 visible ASCII characters");
        }
        if self.encodings.is_empty() {
            return refuse("`encodings` is empty");
        }
        if !(1..=slots::CAPACITY).contains(&self.max_signatures) {
            return refuse("`signature_list` is not of 1 to 4 signatures");
        }
        if self.max_signatures > 1 && !self.signs_retries_anew {
            return refuse("`signature_list` needs `retries_signed_anew`");
        }
        if self.signs_retries_anew && self.delivery_id_header().is_none() {
            return refuse("`retries_signed_anew` needs a delivery id in `signed_parts`");
        }

        let count =
            |wanted: fn(&&SignedPart) -> bool| self.signed_parts.iter().filter(wanted).count();
        if count(|part| matches!(part, SignedPart::DeliveryId(_))) > 1
            || count(|part| matches!(part, SignedPart::Timestamp(_))) > 1
        {
            return refuse("`signed_parts` names two delivery ids or two timestamps");
        }
        let following = self.signed_parts.iter().skip(1).map(Some).chain([None]);
        let separated = self.signed_parts.iter().zip(following).all(|pair| match pair {
            (SignedPart::Text(_), _) => true,
            (SignedPart::DeliveryId(_), Some(SignedPart::Text(text))) => !text.is_empty(),
            (SignedPart::Timestamp(_), Some(SignedPart::Text(text))) => {
                text.bytes().next().is_some_and(|first| !first.is_ascii_digit())
            }
            _ => false,
        });
        if !separated {
            return refuse("`signed_parts` has no separating text behind an id or a timestamp");
        }

        let headers =
            [Some(self.signature_header), self.delivery_id_header(), self.timestamp_header()];
        let mut names = headers.into_iter().flatten();
        while let Some(name) = names.next() {
            if !is_lower_case_token(name) {
                return Err(invalid("header name is not a lower-case token", Some(name)));
            }
            if name == "authorization" {
                return Err(invalid("header is for credentials", Some(name)));
            }
            if names.clone().any(|other| other == name) {
                return Err(invalid("header is used twice", Some(name)));
            }
        }
        Ok(())
    }
}

/// RFC 9110, section 5.6.2, without the upper-case letters.
fn is_lower_case_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}
