use core::time::Duration;

use crate::{
    ConfigError, Secret, Sender, Verifier,
    credential::Credential,
    label::Label,
    rules::{LabelledSecret, Rules},
    slots::Slots,
};

/// Collects what a [`Verifier`] checks. Made by [`Verifier::builder`].
///
/// Several secrets, or several credentials, are for rotation: a delivery that matches any of them is
/// accepted. [`build`](Self::build) reports a wrong setting.
///
/// ```
/// use verify_core::{Secret, Sender, Verifier};
///
/// let verifier = Verifier::builder(Sender::MLFLOW)
///     .secret_named("2026-11", Secret::new("the new one")?)
///     .secret_named("2026-05", Secret::new("the old one")?)
///     .build()?;
/// # Ok::<(), verify_core::ConfigError>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct VerifierBuilder {
    sender: Sender,
    secrets: Slots<LabelledSecret>,
    credentials: Slots<Credential>,
    tolerance: Option<Duration>,
    body_limit: usize,
    without_signature: bool,
    /// The first thing that went wrong.
    problem: Option<ConfigError>,
}

impl Verifier {
    /// Starts the configuration of a verifier for deliveries of `sender`.
    pub const fn builder(sender: Sender) -> VerifierBuilder {
        VerifierBuilder::new(sender)
    }

    /// Starts the configuration of another verifier with the settings of this one. Use it to rotate a secret
    /// while the receiver runs:
    ///
    /// ```
    /// use verify_core::{Secret, Sender, Verifier};
    ///
    /// let running = Verifier::builder(Sender::MLFLOW)
    ///     .secret_named("2026-05", Secret::new("the old one")?)
    ///     .build()?;
    /// // Before the sender is told the new secret:
    /// let both = running.to_builder().secret_named("2026-11", Secret::new("the new one")?).build()?;
    /// // Once no receipt names the old one any more:
    /// let rotated = both.to_builder().forget_secret("2026-05").build()?;
    /// # Ok::<(), verify_core::ConfigError>(())
    /// ```
    pub fn to_builder(&self) -> VerifierBuilder {
        let Rules { sender, secrets, credentials, tolerance, body_limit } = &self.rules;
        let without_signature = secrets.is_empty();
        let sees_time = sender.timestamp_header().is_some() && !without_signature;
        VerifierBuilder {
            sender: *sender,
            secrets: secrets.clone(),
            credentials: credentials.clone(),
            tolerance: sees_time.then_some(Duration::from_secs(*tolerance)),
            body_limit: *body_limit,
            without_signature,
            problem: None,
        }
    }
}

impl VerifierBuilder {
    /// Labels of secrets that were given none.
    const LABELS: [&str; 4] = ["1", "2", "3", "4"];
    const DEFAULT_TOLERANCE: Duration = Duration::from_secs(300);
    const MAX_TOLERANCE: Duration = Duration::from_secs(24 * 60 * 60);

    pub(crate) const fn new(sender: Sender) -> Self {
        Self {
            sender,
            secrets: Slots::new(),
            credentials: Slots::new(),
            tolerance: None,
            body_limit: sender.body_limit(),
            without_signature: false,
            problem: None,
        }
    }

    /// Adds a secret, labelled with the first of `1` to `4` that is free.
    pub fn secret(self, secret: Secret) -> Self {
        let is_free =
            |label: &&str| !self.secrets.iter().any(|other| other.label.as_str() == *label);
        // None is free where there are four secrets already.
        let label = Self::LABELS.into_iter().find(is_free).unwrap_or("5");
        self.secret_named(label, secret)
    }

    /// Adds a secret under a label of 1 to 32 visible ASCII characters. The receipt names the secret that
    /// matched by this label. A label is not secret: it shows in logs.
    pub fn secret_named(mut self, label: &str, secret: Secret) -> Self {
        let added = match Label::new(label.as_bytes()) {
            None => Err(ConfigError::LabelInvalid),
            Some(label) if self.secrets.iter().any(|other| other.label == label) => {
                Err(ConfigError::LabelRepeated)
            }
            Some(label) => secret.key(self.sender.secret_encoding()).and_then(|key| {
                let secret = LabelledSecret { label, key };
                self.secrets.push(secret).map_err(|_| ConfigError::TooManySecrets)
            }),
        };
        self.note(added);
        self
    }

    /// Removes the secret that has this label. A label that no secret has is an error, because then
    /// the secret that you meant would still be accepted.
    pub fn forget_secret(mut self, label: &str) -> Self {
        let removed = self.secrets.remove(|secret| secret.label.as_str() == label);
        self.note(removed.map(drop).ok_or(ConfigError::LabelUnknown));
        self
    }

    /// Requires `Authorization: Bearer <token>`, or another of the added credentials. The
    /// scheme is compared without regard to case, the token exactly.
    pub fn bearer(self, token: impl AsRef<[u8]>) -> Self {
        self.credential(Credential::bearer(token.as_ref()))
    }

    /// Requires exactly this value of `Authorization`, including the scheme, or another of the added
    /// credentials.
    pub fn authorization(self, value: impl AsRef<[u8]>) -> Self {
        self.credential(Credential::verbatim(value.as_ref()))
    }

    /// Sets how far the signed time may be from the receiver's time, before or after it. At most a
    /// day; fractions of a second are dropped. Without it: 300 s.
    ///
    /// It counts in both directions, because a receiver's clock may be behind the sender's. For a sender
    /// that signs no time, setting it is an error.
    pub const fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the largest body, in bytes. Without it: the sender's own
    /// [`body_limit`](Sender::body_limit).
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Accepts a delivery by its credential alone, without a signature. **Nothing then shows that its body is
    /// intact.** For senders that were configured with a token and no secret. The
    /// receipt says so: [`Receipt::is_body_signed`](crate::Receipt::is_body_signed).
    pub const fn without_signature(mut self) -> Self {
        self.without_signature = true;
        self
    }

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// The first mistake in the settings. In particular, no settings make a verifier
    /// that checks nothing.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        self.sender.check()?;
        match (self.without_signature, self.secrets.is_empty()) {
            (false, true) => return Err(ConfigError::SecretMissing),
            (true, false) => return Err(ConfigError::SecretUnused),
            (true, true) if self.credentials.is_empty() => return Err(ConfigError::NothingToCheck),
            (true, true) | (false, false) => {}
        }
        let sees_time = self.sender.timestamp_header().is_some() && !self.without_signature;
        if self.tolerance.is_some() && !sees_time {
            return Err(ConfigError::ToleranceUnused);
        }
        let tolerance = self.tolerance.unwrap_or(Self::DEFAULT_TOLERANCE);
        if tolerance > Self::MAX_TOLERANCE {
            return Err(ConfigError::ToleranceTooLong);
        }
        let rules = Rules {
            sender: self.sender,
            secrets: self.secrets,
            credentials: self.credentials,
            tolerance: tolerance.as_secs(),
            body_limit: self.body_limit,
        };
        Ok(Verifier { rules })
    }

    fn credential(mut self, credential: Result<Credential, ConfigError>) -> Self {
        let added = credential.and_then(|credential| {
            self.credentials.push(credential).map_err(|_| ConfigError::TooManyCredentials)
        });
        self.note(added);
        self
    }

    fn note(&mut self, outcome: Result<(), ConfigError>) {
        self.problem = self.problem.take().or(outcome.err());
    }
}
