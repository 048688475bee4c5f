use crate::{Sender, rules::Rules};

/// Checks whether deliveries come from the sender, are intact, and are fresh.
///
/// It holds up to four secrets and four credentials, and allocates nothing. A server makes one for
/// each endpoint, and shares it by reference.
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
    pub(crate) rules: Rules,
}

impl Verifier {
    /// Returns the sender whose deliveries this verifier judges.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.rules.sender
    }

    /// Returns the largest body accepted, in bytes.
    #[must_use]
    pub const fn body_limit(&self) -> usize {
        self.rules.body_limit
    }
}
