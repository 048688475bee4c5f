use core::{borrow::Borrow, fmt};

use hmac::Mac;
use subtle::ConditionallySelectable;

use crate::{
    Buffer, Collector, Encoding, Headers, Receipt, Rejection, Sender, SignedPart, UnixTime,
    Verifier,
    credential::Credential,
    declassify::declassify,
    delivery_id::DeliveryId,
    mac::{self, HmacSha256, Tag},
    receipt::Signature,
    slots::Slots,
};

/// A delivery whose head was found good and whose body is awaited.
///
/// `V` is how the verifier is held: `&Verifier`, or an `Arc<Verifier>` where this has to outlive
/// the call.
///
/// ```
/// use std::sync::Arc;
/// use verify_core::{Pending, Secret, Sender, UnixTime, Verifier};
///
/// let verifier =
///     Arc::new(Verifier::builder(Sender::WANDB).secret(Secret::new("your_api_secret")?).build()?);
/// let headers =
///     [("X-Wandb-Signature", "e2d2aa9d61dac87d15772d26b6233f2db67b6ce18aee1f94ac73b9178d1493c5")];
///
/// let mut pending = Pending::begin(verifier, UnixTime::from_secs(0), &headers)?;
/// pending.feed(br#"{"key1": "value1", "#)?;
/// pending.feed(br#""key2": "value2"}"#)?;
/// let receipt = pending.finish()?;
/// assert_eq!(receipt.sender(), "wandb");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[must_use = "a delivery is verified by `finish` only"]
pub struct Pending<V> {
    verifier: V,
    /// One for each secret; without a signature, one keyed with the credential.
    macs: Slots<HmacSha256>,
    claim: Option<Claim>,
    now: UnixTime,
    /// How many bytes of body may still come; `None` once there were more.
    room: Option<usize>,
}

/// What the head says was signed, and the signature it gives.
struct Claim {
    tag: Tag,
    encoding: Encoding,
    delivery_id: Option<DeliveryId>,
    signed_at: Option<UnixTime>,
}

impl<V: Borrow<Verifier>> Pending<V> {
    /// Judges the head of a delivery: see [`Verifier::begin`].
    ///
    /// # Errors
    ///
    /// As [`Verifier::begin`].
    pub fn begin(
        verifier: V,
        now: UnixTime,
        headers: &(impl Headers + ?Sized),
    ) -> Result<Self, Rejection> {
        let rules = verifier.borrow();
        let head = Head::read(rules, headers)?;

        let credential = match head.authorization {
            Some(value) => Some(
                Credential::find(&rules.credentials, value)
                    .ok_or(Rejection::authorization_mismatch(AUTHORIZATION))?,
            ),
            None => None,
        };
        let claim = match head.signature {
            Some(signature) => {
                Some(Claim::parse(&rules.sender, &head, signature, now, rules.tolerance)?)
            }
            None => None,
        };

        let mut macs = Slots::new();
        for secret in rules.secrets.iter() {
            // As many slots as there are secrets.
            let _ = macs.push(secret.secret.prepared().clone());
        }
        if let (Some(credential), None) = (&credential, &claim) {
            // Four slots and none in use.
            let _ = macs.push(mac::prepare(credential.as_slice()));
        }
        if claim.is_some() {
            for part in rules.sender.signed_parts() {
                let text = match part {
                    SignedPart::DeliveryId(_) => head.delivery_id,
                    SignedPart::Text(text) => Some(text.as_bytes()),
                    SignedPart::Timestamp(_) => head.timestamp,
                };
                macs.iter_mut().for_each(|mac| mac.update(text.unwrap_or_default()));
            }
        }
        let room = Some(rules.body_limit);
        Ok(Self { verifier, macs, claim, now, room })
    }

    /// Takes the next bytes of the body, exactly as they were sent.
    ///
    /// How the body is cut into chunks makes no difference.
    ///
    /// # Errors
    ///
    /// The body is larger than the verifier's limit. `finish` then says the same.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Rejection> {
        self.room = self.room.and_then(|room| room.checked_sub(chunk.len()));
        if self.room.is_none() {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        self.macs.iter_mut().for_each(|mac| mac.update(chunk));
        Ok(())
    }

    /// Compares, now that the whole body was fed.
    ///
    /// Every secret is tried, whichever fits, and the comparison takes the same time wherever the
    /// signatures differ.
    ///
    /// # Errors
    ///
    /// No secret gives the signature that the head carries, or the body was too large.
    pub fn finish(mut self) -> Result<Receipt, Rejection> {
        self.finish_in_place()
    }

    /// As [`finish`](Self::finish), without moving the 776 bytes that this has.
    pub(crate) fn finish_in_place(&mut self) -> Result<Receipt, Rejection> {
        if self.room.is_none() {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        let rules = self.verifier.borrow();
        let sender = rules.sender.name();
        let Some(claim) = &self.claim else {
            let tag = self.macs.drain().next().map(mac::finish).unwrap_or_default();
            return Ok(Receipt::new(sender, self.now, tag, None));
        };

        // The number of the secret that fits, from 1, or 0.
        let mut fitting = 0_u8;
        for (mac, number) in self.macs.drain().zip(1_u8..) {
            let fits = mac::is_equal(&mac::finish(mac), &claim.tag);
            fitting.conditional_assign(&number, fits);
        }
        let secret = declassify(fitting)
            .checked_sub(1)
            .and_then(|place| rules.secrets.get(place.into()))
            .ok_or(Rejection::signature_mismatch(rules.sender.signature_header()))?;
        let signature = Signature {
            label: secret.label,
            encoding: claim.encoding,
            delivery_id: claim.delivery_id,
            signed_at: claim.signed_at,
        };
        Ok(Receipt::new(sender, self.now, claim.tag, Some(signature)))
    }

    /// Returns how many more bytes of body are within the limit.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room.unwrap_or(0)
    }

    /// Keeps the body while it is verified.
    #[cfg(feature = "alloc")]
    pub fn collect(self) -> Collector<V, alloc::vec::Vec<u8>> {
        self.dangerous_collect_with(alloc::vec::Vec::new())
    }

    /// Keeps the body in `buffer` while it is verified. What the [`Verified`](crate::Verified) body
    /// then holds is what that buffer makes of it: see the promise in [`Buffer`].
    pub fn dangerous_collect_with<B: Buffer>(self, buffer: B) -> Collector<V, B> {
        Collector::new(self, buffer)
    }
}

impl<V> fmt::Debug for Pending<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("room", &self.room).finish_non_exhaustive()
    }
}

const AUTHORIZATION: &str = "authorization";

/// The values of the headers that the verifier needs, each of which occurred exactly once.
struct Head<'h> {
    authorization: Option<&'h [u8]>,
    signature: Option<&'h [u8]>,
    delivery_id: Option<&'h [u8]>,
    timestamp: Option<&'h [u8]>,
}

impl<'h> Head<'h> {
    fn read(rules: &Verifier, headers: &'h (impl Headers + ?Sized)) -> Result<Self, Rejection> {
        let only = |name: &'static str| -> Result<&'h [u8], Rejection> {
            let mut values = headers.values(name);
            let value = values.next().ok_or(Rejection::header_missing(name))?;
            match values.next() {
                None => Ok(value),
                Some(_) => Err(Rejection::header_repeated(name)),
            }
        };
        let mut head =
            Self { authorization: None, signature: None, delivery_id: None, timestamp: None };
        if !rules.credentials.is_empty() {
            head.authorization = Some(only(AUTHORIZATION)?);
        }
        if !rules.secrets.is_empty() {
            head.signature = Some(only(rules.sender.signature_header())?);
            for part in rules.sender.signed_parts() {
                match part {
                    SignedPart::DeliveryId(name) => head.delivery_id = Some(only(name)?),
                    SignedPart::Text(_) => {}
                    SignedPart::Timestamp(name) => head.timestamp = Some(only(name)?),
                }
            }
        }
        Ok(head)
    }
}

impl Claim {
    fn parse(
        sender: &Sender,
        head: &Head<'_>,
        signature: &[u8],
        now: UnixTime,
        tolerance: u64,
    ) -> Result<Self, Rejection> {
        let (tag, encoding) = signature
            .strip_prefix(sender.prefix().as_bytes())
            .and_then(|text| Encoding::decode(sender.encodings(), text))
            .ok_or(Rejection::malformed_signature(sender.signature_header()))?;
        let delivery_id = match (sender.delivery_id_header(), head.delivery_id) {
            (Some(name), Some(value)) => Some(DeliveryId::parse(sender, name, value)?),
            _ => None,
        };
        let signed_at = match (sender.timestamp_header(), head.timestamp) {
            (Some(name), Some(value)) => {
                let signed_at =
                    UnixTime::parse(value).ok_or(Rejection::malformed_timestamp(name))?;
                if signed_at.as_secs().abs_diff(now.as_secs()) > tolerance {
                    return Err(if signed_at < now {
                        Rejection::timestamp_too_old(name)
                    } else {
                        Rejection::timestamp_too_new(name)
                    });
                }
                Some(signed_at)
            }
            _ => None,
        };
        Ok(Self { tag, encoding, delivery_id, signed_at })
    }
}
