use core::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, ResponseError, dev::Payload};

use crate::{Attempt, LOG_TARGET};

/// Why there is no [`Attempt`] to extract: no [`HandleOnce`](crate::HandleOnce) is on the route. The answer is 500.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptRejection;

impl FromRequest for Attempt {
    type Error = AttemptRejection;
    type Future = Ready<Result<Self, AttemptRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get().copied().ok_or(AttemptRejection))
    }
}

impl ResponseError for AttemptRejection {
    fn error_response(&self) -> actix_web::HttpResponse {
        tracing::error!(target: LOG_TARGET, "{self}");
        actix_web::HttpResponse::InternalServerError().finish()
    }
}

impl fmt::Display for AttemptRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handler takes the attempt, but its route has no guard: put `HandleOnce` on the route")
    }
}

impl core::error::Error for AttemptRejection {}
