use core::fmt;

use uuid::Uuid;
use verify_core::{ConfigError, Rejection, Secret, Sender, Signer, UnixTime};

use crate::{Forgery, WireRequest};

/// A delivery that is to be signed, as a sender would send it.
///
/// ```
/// use verify_toolkit::{Delivery, Secret, Sender, UnixTime, Verifier};
///
/// let now = UnixTime::from_secs(1795290782);
/// let request = Delivery::mlflow("{}").with_path("/webhooks/mlflow").sign("shared", now)?;
/// assert_eq!(request.method, "POST");
///
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// assert!(verifier.verify(now, &request.headers, &request.body).is_ok());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Delivery {
    sender: Sender,
    path: String,
    delivery_id: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Delivery {
    /// Makes a delivery of any sender, to the path `/`, with a random id. All known senders send
    /// JSON, so there is a `content-type`.
    #[must_use]
    pub fn new(sender: Sender, body: impl Into<Vec<u8>>) -> Self {
        Self {
            sender,
            path: "/".to_owned(),
            // What MLflow uses.
            delivery_id: Uuid::new_v4().to_string(),
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: body.into(),
        }
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    /// Sets the path, with the query.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the delivery id, where the sender has one. Without it: a random UUID.
    #[must_use]
    pub fn with_delivery_id(mut self, delivery_id: impl Into<String>) -> Self {
        self.delivery_id = delivery_id.into();
        self
    }

    /// Adds a header, such as `authorization`.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Makes the request without a signature, like a sender that has no secret.
    #[must_use]
    pub fn unsigned(self) -> WireRequest {
        let Self { path, headers, body, .. } = self;
        WireRequest { method: "POST".to_owned(), path, headers, body }
    }

    /// Makes the request with the headers that sign it.
    ///
    /// # Errors
    ///
    /// The secret is empty, or a verifier would refuse the delivery id.
    pub fn sign(self, secret: impl AsRef<[u8]>, now: UnixTime) -> Result<WireRequest, SignError> {
        let signer = Signer::new(self.sender, Secret::new(secret)?)?;
        let signed = signer.sign(now, &self.delivery_id, &self.body)?;
        let mut request = self.unsigned();
        let signed = signed.iter().map(|(name, value)| (name.to_owned(), value.into()));
        request.headers.extend(signed);
        Ok(request)
    }
}

/// Shows neither headers nor body.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("sender", &self.sender.name())
            .field("path", &self.path)
            .field("delivery_id", &self.delivery_id)
            .finish_non_exhaustive()
    }
}

/// Why a delivery cannot be signed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SignError {
    /// Secret or sender are no good.
    Config(ConfigError),
    /// A verifier would refuse the delivery id.
    DeliveryId(Rejection),
    /// The sender sends nothing that this forgery could change.
    NotSent(Forgery),
}

impl From<ConfigError> for SignError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<Rejection> for SignError {
    fn from(rejection: Rejection) -> Self {
        Self::DeliveryId(rejection)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::DeliveryId(rejection) => rejection.fmt(f),
            Self::NotSent(forgery) => {
                write!(f, "sender signs nothing that `{forgery}` could forge")
            }
        }
    }
}

impl core::error::Error for SignError {}
