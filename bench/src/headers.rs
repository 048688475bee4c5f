//! Headers as a server hands them over.

use http::HeaderMap;
use verify_core::{Headers, Occurrence};

/// Looks headers up as `verify-axum` does.
pub struct RequestHeaders(pub HeaderMap);

impl Headers for RequestHeaders {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0
            .iter()
            .filter(move |(key, _)| key.as_str() == name)
            .map(|(_, value)| value.as_bytes())
    }

    fn occurrences<'h, const N: usize>(&'h self, names: [&str; N]) -> [Occurrence<'h>; N] {
        self.0.occurrences(names)
    }
}
