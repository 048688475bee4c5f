use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use verify_adapter::Refusal;

/// Builds the answer of the table, with the refusal in its extensions.
pub(crate) fn answer(refusal: Refusal) -> HttpResponse {
    let answer = refusal.answer();
    let mut response = HttpResponse::new(status(refusal));
    if let Some((name, value)) = answer.header {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response.extensions_mut().insert(refusal);
    response
}

pub(crate) fn status(refusal: Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.answer().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
