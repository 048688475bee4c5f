//! The head of a request to a service, as it is written.

use core::fmt;
use std::io::Write as _;

use bytes::Bytes;
use http::{Uri, uri::PathAndQuery};

/// The start of a request, and its headers.
pub(crate) struct Head(Vec<u8>);

impl Head {
    /// What a usual delivery takes, with what is known of it.
    const USUAL: usize = 1024;
    /// Up to here a body is copied behind its head, in bytes: that costs less than the call of the kernel that takes two
    /// pieces.
    const SMALL: usize = 16 * 1024;

    /// What all of a service begin with.
    pub(super) fn of(uri: &Uri) -> Self {
        // As text it begins with `/`, which a URL with a query may lack.
        let target = uri.path_and_query().map_or("/".to_owned(), PathAndQuery::to_string);
        let mut head = Self(format!("POST {target} HTTP/1.1\r\n").into_bytes());
        head.add("host", host(uri).unwrap_or_default());
        head
    }

    /// Begins another with what this one has.
    pub(super) fn another(&self) -> Self {
        let Self(begun) = self;
        let mut head = Vec::with_capacity(Self::USUAL.max(begun.len()));
        head.extend_from_slice(begun);
        Self(head)
    }

    /// Adds a header. One with a value that would end it is left out.
    pub(crate) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        if value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()) {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                self.0.extend_from_slice(part);
            }
        }
    }

    /// Ends it before a body. Returns the pieces to write.
    pub(super) fn end(self, body: Bytes) -> (Bytes, Bytes) {
        let Self(mut head) = self;
        // Writing to memory does not fail.
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        if body.len() > Self::SMALL {
            return (head.into(), body);
        }
        head.extend_from_slice(&body);
        (head.into(), Bytes::new())
    }
}

/// Returns which host is asked. The port of the scheme is not said.
fn host(uri: &Uri) -> Option<&str> {
    let (authority, host) = (uri.authority()?, uri.host()?);
    let is_usual = match uri.scheme_str() {
        Some("https") => authority.port_u16() == Some(443),
        _ => authority.port_u16() == Some(80),
    };
    Some(if is_usual { host } else { authority.as_str() })
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Head;

    fn head(uri: &str, headers: &[(&str, &str)]) -> String {
        let mut head = Head::of(&uri.parse().unwrap());
        headers.iter().for_each(|(name, value)| head.add(name, value));
        let (head, rest) = head.end("a body.".into());
        assert!(rest.is_empty());
        str::from_utf8(&head).unwrap().strip_suffix("a body.").unwrap().to_owned()
    }

    #[test]
    fn the_port_of_the_scheme_is_not_said() {
        for (uri, start) in [
            ("http://a.example", "POST / HTTP/1.1\r\nhost: a.example\r\n"),
            ("http://a.example:80/x?y", "POST /x?y HTTP/1.1\r\nhost: a.example\r\n"),
            ("http://a.example:80?y", "POST /?y HTTP/1.1\r\nhost: a.example\r\n"),
            ("https://a.example:443/", "POST / HTTP/1.1\r\nhost: a.example\r\n"),
            ("https://a.example:80/", "POST / HTTP/1.1\r\nhost: a.example:80\r\n"),
            ("http://[::1]:8000/", "POST / HTTP/1.1\r\nhost: [::1]:8000\r\n"),
        ] {
            assert_eq!(head(uri, &[]), format!("{start}content-length: 7\r\n\r\n"));
        }
    }

    #[test]
    fn a_large_body_is_not_copied() {
        let body = Bytes::from(vec![b'x'; Head::SMALL + 1]);
        let (head, rest) = Head::of(&"http://x/".parse().unwrap()).end(body.clone());
        assert_eq!(head, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 16385\r\n\r\n");
        assert_eq!((rest.as_ptr(), rest.len()), (body.as_ptr(), body.len()));
    }

    #[test]
    fn no_value_ends_a_header() {
        let bad = ["a\r\nb: c", "a\nb", "a\rb", "\0", "\x7f"].map(|value| ("bad", value));
        let good = [("good", "a\tb c"), ("empty", ""), ("u", "\u{fc}")];
        assert_eq!(
            head("http://x/", &[&bad[..], &good].concat()),
            "POST / HTTP/1.1\r\nhost: x\r\ngood: a\tb c\r\nempty: \r\nu: \u{fc}\r\ncontent-length: 7\r\n\r\n"
        );
    }
}
