use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use verify_adapter::{Answer, Refusal};
use verify_core::Receipt;

/// Builds the answer of the table.
pub(crate) fn answer(refusal: Refusal) -> Response<Bytes> {
    build(refusal.answer())
}

/// Answers for a handler that could not handle a verified delivery: 503, with
/// [`Receipt::retry_after`] as `Retry-After`.
///
/// A 503 without the header, or with a short constant, loses deliveries: see
/// [`RetryAfter`](crate::RetryAfter).
///
/// ```
/// use axum::{body::Body, http::{Response, StatusCode}, response::IntoResponse};
/// use verify_axum::{Delivery, try_again};
///
/// # async fn keep(body: &[u8]) -> std::io::Result<()> { Ok(()) }
/// async fn on_delivery(Delivery(verified): Delivery) -> Response<Body> {
///     match keep(verified.body()).await {
///         Ok(()) => StatusCode::NO_CONTENT.into_response(),
///         Err(_) => try_again(verified.receipt()),
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(on_delivery));
/// ```
#[must_use]
pub fn try_again<B: Default>(receipt: &Receipt) -> Response<B> {
    build(Answer::try_again(receipt.retry_after()))
}

fn build<B: Default>(answer: Answer) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some((name, value)) = answer.header {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
