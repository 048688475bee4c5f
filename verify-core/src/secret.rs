#[cfg(feature = "alloc")]
mod exposed;
#[cfg(feature = "std")]
mod source;

use core::fmt;

use base64ct::{Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

#[cfg(feature = "alloc")]
pub use exposed::ExposedSecret;

use crate::{
    ConfigError,
    mac::{self, HmacSha256},
};

/// The signing secret that a sender and its receiver share.
///
/// Give it the text as the sender shows it. The sender decides what the key is:
/// [`Sender::secret_encoding`](crate::Sender::secret_encoding). Most senders use the bytes
/// **verbatim**, so spaces, non-ASCII characters and a `whsec_` in front all count. Nothing is trimmed.
///
/// It keeps keyed MACs and not the bytes. It has no `Display`, no
/// `PartialEq`, no serialisation, and a `Debug` that shows nothing. Its memory is wiped on drop as
/// far as the crates beneath do it. Copies that the compiler makes while moving it are not wiped.
///
/// ```
/// use verify_core::{ConfigError, Secret};
///
/// let secret = Secret::new("whsec_dGhlIHNlY3JldA==")?;
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// assert_eq!(Secret::new("").unwrap_err(), ConfigError::SecretEmpty);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    verbatim: Key,
    /// Keyed with what the text decodes to, if it does.
    base64: Option<Key>,
}

/// How the key of the MAC is written in the text of a secret.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// Standard base64 of 1 to 128 bytes, with or without its padding, and with or without `whsec_` in
    /// front. A text that does not decode is [`ConfigError::SecretUndecodable`].
    Base64,
    /// The bytes of the text are the key.
    Verbatim,
}

#[cfg(all(feature = "alloc", feature = "sign"))]
impl SecretEncoding {
    /// Writes a key as the text of a new secret. Random bytes are best.
    ///
    /// A verbatim secret becomes the hex digits of the bytes. Base64 gets `whsec_` in front.
    ///
    /// ```
    /// use verify_core::SecretEncoding;
    ///
    /// assert_eq!(SecretEncoding::Base64.write(b"random"), "whsec_cmFuZG9t");
    /// assert_eq!(SecretEncoding::Verbatim.write(b"random"), "72616e646f6d");
    /// ```
    #[must_use]
    pub fn write(self, key: &[u8]) -> alloc::string::String {
        match self {
            Self::Base64 => ["whsec_", &base64ct::Base64::encode_string(key)].concat(),
            Self::Verbatim => base16ct::lower::encode_string(key),
        }
    }
}

/// Whether HMAC takes this for the empty key: it pads keys with NUL bytes.
fn is_empty(secret: &[u8]) -> bool {
    secret.iter().all(|byte| *byte == 0)
}

/// A key, worked into a MAC.
#[derive(Clone)]
pub(crate) struct Key(HmacSha256);

impl Secret {
    /// The longest key that is decoded: twice as long as Standard Webhooks recommends at most.
    const MAX_DECODED: usize = 128;

    /// Takes the text of a secret.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SecretEmpty`]: everybody knows the empty secret. HMAC treats a secret of
    /// nothing but NUL bytes the same.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let secret = secret.as_ref();
        if is_empty(secret) {
            return Err(ConfigError::SecretEmpty);
        }
        Ok(Self { verbatim: Key(mac::prepare(secret)), base64: Self::decode(secret) })
    }

    /// Whether the sender wants that, is known later, and then the text is gone.
    fn decode(text: &[u8]) -> Option<Key> {
        let mut buffer = Zeroizing::new([0; Self::MAX_DECODED]);
        Self::decoded(text, &mut buffer).map(|key| Key(mac::prepare(key)))
    }

    fn decoded<'b>(text: &[u8], buffer: &'b mut [u8; Self::MAX_DECODED]) -> Option<&'b [u8]> {
        let text = text.strip_prefix(b"whsec_").unwrap_or(text);
        let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        let text = text.get(..text.len().checked_sub(padding)?)?;
        let key = Base64Unpadded::decode(text, buffer).ok()?;
        key.iter().any(|byte| *byte != 0).then_some(key)
    }

    /// The key that a sender means by this text.
    pub(crate) fn key(self, encoding: SecretEncoding) -> Result<Key, ConfigError> {
        match encoding {
            SecretEncoding::Base64 => self.base64.ok_or(ConfigError::SecretUndecodable),
            SecretEncoding::Verbatim => Ok(self.verbatim),
        }
    }

    /// Takes the value of an environment variable, as it is. Unlike in
    /// [`from_file`](Self::from_file), a newline at its end counts.
    ///
    /// # Errors
    ///
    /// [`ConfigError::EnvironmentUnset`], and [`ConfigError::EnvironmentEmpty`] if it is set to nothing.
    #[cfg(feature = "std")]
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        Self::new(source::variable(variable)?)
    }

    /// Takes the content of a file, such as a mounted container secret.
    ///
    /// **Exactly one trailing newline is dropped** (`\n` or `\r\n`), because editors and `echo`
    /// add one. Everything else counts. If a secret does end in a newline, write a second
    /// newline into the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::FileUnreadable`], also for a file of more than 64 KiB, and
    /// [`ConfigError::FileEmpty`] if nothing is left.
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, ConfigError> {
        Self::new(source::file(path.as_ref())?)
    }
}

impl Key {
    pub(crate) const fn mac(&self) -> &HmacSha256 {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
