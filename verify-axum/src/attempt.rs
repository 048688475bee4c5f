use core::fmt;

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};

use crate::{Attempt, LOG_TARGET};

/// Why there is no [`Attempt`] to extract: no [`HandleOnceLayer`](crate::HandleOnceLayer) is on the route. The answer is 500.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptRejection;

impl<State: Sync> FromRequestParts<State> for Attempt {
    type Rejection = AttemptRejection;

    async fn from_request_parts(head: &mut Parts, _: &State) -> Result<Self, AttemptRejection> {
        head.extensions.get().copied().ok_or(AttemptRejection)
    }
}

impl IntoResponse for AttemptRejection {
    fn into_response(self) -> Response {
        tracing::error!(target: LOG_TARGET, "{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl fmt::Display for AttemptRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handler takes the attempt, but its route has no guard: put `HandleOnceLayer` on the route")
    }
}

impl core::error::Error for AttemptRejection {}
