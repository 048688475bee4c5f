use verify_core::UnixTime;

use crate::{Delivery, Forgery, SignError, WireRequest, key};

impl Delivery {
    /// Makes the request with one thing wrong.
    ///
    /// ```
    /// use verify_toolkit::{Delivery, Forgery, Secret, Sender, UnixTime, Verifier};
    ///
    /// let now = UnixTime::from_secs(1795290782);
    /// let request = Delivery::mlflow("{}").forge(Forgery::Stale, "shared", now)?;
    ///
    /// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
    /// let refused = verifier.verify(now, &request.headers, &request.body).unwrap_err();
    /// assert_eq!(refused.code(), "timestamp_too_old");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign), and [`SignError::NotSent`] if the sender sends no such part.
    pub fn forge(
        self,
        forgery: Forgery,
        secret: impl AsRef<[u8]>,
        now: UnixTime,
    ) -> Result<WireRequest, SignError> {
        let sender = *self.sender();
        let header = match forgery {
            Forgery::Body => {
                let mut request = self.sign(secret, now)?;
                let last = request.body.iter().rposition(u8::is_ascii_alphanumeric);
                match last.and_then(|place| request.body.get_mut(place)) {
                    Some(byte) => *byte = other(*byte),
                    None => request.body.push(b' '),
                }
                return Ok(request);
            }
            Forgery::Header => {
                let mut request = self.sign(secret, now)?;
                let name = sender.signature_header();
                let again: Vec<_> = request.header(name).map(<[u8]>::to_vec).collect();
                request.headers.extend(again.into_iter().map(|value| (name.to_owned(), value)));
                return Ok(request);
            }
            Forgery::Secret => return self.sign(key::another(&sender, secret.as_ref()), now),
            Forgery::Stale => {
                sender.timestamp_header().ok_or(SignError::NotSent(forgery))?;
                let then = now.as_secs().saturating_sub(Forgery::STALE.as_secs());
                return self.sign(secret, UnixTime::from_secs(then));
            }
            Forgery::Unsigned => return Ok(self.unsigned()),
            Forgery::Id => sender.delivery_id_header(),
            Forgery::Signature => Some(sender.signature_header()),
            Forgery::Timestamp => sender.timestamp_header(),
        };
        let header = header.ok_or(SignError::NotSent(forgery))?;
        let mut request = self.sign(secret, now)?;
        // Of a signature the first character behind the prefix: the last one of base64 has only some
        // bits, and must not become malformed. Of an id or a time the last one.
        let prefix = sender.prefix().len();
        let of_header = |(name, _): &&mut (String, Vec<u8>)| name.eq_ignore_ascii_case(header);
        if let Some((_, value)) = request.headers.iter_mut().find(of_header) {
            let byte = match forgery {
                Forgery::Signature => value.get_mut(prefix),
                _ => value.last_mut(),
            };
            byte.into_iter().for_each(|byte| *byte = other(*byte));
        }
        Ok(request)
    }
}

/// Another character of the same kind: of hex digits a hex digit.
const fn other(byte: u8) -> u8 {
    match byte {
        b'0' | b'a' | b'A' => byte + 1,
        b'+' | b'/' => b'A',
        _ => byte - 1,
    }
}

#[cfg(test)]
mod tests {
    use verify_core::{Secret, Sender, UnixTime, Verifier};

    use super::{Delivery, Forgery, SignError};

    /// Each sender could have it: it is base64 as well.
    const SHARED: &str = "whsec_c2hhcmVk";

    #[test]
    fn each_is_refused_for_what_was_done() {
        let now = UnixTime::from_secs(1_795_290_782);
        for sender in Sender::ALL {
            let secret = || Secret::new(SHARED).unwrap();
            let verifier = Verifier::builder(*sender).secret(secret()).build().unwrap();
            for forgery in Forgery::ALL {
                let delivery = Delivery::new(*sender, r#"{"key1": "value1"}"#);
                let has_part = match forgery {
                    Forgery::Id => sender.delivery_id_header().is_some(),
                    Forgery::Stale | Forgery::Timestamp => sender.timestamp_header().is_some(),
                    _ => true,
                };
                let expected = match forgery {
                    _ if !has_part => {
                        let refused = delivery.forge(*forgery, SHARED, now);
                        assert_eq!(refused.unwrap_err(), SignError::NotSent(*forgery));
                        continue;
                    }
                    Forgery::Header => "header_repeated",
                    Forgery::Stale => "timestamp_too_old",
                    Forgery::Unsigned => "header_missing",
                    _ => "signature_mismatch",
                };
                let request = delivery.forge(*forgery, SHARED, now).unwrap();
                let verdict = verifier.verify(now, &request.headers, &request.body);
                assert_eq!(verdict.unwrap_err().code(), expected, "{sender:?} {forgery}");
            }
        }
    }

    #[test]
    fn a_body_is_changed_whatever_it_is() {
        for body in ["", "{}", "0", "a", "{\"a\": 1}", "\u{e9}"] {
            let forged =
                Delivery::wandb(body).forge(Forgery::Body, "shared", UnixTime::from_secs(0));
            assert_ne!(forged.unwrap().body, body.as_bytes());
        }
    }

    #[test]
    fn all_are_named_in_order() {
        assert!(Forgery::ALL.windows(2).all(|pair| pair[0].name() < pair[1].name()));
    }
}
