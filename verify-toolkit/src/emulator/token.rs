use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// The token of clients of an emulated workspace, used like a personal access token.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    const LONGEST: usize = 1024;

    /// Takes a token.
    ///
    /// # Errors
    ///
    /// It is empty, longer than 1024 bytes, or has a character other than visible ASCII. Clients
    /// could not send it.
    pub fn new(token: impl Into<String>) -> Result<Self, TokenError> {
        let token = token.into();
        let is_visible = token.bytes().all(|byte| byte.is_ascii_graphic());
        let is_fit = is_visible && !token.is_empty() && token.len() <= Self::LONGEST;
        if is_fit { Ok(Self(token)) } else { Err(TokenError) }
    }

    /// Makes a token of 122 random bits, in the form of the service's: `dapi` and 32 hex digits.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("dapi{}", Uuid::new_v4().simple()))
    }

    /// Returns the token, which is not for logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a value of `Authorization` has it as a bearer token. Digests are compared, in constant time.
    pub(super) fn is_in(&self, authorization: &[u8]) -> bool {
        let Some((scheme, token)) = authorization.split_at_checked(b"Bearer ".len()) else {
            return false;
        };
        let digests = [self.0.as_bytes(), token].map(Sha256::digest);
        let is_same: bool = digests[0].as_slice().ct_eq(digests[1].as_slice()).into();
        scheme.eq_ignore_ascii_case(b"Bearer ") && is_same
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A text is no token that a client could send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TokenError;

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token is not 1 to 1024 visible ASCII characters")
    }
}

impl core::error::Error for TokenError {}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn only_the_whole_token_is_accepted() {
        let token = Token::new("dapi-0123456789").unwrap();
        for (value, is_in) in [
            ("Bearer dapi-0123456789", true),
            ("bearer dapi-0123456789", true),
            ("Bearer dapi-012345678", false),
            ("Bearer dapi-01234567890", false),
            ("Bearer dapi-0123456788", false),
            ("Bearer  dapi-0123456789", false),
            ("Basic dapi-0123456789", false),
            ("Bearer ", false),
            ("dapi-0123456789", false),
            ("", false),
        ] {
            assert_eq!(token.is_in(value.as_bytes()), is_in, "{value}");
        }
    }

    #[test]
    fn no_token_is_shown_or_made_twice() {
        let token = Token::random();
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert_ne!(token.as_str(), Token::random().as_str());
        for bad in [String::new(), "a b".into(), "a\n".into(), "é".into(), "x".repeat(1025)] {
            assert!(Token::new(bad).is_err());
        }
    }
}
