use core::{borrow::Borrow, fmt};

use crate::{
    Headers, Receipt, Rejection, UnixTime, Verifier,
    head::{Claim, Further, Head, keys},
    judgement::judge,
    mac::{HmacSha256, Macs},
};

/// A delivery whose head was accepted and whose body has not arrived yet.
///
/// `V` is how the verifier is held: `&Verifier`, or an `Arc<Verifier>` if this value must outlive
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
    macs: Macs,
    keyed: Option<HmacSha256>,
    claim: Option<Claim>,
    further: Further,
    now: UnixTime,
    /// How many bytes of body may still come; `None` once there were more.
    room: Option<usize>,
}

impl Verifier {
    /// Judges the head of a delivery, before any of its body is read.
    ///
    /// `now` is the receiver's time. The returned [`Pending`] takes the body as it arrives.
    /// [`Pending::begin`] does the same for a verifier that is not shared by reference.
    ///
    /// # Errors
    ///
    /// In this order: a needed header is missing or occurs more than once; `Authorization` is not
    /// accepted; the signature does not decode; the delivery id or the timestamp is malformed; the timestamp is
    /// outside the tolerance.
    pub fn begin(
        &self,
        now: UnixTime,
        headers: &(impl Headers + ?Sized),
    ) -> Result<Pending<&Self>, Rejection> {
        Pending::begin(self, now, headers)
    }
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
        let rules = &verifier.borrow().rules;
        let mut further = Further::new();
        let head = Head::judge(rules, now, headers, &mut further)?;
        let mut macs = Macs::new(keys(rules, head.keyed.as_ref()));
        head.signed(rules).for_each(|text| macs.update(text));
        let room = Some(rules.body_limit);
        Ok(Self { claim: head.claim, further, verifier, macs, keyed: head.keyed, now, room })
    }

    /// Takes the next bytes of the body, exactly as they were sent.
    ///
    /// It does not matter how the body is cut into chunks.
    ///
    /// # Errors
    ///
    /// The body is larger than the verifier's limit. `finish` then says the same.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), Rejection> {
        self.room = self.room.and_then(|room| room.checked_sub(chunk.len()));
        if self.room.is_none() {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        self.macs.update(chunk);
        Ok(())
    }

    /// Compares the signatures, after the whole body was fed.
    ///
    /// Every secret is tried, whichever matches, and the comparison takes the same time wherever the
    /// signatures differ.
    ///
    /// # Errors
    ///
    /// The signature does not match any configured secret, or the body was too large.
    pub fn finish(mut self) -> Result<Receipt, Rejection> {
        self.judge()
    }

    /// [`finish`](Self::finish), of a delivery that stays where it is.
    pub(crate) fn judge(&mut self) -> Result<Receipt, Rejection> {
        if self.room.is_none() {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        let rules = &self.verifier.borrow().rules;
        let tags = self.macs.finish(keys(rules, self.keyed.as_ref()));
        judge(rules, self.claim.as_ref(), &self.further, self.now, tags)
    }

    /// Returns how many more bytes of the body the limit allows.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room.unwrap_or(0)
    }
}

impl<V> fmt::Debug for Pending<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("room", &self.room).finish_non_exhaustive()
    }
}
