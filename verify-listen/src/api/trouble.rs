use axum::{
    Json,
    body::to_bytes,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::store::StoreError;

/// Why there is no answer.
pub(crate) enum Trouble {
    Busy,
    Failed,
    Gone,
    NoHandler,
    NoSample,
    NoSecret,
    NotVerified,
    SignsNothing,
    StillRefused(String),
    Store(StoreError),
    TooLarge(usize),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "another delivery is being explained: ask again".to_owned(),
            ),
            Self::Failed => {
                (StatusCode::INTERNAL_SERVER_ERROR, "`verify listen` failed at this".to_owned())
            }
            Self::Gone => {
                (StatusCode::NOT_FOUND, "no delivery of this number is kept, or no more".to_owned())
            }
            Self::NoHandler => (
                StatusCode::CONFLICT,
                "there is no handler: start with `--forward-to URL`".to_owned(),
            ),
            Self::NoSample => {
                (StatusCode::NOT_FOUND, "the sender has no sample of this event".to_owned())
            }
            Self::NoSecret => (StatusCode::CONFLICT, "the sender has no secret".to_owned()),
            Self::NotVerified => (
                StatusCode::CONFLICT,
                "it did not verify, and no handler is given such a delivery".to_owned(),
            ),
            Self::SignsNothing => (
                StatusCode::FORBIDDEN,
                "other machines reach this page, so it signs nothing: start without `--dangerous-open-page`"
                    .to_owned(),
            ),
            Self::StillRefused(why) => (
                StatusCode::CONFLICT,
                format!(
                    "still refused: {why}. Correct the secret, start `verify listen` again, and judge again"
                ),
            ),
            Self::Store(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
            Self::TooLarge(most) => (
                StatusCode::PAYLOAD_TOO_LARGE,
                format!("the body is larger than the {most} bytes that the sender may send"),
            ),
        };
        told(status, &text)
    }
}

fn told(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}

/// Gives the errors of the guard and of axum the form that the others have.
pub(crate) async fn in_one_form(response: Response) -> Response {
    /// More than any of them says.
    const MOST: usize = 4096;
    let status = response.status();
    let is_json = HeaderValue::from_static("application/json");
    if status.as_u16() < 400 || response.headers().get(CONTENT_TYPE) == Some(&is_json) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = to_bytes(body, MOST).await.unwrap_or_default();
    let text = match text.trim_ascii() {
        b"" => status.canonical_reason().unwrap_or_default().to_lowercase(),
        text => String::from_utf8_lossy(text).into_owned(),
    };
    let mut told = told(status, &text);
    for (name, value) in &parts.headers {
        if ![CONTENT_LENGTH, CONTENT_TYPE].contains(name) {
            told.headers_mut().append(name, value.clone());
        }
    }
    told
}
