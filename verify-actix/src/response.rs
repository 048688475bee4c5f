use actix_web::{
    HttpResponse,
    dev::ServiceRequest,
    http::{
        ConnectionType, StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use verify_adapter::{Answer, Refusal};
use verify_core::Receipt;

/// What a middleware was told to do besides verifying.
pub(crate) type Settings = verify_adapter::Settings<ServiceRequest, HttpResponse>;

/// Makes the response to a refused request: the user's own, or the one of the table.
pub(crate) fn refused(refusal: Refusal, own: Option<HttpResponse>) -> HttpResponse {
    let mut response = own.map_or_else(|| by_table(refusal), |own| with_refusal(own, refusal));
    // actix closes a connection of which a body was left unread, and says so. It has to say so
    // every time, or the answer would tell how far a delivery got.
    response.head_mut().set_connection_type(ConnectionType::Close);
    response
}

/// Builds the response of the table, with the refusal in its extensions.
pub(crate) fn by_table(refusal: Refusal) -> HttpResponse {
    with_refusal(build(refusal.answer()), refusal)
}

/// Puts the refusal into the extensions of a response.
fn with_refusal(mut response: HttpResponse, refusal: Refusal) -> HttpResponse {
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
/// use actix_web::HttpResponse;
/// use verify_actix::{Delivery, try_again};
///
/// # async fn keep(body: &[u8]) -> std::io::Result<()> { Ok(()) }
/// async fn on_delivery(Delivery(verified): Delivery) -> HttpResponse {
///     match keep(verified.body()).await {
///         Ok(()) => HttpResponse::NoContent().finish(),
///         Err(_) => try_again(verified.receipt()),
///     }
/// }
/// # let _: actix_web::Route = actix_web::web::post().to(on_delivery);
/// ```
#[must_use]
pub fn try_again(receipt: &Receipt) -> HttpResponse {
    build(Answer::try_again(receipt.retry_after()))
}

fn build(answer: Answer) -> HttpResponse {
    let header = answer.header.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response(answer.status, header)
}

/// Builds a response without a body.
pub(crate) fn response(status: u16, header: Option<(&'static str, HeaderValue)>) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::new(status);
    if let Some((name, value)) = header {
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}
