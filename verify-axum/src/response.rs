use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use verify_adapter::Refusal;

/// Builds the answer of the table.
pub(crate) fn answer(refusal: Refusal) -> Response<Bytes> {
    let answer = refusal.answer();
    let mut response = Response::new(Bytes::new());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some((name, value)) = answer.header {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
