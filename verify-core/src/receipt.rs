use core::{fmt, time::Duration};

use crate::{
    Encoding, RetryAfter, UnixTime,
    delivery_id::DeliveryId,
    label::Label,
    mac::{Tag, sha256},
};

/// What is known of a verified delivery. Only a verifier makes one.
///
/// Everything in it was checked or signed. Nothing comes from headers that the signature does
/// not cover.
#[derive(Clone, Copy)]
pub struct Receipt {
    sender: &'static str,
    received_at: UnixTime,
    /// What the replay key is made of.
    identity: Tag,
    signature: Option<Signature>,
}

#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) label: Label,
    pub(crate) encoding: Encoding,
    pub(crate) delivery_id: Option<DeliveryId>,
    pub(crate) signed_at: Option<UnixTime>,
    /// The verifier's, in seconds, where it bounds how late a retry may come.
    pub(crate) tolerance: Option<u64>,
}

impl Receipt {
    pub(crate) const fn new(
        sender: &'static str,
        received_at: UnixTime,
        identity: Tag,
        signature: Option<Signature>,
    ) -> Self {
        Self { sender, received_at, identity, signature }
    }

    /// Returns the name of the sender: [`Sender::name`](crate::Sender::name).
    #[must_use]
    pub const fn sender(&self) -> &'static str {
        self.sender
    }

    /// Returns whether the body was signed. If not, the delivery was accepted by a credential alone:
    /// [`without_signature`](crate::VerifierBuilder::without_signature).
    #[must_use]
    pub const fn is_body_signed(&self) -> bool {
        self.signature.is_some()
    }

    /// Returns the label of the secret that matched. A rotation is complete when no receipt names the old
    /// secret any more.
    #[must_use]
    pub fn secret_label(&self) -> Option<&str> {
        self.signature.as_ref().map(|signature| signature.label.as_str())
    }

    /// Returns the encoding of the signature.
    #[must_use]
    pub fn encoding(&self) -> Option<Encoding> {
        self.signature.map(|signature| signature.encoding)
    }

    /// Returns the delivery id, if the sender signs one: 1 to 64 visible ASCII characters.
    #[must_use]
    pub fn delivery_id(&self) -> Option<&str> {
        self.signature.as_ref()?.delivery_id.as_ref().map(DeliveryId::as_str)
    }

    /// Returns the time at which the delivery was signed, if the sender signs it.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        self.signature?.signed_at
    }

    /// Returns the receiver's time at which the head was judged.
    #[must_use]
    pub const fn received_at(&self) -> UnixTime {
        self.received_at
    }

    /// Returns how many seconds passed between signing and receiving; negative if the sender's
    /// clock is ahead. Most senders keep the first time for a retry, so the value is larger for a retry.
    #[must_use]
    pub fn skew(&self) -> Option<i64> {
        let signed_at = self.signed_at()?.as_secs();
        // A tolerance of a day at most keeps the difference far inside `i64`.
        Some(self.received_at.as_secs().wrapping_sub(signed_at).cast_signed())
    }

    /// Returns the verifier's tolerance, if the sender signs a time that a retry keeps: how far it may be from the
    /// receiver's.
    #[must_use]
    pub fn tolerance(&self) -> Option<Duration> {
        let signature = self.signature.filter(|signature| signature.signed_at.is_some())?;
        signature.tolerance.map(Duration::from_secs)
    }

    /// Returns how long the sender should wait before it sends this delivery again. If the delivery could not be
    /// handled, answer 503 with this wait as `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> RetryAfter {
        let tolerance = self.signature.and_then(|signature| signature.tolerance);
        let known = self.skew().zip(tolerance);
        known.map_or(RetryAfter::AGE_UNKNOWN, |(age, tolerance)| RetryAfter::at_age(age, tolerance))
    }

    /// Returns the key under which this delivery is remembered, so that it is not handled twice.
    ///
    /// The key is SHA-256 over the ASCII text `verify-replay-key-v1`, a zero byte, the sender's name, a
    /// zero byte, and the 32 **decoded** bytes of the signature. For a delivery without a
    /// signature, HMAC-SHA256 over the body takes the place of the 32 bytes, keyed with the SHA-256 digest
    /// of the accepted token or value. Reasons:
    ///
    /// - The signature covers everything that was signed: id, time and body. A retry repeats
    ///   all of it, so it has the same key. One changed byte makes another key.
    /// - It is decoded, because text has several spellings (hex in upper case, base64 without padding, or
    ///   hex instead of base64), and each would make a "new" delivery of an old one.
    /// - The secret is in the signature, so endpoints or tenants with secrets of their own cannot
    ///   use up each other's keys, and the sender's name keeps senders apart.
    /// - It is hashed, because somebody who reads a signature in a store could send the delivery
    ///   again. The key does not reveal the signature.
    ///
    /// **If a sender [signs retries anew](crate::Sender::signs_retries_anew)**, a retry has another
    /// signature, and only the delivery id is the same. Then HMAC-SHA256 over a zero byte, `verify-replay-id-v1`,
    /// a zero byte and the id takes the place of the signature, keyed with the
    /// **first** secret of the verifier, whichever secret matches:
    ///
    /// - The secret keeps endpoints and tenants apart, even if a sender sends one event under
    ///   one id to several of them.
    /// - It is the first secret, because a delivery may have a signature for each of several secrets. If the key
    ///   depended on the secret that matches, an attacker who sends the delivery again could leave a signature out,
    ///   and so choose the key. After the first secret changes, the keys are others: a delivery that comes again
    ///   after such a change is handled again.
    ///
    /// Remember such keys for as long as the sender retries, which may be days, and not only for the tolerance.
    ///
    /// **If a sender signs the body alone, equal bodies have equal keys.** Databricks puts a
    /// time in milliseconds into each body. A Weights & Biases payload is what the user typed:
    /// without a variable in it, each delivery equals the last, and a store would drop all but the
    /// first.
    #[must_use]
    pub fn replay_key(&self) -> [u8; 32] {
        sha256([
            b"verify-replay-key-v1\0".as_slice(),
            self.sender.as_bytes(),
            b"\0",
            &self.identity,
        ])
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("sender", &self.sender())
            .field("is_body_signed", &self.is_body_signed())
            .field("secret_label", &self.secret_label())
            .field("encoding", &self.encoding())
            .field("delivery_id", &self.delivery_id())
            .field("signed_at", &self.signed_at())
            .field("received_at", &self.received_at())
            .finish_non_exhaustive()
    }
}
