//! The secrets of all senders that are listened for.

use core::fmt;
use std::sync::Arc;

use verify_axum::{ConfigError, Secret, Verifier};
use verify_toolkit::{
    Capture, Sender,
    explain::{Explainer, Explanation},
};
use zeroize::Zeroizing;

use crate::{ListenError, error::Kind};

/// Secrets and tokens. Clones share them.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Vec<SenderKeys>>);

/// The secrets and tokens of a sender.
#[derive(Debug)]
pub struct SenderKeys {
    sender: Sender,
    secrets: Vec<Key>,
    tokens: Vec<Key>,
}

/// The bytes of a secret or a token. Wiped on drop, and shown nowhere.
struct Key(Zeroizing<Vec<u8>>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Keys {
    /// Takes the secrets of each sender. Without any, each sender gets a secret at the start.
    ///
    /// # Errors
    ///
    /// Two senders have the same secret.
    pub fn new(all: impl IntoIterator<Item = SenderKeys>) -> Result<Self, ListenError> {
        let all: Vec<_> = all.into_iter().collect();
        for (place, one) in all.iter().enumerate() {
            for other in all.iter().skip(place + 1) {
                if one.secrets.iter().any(|secret| other.has(secret)) {
                    let names = [one.sender.name(), other.sender.name()];
                    return Err(Kind::SecretShared(names).into());
                }
            }
        }
        Ok(Self(Arc::new(all)))
    }

    /// Returns the senders that have a secret.
    pub fn iter(&self) -> impl Iterator<Item = &SenderKeys> {
        self.0.iter()
    }

    /// Makes a verifier for each sender that has a secret.
    pub(crate) fn verifiers(&self) -> Result<Vec<Verifier>, ListenError> {
        self.iter().map(SenderKeys::verifier).collect()
    }

    /// Returns the secrets of the sender of this name.
    pub(crate) fn of(&self, sender: &str) -> Option<&SenderKeys> {
        self.iter().find(|keys| keys.sender.name() == sender)
    }

    /// Says whether a delivery verifies with the secrets that there are now, and if not, why.
    pub(crate) fn explain(&self, capture: &Capture) -> Explanation {
        let mut explainer = Explainer::of(capture);
        if let Some(keys) = self.of(&capture.sender) {
            for (secret, number) in keys.secrets.iter().zip(1..) {
                explainer = explainer.secret(format!("{number}"), &**secret.0);
            }
            for token in &keys.tokens {
                explainer = explainer.bearer(&**token.0);
            }
        }
        explainer.explain()
    }
}

impl SenderKeys {
    /// Takes up to 4 secrets of a sender, any of which is accepted, and the bearer tokens that it must send as
    /// well.
    #[must_use]
    pub fn new(
        sender: Sender,
        secrets: impl IntoIterator<Item: AsRef<[u8]>>,
        tokens: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Self {
        Self { sender, secrets: keys(secrets), tokens: keys(tokens) }
    }

    /// Returns whose they are.
    #[must_use]
    pub const fn sender(&self) -> Sender {
        self.sender
    }

    /// Returns whether a token is asked for.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        !self.tokens.is_empty()
    }

    /// Returns the first secret, to sign with it.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.secrets.first().map(|secret| &**secret.0)
    }

    /// Yields the secrets, in the order in which receipts number them.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &[u8]> {
        self.secrets.iter().map(|secret| &**secret.0)
    }

    /// Returns the value of `Authorization` that a delivery needs, if one does.
    pub(crate) fn authorization(&self) -> Option<Vec<u8>> {
        self.tokens.first().map(|token| [b"Bearer ", &**token.0].concat())
    }

    /// Makes a verifier that asks for all that a delivery needs.
    pub(crate) fn verifier(&self) -> Result<Verifier, ListenError> {
        self.verifier_with(&self.tokens)
    }

    /// Makes a verifier of signatures alone.
    pub(crate) fn verifier_without_tokens(&self) -> Result<Verifier, ListenError> {
        self.verifier_with(&[])
    }

    fn verifier_with(&self, tokens: &[Key]) -> Result<Verifier, ListenError> {
        let mut builder = Verifier::builder(self.sender);
        for secret in self.secrets() {
            builder = builder.secret(Secret::new(secret)?);
        }
        for token in tokens {
            let token = core::str::from_utf8(&token.0);
            builder = builder.bearer(token.map_err(|_| ConfigError::BearerInvalid)?);
        }
        Ok(builder.build()?)
    }

    fn has(&self, secret: &Key) -> bool {
        self.secrets.iter().any(|own| own.0 == secret.0)
    }
}

fn keys(all: impl IntoIterator<Item: AsRef<[u8]>>) -> Vec<Key> {
    all.into_iter().map(|key| Key(Zeroizing::new(key.as_ref().to_vec()))).collect()
}
