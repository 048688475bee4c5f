use crate::{
    Headers, Pending, Rejection, Secret, Sender, UnixTime, Verified, VerifierBuilder,
    credential::Credential, head::Head, inline_text::InlineText, judgement::judge, mac,
    slots::Slots,
};

/// Says of deliveries whether they come from the sender, are intact, and are fresh.
///
/// It holds up to four secrets and four credentials in place, allocates nothing, and is shared by
/// reference: a server makes one for each endpoint.
///
/// # Examples
///
/// ```
/// use verify_core::{Secret, Sender, UnixTime, Verifier};
///
/// let verifier = Verifier::builder(Sender::WANDB).secret(Secret::new("your_api_secret")?).build()?;
///
/// let headers = [("X-Wandb-Signature", "4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=")];
/// let body = br#"{"key1": "value1", "key2": "value2"}"#;
/// let now = UnixTime::from_secs(1795290782);
///
/// let verified = verifier.verify(now, &headers, body)?;
/// assert_eq!(verified.body(), body);
/// assert_eq!(verified.receipt().secret_label(), Some("1"));
///
/// let forged = verifier.verify(now, &headers, br#"{"key1": "value2", "key2": "value2"}"#);
/// assert_eq!(forged.unwrap_err().code(), "signature_mismatch");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    pub(crate) sender: Sender,
    pub(crate) secrets: Slots<LabelledSecret>,
    pub(crate) credentials: Slots<Credential>,
    /// Seconds.
    pub(crate) tolerance: u64,
    pub(crate) body_limit: usize,
}

pub(crate) type Label = InlineText<32>;

#[derive(Debug)]
pub(crate) struct LabelledSecret {
    pub(crate) label: Label,
    pub(crate) secret: Secret,
}

impl Verifier {
    /// Starts the configuration of a verifier for deliveries of `sender`.
    pub const fn builder(sender: Sender) -> VerifierBuilder {
        VerifierBuilder::new(sender)
    }

    /// Judges the head of a delivery, before any of its body is read.
    ///
    /// `now` is the receiver's time. What comes back takes the body as it arrives;
    /// [`Pending::begin`] does the same for a verifier that is shared by other means than a
    /// reference.
    ///
    /// # Errors
    ///
    /// In this order: a needed header that is missing or occurs more than once, an `Authorization`
    /// that is not accepted, a signature that does not decode, a delivery id or a timestamp that is
    /// malformed, a timestamp outside the tolerance.
    pub fn begin(
        &self,
        now: UnixTime,
        headers: &(impl Headers + ?Sized),
    ) -> Result<Pending<&Self>, Rejection> {
        Pending::begin(self, now, headers)
    }

    /// Judges a delivery whose body is already in memory, in one call and without allocation.
    ///
    /// # Errors
    ///
    /// As [`begin`](Self::begin), then [`Pending::feed`] and [`Pending::finish`].
    pub fn verify<'b>(
        &self,
        now: UnixTime,
        headers: &(impl Headers + ?Sized),
        body: &'b [u8],
    ) -> Result<Verified<&'b [u8]>, Rejection> {
        let head = Head::judge(self, now, headers)?;
        if body.len() > self.body_limit {
            return Err(Rejection::BODY_TOO_LARGE);
        }
        // One secret after the other: nothing has to be kept from one chunk to the next.
        let tags = head.keys(self).map(|key| mac::of(key, head.signed(self).chain([body])));
        Ok(Verified::new(judge(self, head.claim.as_ref(), now, tags)?, body))
    }

    /// Returns the sender whose deliveries this verifier judges.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Returns the largest body accepted, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        self.body_limit
    }
}
