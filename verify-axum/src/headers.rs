use http::HeaderMap;
use verify_core::Headers;

/// Lets the core read the headers of a request.
pub(crate) struct RequestHeaders<'h>(pub(crate) &'h HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        // A head has few headers: comparing the names takes less time than hashing one.
        self.0
            .iter()
            .filter(move |(key, _)| key.as_str() == name)
            .map(|(_, value)| value.as_bytes())
    }
}
