use actix_web::http::header::{HeaderMap, HeaderName};
use verify_core::Headers;

/// Lets the core read the headers of a request.
pub(crate) struct RequestHeaders<'h>(pub(crate) &'h HeaderMap);

impl Headers for RequestHeaders<'_> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.get_all(name).map(|value| value.as_bytes())
    }
}

/// Keeps the values of a header out of `Debug`.
pub(crate) fn mark_sensitive(headers: &mut HeaderMap, name: &HeaderName) {
    if headers.get_all(name).len() > 1 {
        headers.retain(|other, value| {
            if other == name {
                value.set_sensitive(true);
            }
            true
        });
    } else if let Some(value) = headers.get_mut(name) {
        value.set_sensitive(true);
    }
}
