//! The token.

use base64ct::{Base64, Encoding as _};
use http::HeaderMap;

use super::{MALFORMED, Receiver, Refusal, head::values};
use crate::flaw::Flaw;

impl Receiver {
    pub(super) fn credential(&self, headers: &HeaderMap, query: &str) -> Result<(), Refusal> {
        let given = values(headers, "authorization");
        let Some(token) = self.bearer.as_deref() else {
            let refused = self.has(Flaw::UnaskedCredentialRefused) && !given.is_empty();
            return if refused { Err(MALFORMED) } else { Ok(()) };
        };
        let in_query = query.contains(&format!("access_token={token}"));
        if self.has(Flaw::TokenUnchecked) || (self.has(Flaw::TokenFromQuery) && in_query) {
            return Ok(());
        }
        let value = self.one(&given, Flaw::FirstCredentialWins, Flaw::LastCredentialWins)?;
        let value = core::str::from_utf8(value).map_err(|_| MALFORMED)?;
        if self.has(Flaw::TokenContained) && value.contains(token) {
            return Ok(());
        }
        let given = match value.split_once(' ') {
            Some((scheme, given))
                if scheme == "Bearer"
                    || self.has(Flaw::AnyScheme)
                    || (scheme.eq_ignore_ascii_case("bearer")
                        && !self.has(Flaw::SchemeCaseCounts)) =>
            {
                given
            }
            None if self.has(Flaw::AnyScheme) => value,
            _ => return Err(MALFORMED),
        };
        let decoded = || String::from_utf8(Base64::decode_vec(given).ok()?).ok();
        let is_password =
            self.has(Flaw::AnyScheme) && decoded().is_some_and(|text| text.ends_with(token));
        let is_start = self.has(Flaw::TokenPrefix) && !given.is_empty() && token.starts_with(given);
        if given == token || is_password || is_start { Ok(()) } else { Err(MALFORMED) }
    }
}
