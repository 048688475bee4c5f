//! What is looked at before it is sent.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use verify_core::ExposedSecret;

use crate::{Confidential, Invalid, server_url::ServerUrl};

/// What stands in a URL as it is: the unreserved characters of RFC 3986.
const IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, IN_URL).to_string()
}

/// An id goes into a path. One that leads elsewhere is none.
pub(crate) fn id(id: &str) -> Result<&str, Invalid> {
    let is_fit = !id.is_empty()
        && id.len() <= 200
        && id.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#%\\".contains(&byte))
        && !matches!(id, "." | "..");
    if is_fit { Ok(id) } else { Err(Invalid::IdUnfit) }
}

/// The URL of a receiver. A password in it is allowed: it is the only one that MLflow sends.
pub(crate) fn url(url: &str) -> Result<(), Invalid> {
    // What a service makes of other characters is not known.
    if url.bytes().any(|byte| !byte.is_ascii_graphic()) {
        return Err(Invalid::UrlUnfit);
    }
    let plain = match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => return Err(Invalid::UrlUnfit),
    };
    ServerUrl::read(&plain).map(|_| ()).ok_or(Invalid::UrlUnfit)
}

/// A secret as JSON can hold it, byte for byte.
pub(crate) fn secret(secret: &ExposedSecret) -> Result<Confidential, Invalid> {
    let text = core::str::from_utf8(secret.dangerous_expose());
    text.map(Confidential::new).map_err(|_| Invalid::SecretNotText)
}

#[cfg(test)]
mod tests {
    use verify_core::ExposedSecret;

    use super::{encoded, id, secret, url};

    #[test]
    fn ids_urls_and_secrets_are_looked_at() {
        assert!(id("b0279db1-8f14-4b53-b028-64aa5c6c9f38").is_ok());
        for unfit in ["", "a/b", "..", "a?b", "a#b", "a b", "\u{e9}", "%2e"] {
            assert!(id(unfit).is_err(), "{unfit}");
        }
        for fit in ["https://a.example/x?y=1", "http://127.0.0.1:1", "https://u:p@a.example/"] {
            assert!(url(fit).is_ok(), "{fit}");
        }
        for unfit in
            ["a.example", "ftp://a", "https://", "https://a:99999", "https://a b", "https://\u{e9}"]
        {
            assert!(url(unfit).is_err(), "{unfit}");
        }
        assert!(secret(&ExposedSecret::new(*b"\xff").unwrap()).is_err());
        assert!(secret(&ExposedSecret::new("whsec_\u{e9} ").unwrap()).is_ok());
        assert_eq!(encoded("a b/\u{e9}+"), "a%20b%2F%C3%A9%2B");
    }
}
