use core::fmt;

use alloc::vec::Vec;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Secret, SecretEncoding};
use crate::ConfigError;

/// A [`Secret`] that keeps its bytes, for programs that register a webhook. A receiver does not
/// need it.
///
/// It is read in the same ways as a [`Secret`], so that the program that registers a webhook and the receiver
/// cannot disagree about a byte. It has no `Display`, no `PartialEq`, no
/// serialisation, and a `Debug` that shows nothing. The bytes are wiped on drop.
///
/// ```
/// use verify_core::{ConfigError, ExposedSecret};
///
/// let secret = ExposedSecret::new("s3cret")?;
/// assert_eq!(secret.dangerous_expose(), b"s3cret");
/// assert_eq!(format!("{secret:?}"), "ExposedSecret(..)");
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ExposedSecret {
    bytes: Zeroizing<Vec<u8>>,
    secret: Secret,
}

impl ExposedSecret {
    /// Takes the bytes of a secret, verbatim.
    ///
    /// # Errors
    ///
    /// As [`Secret::new`].
    pub fn new(secret: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        Self::from_bytes(Zeroizing::new(secret.into()))
    }

    /// Takes the value of an environment variable, verbatim.
    ///
    /// # Errors
    ///
    /// As [`Secret::from_env`].
    #[cfg(feature = "std")]
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        Self::from_bytes(super::source::variable(variable)?)
    }

    /// Takes the content of a file, and drops one newline at its end.
    ///
    /// # Errors
    ///
    /// As [`Secret::from_file`].
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, ConfigError> {
        Self::from_bytes(super::source::file(path.as_ref())?)
    }

    fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = Secret::new(&bytes)?;
        Ok(Self { bytes, secret })
    }

    /// Returns the [`Secret`] for a verifier.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns whether two secrets, each of a sender, are the same key. A key may be written in several ways.
    ///
    /// ```
    /// use verify_core::{ExposedSecret, SecretEncoding::{Base64, Verbatim}};
    ///
    /// let [prefixed, plain] = ["whsec_c2VjcmV0", "c2VjcmV0"].map(ExposedSecret::new);
    /// let (prefixed, plain) = (prefixed?, plain?);
    /// assert!(prefixed.is_same_key(Base64, &plain, Base64));
    /// assert!(!prefixed.is_same_key(Verbatim, &plain, Verbatim));
    /// # Ok::<(), verify_core::ConfigError>(())
    /// ```
    #[must_use]
    pub fn is_same_key(&self, by: SecretEncoding, other: &Self, by_other: SecretEncoding) -> bool {
        let [mut one_buffer, mut other_buffer] = [[0; Secret::MAX_DECODED]; 2].map(Zeroizing::new);
        match (self.key(by, &mut one_buffer), other.key(by_other, &mut other_buffer)) {
            (Some(one), Some(other)) => one.ct_eq(other).into(),
            _ => false,
        }
    }

    fn key<'k>(
        &'k self,
        encoding: SecretEncoding,
        buffer: &'k mut [u8; Secret::MAX_DECODED],
    ) -> Option<&'k [u8]> {
        match encoding {
            SecretEncoding::Verbatim => Some(&self.bytes),
            SecretEncoding::Base64 => Secret::decoded(&self.bytes, buffer),
        }
    }

    /// Returns the bytes. Nobody but the sender may get them.
    #[must_use]
    pub fn dangerous_expose(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for ExposedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExposedSecret(..)")
    }
}
