use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, request::Parts};
use verify_adapter::{Answer, Refusal};
use verify_core::Receipt;

/// What a layer was told to do besides verifying.
pub(crate) type Settings = verify_adapter::Settings<Parts, Response<Bytes>>;

/// Makes the response to a refused request: the user's own, or the one of the table.
pub(crate) fn refused(refusal: Refusal, own: Option<Response<Bytes>>) -> Response<Bytes> {
    own.map_or_else(|| by_table(refusal), |own| with_refusal(own, refusal))
}

/// Builds the response of the table, with the refusal in its extensions.
pub(crate) fn by_table(refusal: Refusal) -> Response<Bytes> {
    with_refusal(build(refusal.answer()), refusal)
}

/// Puts the refusal into the extensions of a response.
pub(crate) fn with_refusal<B>(mut response: Response<B>, refusal: Refusal) -> Response<B> {
    response.extensions_mut().insert(refusal);
    response
}

/// Makes the answer of a handler that could not handle a verified delivery: 503, with
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
    let header = answer.header.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response(answer.status, header)
}

/// Builds a response without a body.
pub(crate) fn response<B: Default>(
    status: u16,
    header: Option<(&'static str, HeaderValue)>,
) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let header = header.map(|(name, value)| (HeaderName::from_static(name), value));
    response.headers_mut().extend(header);
    response
}
