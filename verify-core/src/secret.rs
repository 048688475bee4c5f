use core::fmt;

use crate::{
    ConfigError,
    mac::{self, HmacSha256},
};

/// The signing secret that a sender and its receiver share.
///
/// The bytes are used **verbatim**: every sender this crate knows takes its secret as it was typed,
/// so spaces, non-ASCII characters and a `whsec_` in front all count. Nothing is trimmed, stripped
/// or decoded.
///
/// Only the MAC with the secret worked in is kept, not the bytes. It has no `Display`, no
/// `PartialEq`, no serialisation, and a `Debug` that shows nothing. Its memory is wiped on drop as
/// far as the crates beneath do it: copies that the compiler makes while moving it are not.
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
pub struct Secret(HmacSha256);

impl Secret {
    /// Takes the bytes of a secret, verbatim.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SecretEmpty`]: an empty secret is one that everybody knows. So is one of
    /// nothing but NUL bytes, which HMAC does not tell from it.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        let secret = secret.as_ref();
        if secret.iter().all(|byte| *byte == 0) {
            return Err(ConfigError::SecretEmpty);
        }
        Ok(Self(mac::prepare(secret)))
    }

    /// Takes the value of an environment variable, verbatim. Unlike in
    /// [`from_file`](Self::from_file), a newline at its end counts.
    ///
    /// # Errors
    ///
    /// [`ConfigError::EnvironmentUnset`], and [`ConfigError::SecretEmpty`] if it is set to nothing.
    #[cfg(feature = "std")]
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        let value = std::env::var_os(variable)
            .ok_or_else(|| ConfigError::EnvironmentUnset { variable: variable.into() })?;
        Self::new(zeroize::Zeroizing::new(value.into_encoded_bytes()))
    }

    /// Takes the content of a file, such as a mounted container secret.
    ///
    /// **Exactly one trailing newline is dropped** (`\n` or `\r\n`), because editors and `echo`
    /// put one there. Everything else counts. A secret that does end in a newline needs a second
    /// one in the file.
    ///
    /// # Errors
    ///
    /// [`ConfigError::FileUnreadable`], also for one of more than 64 KiB, and
    /// [`ConfigError::SecretEmpty`] if nothing is left.
    #[cfg(feature = "std")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let content = read(path).map_err(|error| ConfigError::FileUnreadable {
            path: path.into(),
            kind: error.kind(),
        })?;
        let secret = content.strip_suffix(b"\n").unwrap_or(&content);
        let had_newline = secret.len() < content.len();
        Self::new(secret.strip_suffix(b"\r").filter(|_| had_newline).unwrap_or(secret))
    }

    pub(crate) fn prepared(&self) -> &HmacSha256 {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a small file. A larger one is no secret, and may have no end.
#[cfg(feature = "std")]
fn read(path: &std::path::Path) -> std::io::Result<zeroize::Zeroizing<alloc::vec::Vec<u8>>> {
    use std::io::Read;

    const MOST: usize = 64 * 1024;
    const ONE_MORE: usize = MOST + 1;
    // Room for all of it: what grows leaves copies behind that nobody wipes.
    let mut content = zeroize::Zeroizing::new(alloc::vec::Vec::with_capacity(ONE_MORE));
    std::fs::File::open(path)?.take(ONE_MORE as u64).read_to_end(&mut content)?;
    match content.len() {
        ..=MOST => Ok(content),
        _ => Err(std::io::ErrorKind::FileTooLarge.into()),
    }
}
