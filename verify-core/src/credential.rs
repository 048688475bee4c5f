use core::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{ConfigError, slots::Slots};

/// A value of `Authorization` that is accepted.
///
/// Kept and compared as SHA-256 digests, so that neither content nor length of the right value
/// shows in the time a comparison takes.
pub(crate) struct Credential {
    scheme: Scheme,
    digest: Zeroizing<[u8; 32]>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Scheme {
    Bearer,
    /// The whole value, whatever its scheme.
    Verbatim,
}

impl Credential {
    /// Takes a bearer token.
    pub(crate) fn bearer(token: &[u8]) -> Result<Self, ConfigError> {
        if token.is_empty() || !token.iter().all(u8::is_ascii_graphic) {
            return Err(ConfigError::BearerInvalid);
        }
        Ok(Self { scheme: Scheme::Bearer, digest: digest(token) })
    }

    /// Takes a whole value of `Authorization`.
    pub(crate) fn verbatim(value: &[u8]) -> Result<Self, ConfigError> {
        let visible = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
        // White space around a value does not reach the receiver (RFC 9110, section 5.5).
        if !visible(value.first())
            || !visible(value.last())
            || !value.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
        {
            return Err(ConfigError::AuthorizationInvalid);
        }
        Ok(Self { scheme: Scheme::Verbatim, digest: digest(value) })
    }

    /// Compares a presented value with every accepted one, without an early exit, and returns the
    /// digest of the one that fits.
    pub(crate) fn find(accepted: &Slots<Self>, value: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let whole = digest(value);
        let token = bearer_token(value).map(digest);
        let mut found = Choice::from(0);
        let mut key = Zeroizing::new([0; 32]);
        for credential in accepted.iter() {
            let presented = match credential.scheme {
                Scheme::Bearer => token.as_ref(),
                Scheme::Verbatim => Some(&whole),
            };
            let Some(presented) = presented else { continue };
            let fits = presented.ct_eq(credential.digest.as_slice());
            for (byte, from) in key.iter_mut().zip(presented.iter()) {
                byte.conditional_assign(from, fits);
            }
            found |= fits;
        }
        bool::from(found).then_some(key)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.scheme).finish_non_exhaustive()
    }
}

/// Returns what follows `Bearer` and its spaces. The scheme is compared without regard to case
/// (RFC 9110, section 11.1).
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked(b"bearer".len())?;
    let token = rest.trim_ascii_start();
    (scheme.eq_ignore_ascii_case(b"bearer") && token.len() < rest.len()).then_some(token)
}

fn digest(text: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(text).into())
}
