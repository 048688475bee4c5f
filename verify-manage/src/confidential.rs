use core::fmt;

use zeroize::Zeroizing;

/// A token, a password or the value of a header. It is never shown, and wiped on drop.
#[derive(Clone)]
pub struct Confidential(Zeroizing<String>);

impl Confidential {
    /// Takes a text, verbatim.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the text, which must reach nobody but the service.
    #[must_use]
    pub fn dangerous_expose(&self) -> &str {
        &self.0
    }

    /// Whether a header could carry it: visible ASCII and inner spaces.
    pub(crate) fn fits_a_header(&self) -> bool {
        let text = self.0.as_str();
        !text.is_empty()
            && text.trim() == text
            && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
    }
}

impl fmt::Debug for Confidential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Confidential(..)")
    }
}

/// What stands where something confidential was.
const INSTEAD: &str = "[redacted]";
/// Shorter ones occur in any text by chance.
const LEAST: usize = 4;

/// Takes what is confidential out of a text that others wrote: a service may repeat what it was sent.
pub(crate) fn redacted<'c>(text: &str, all: impl IntoIterator<Item = &'c str>) -> String {
    let long_enough = all.into_iter().filter(|confidential| confidential.len() >= LEAST);
    long_enough.fold(text.to_owned(), |text, confidential| text.replace(confidential, INSTEAD))
}

/// Takes the password out of a URL: MLflow returns it in clear.
#[must_use]
pub fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |place| place.saturating_add(3));
    let (scheme, rest) = url.split_at_checked(start).unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}{INSTEAD}@{host}{path}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Confidential, redacted, without_password};

    #[test]
    fn what_is_confidential_is_not_shown() {
        assert_eq!(format!("{:?}", Confidential::new("dapi123")), "Confidential(..)");
        assert_eq!(redacted("bad token dapi123!", ["dapi123", "d", ""]), "bad token [redacted]!");
        let cases = [
            ("https://a:b@example.com/x@y", "https://[redacted]@example.com/x@y"),
            ("https://example.com/x@y", "https://example.com/x@y"),
            ("https://a:p@ss@example.com?q=@", "https://[redacted]@example.com?q=@"),
            ("a:b@example.com", "[redacted]@example.com"),
        ];
        for (url, shown) in cases {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_header_carries_visible_ascii() {
        assert!(Confidential::new("Bearer a-token").fits_a_header());
        for text in ["", " a", "a\n", "a\r\nb: c", "\u{e9}"] {
            assert!(!Confidential::new(text).fits_a_header(), "{text:?}");
        }
    }
}
