use core::fmt::{self, Write};

use crate::{
    ConfigError, Rejection, Secret, Sender, SignedPart, UnixTime, delivery_id::DeliveryId,
    inline_text::InlineText, mac, secret::Key,
};

/// Does what a sender does: makes the signature headers for a body.
///
/// It is for tests, samples and tools. A receiver does not need it.
///
/// ```
/// use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};
///
/// let signer = Signer::new(Sender::MLFLOW, Secret::new("shared")?)?;
/// let now = UnixTime::from_secs(1795290782);
/// let signed = signer.sign(now, "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba", b"{}")?;
/// let headers: Vec<(&str, &str)> = signed.iter().collect();
///
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// assert!(verifier.verify(now, headers.as_slice(), b"{}").is_ok());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Signer {
    sender: Sender,
    key: Key,
}

/// The headers of one delivery that make it verify, and no others.
pub struct SignedHeaders {
    sender: Sender,
    signature: InlineText<{ Sender::MAX_PREFIX + 64 }>,
    delivery_id: Option<DeliveryId>,
    timestamp: InlineText<20>,
}

impl Signer {
    /// Makes a signer for deliveries of `sender`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SenderInvalid`] and [`ConfigError::SecretUndecodable`].
    pub fn new(sender: Sender, secret: Secret) -> Result<Self, ConfigError> {
        sender.check()?;
        Ok(Self { sender, key: secret.key(sender.secret_encoding())? })
    }

    /// Signs a body in the first of the sender's encodings.
    ///
    /// `delivery_id` and `now` are used only if the sender signs them.
    ///
    /// # Errors
    ///
    /// The sender signs a delivery id, and a verifier would refuse this one.
    pub fn sign(
        &self,
        now: UnixTime,
        delivery_id: &str,
        body: &[u8],
    ) -> Result<SignedHeaders, Rejection> {
        let sender = self.sender;
        let delivery_id = match sender.delivery_id_header() {
            Some(header) => Some(DeliveryId::parse(&sender, header, delivery_id.as_bytes())?),
            None => None,
        };
        let mut timestamp = InlineText::empty();
        // 20 digits hold every `u64`.
        let _ = write!(timestamp, "{}", now.as_secs());

        let signed = sender.signed_parts().iter().map(|part| match part {
            SignedPart::DeliveryId(_) => {
                delivery_id.as_ref().map_or("", DeliveryId::as_str).as_bytes()
            }
            SignedPart::Text(text) => text.as_bytes(),
            SignedPart::Timestamp(_) => timestamp.as_str().as_bytes(),
        });
        let tag = mac::of(self.key.mac(), signed.chain([body]));

        let mut signature = InlineText::empty();
        let mut buffer = [0; 64];
        let encoded = sender
            .encodings()
            .first()
            .and_then(|encoding| encoding.encode(&tag, &mut buffer))
            .unwrap_or_default();
        // `Sender::check` holds the prefix to the room there is.
        let _ = write!(signature, "{}{encoded}", sender.prefix());
        Ok(SignedHeaders { sender, signature, delivery_id, timestamp })
    }
}

impl SignedHeaders {
    /// Yields name, in lower case, and value of each header.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let delivery_id = self.delivery_id.as_ref().map(DeliveryId::as_str);
        let timestamp = Some(self.timestamp.as_str());
        let signature = Some(self.signature.as_str());
        [
            self.sender.delivery_id_header().zip(delivery_id),
            self.sender.timestamp_header().zip(timestamp),
            Some(self.sender.signature_header()).zip(signature),
        ]
        .into_iter()
        .flatten()
    }
}

impl fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
