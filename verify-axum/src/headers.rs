use http::HeaderMap;
use verify_core::Headers;

/// Lets the core read the headers of a request.
pub(crate) struct RequestHeaders<'h>(pub(crate) &'h HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.get_all(name).into_iter().map(|value| value.as_bytes())
    }
}
