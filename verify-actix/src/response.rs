use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use verify_adapter::{Answer, Refusal};
use verify_core::Receipt;

/// Builds the answer of the table, with the refusal in its extensions.
pub(crate) fn answer(refusal: Refusal) -> HttpResponse {
    let mut response = build(refusal.answer());
    response.extensions_mut().insert(refusal);
    response
}

/// Answers for a handler that could not handle a verified delivery: 503, with
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
    let mut response = HttpResponse::new(status(answer));
    if let Some((name, value)) = answer.header {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

pub(crate) fn status(answer: Answer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
