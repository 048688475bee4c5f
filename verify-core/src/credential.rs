use core::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::{ConfigError, declassify::declassify, slots::Slots};

/// A value of `Authorization` that is accepted.
///
/// Kept and compared as SHA-256 digests, so that neither content nor length of the right value
/// shows in the time a comparison takes.
#[derive(Clone)]
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

    /// Compares a presented value with every accepted one, without an early exit. If one fits,
    /// returns the digest of the token, or of the value where it is no bearer token.
    pub(crate) fn find(accepted: &Slots<Self>, value: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let whole = digest(value);
        let token = bearer_token(value).map(digest);
        let mut found = Choice::from(0);
        for credential in accepted.iter() {
            let presented = match credential.scheme {
                Scheme::Bearer => token.as_ref(),
                Scheme::Verbatim => Some(&whole),
            };
            if let Some(presented) = presented {
                found |= presented.ct_eq(credential.digest.as_slice());
            }
        }
        (declassify(found.unwrap_u8()) == 1).then_some(token.unwrap_or(whole))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credential").field(&self.scheme).finish_non_exhaustive()
    }
}

/// Returns what follows `Bearer` and its spaces, of which there is at least one. The scheme is
/// compared without regard to case (RFC 9110, sections 11.1 and 11.4).
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, mut token) = value.split_at_checked(b"bearer".len())?;
    while let Some(rest) = token.strip_prefix(b" ") {
        token = rest;
    }
    let spaced = token.len() < value.len().saturating_sub(scheme.len());
    (scheme.eq_ignore_ascii_case(b"bearer") && spaced).then_some(token)
}

fn digest(text: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(text).into())
}
