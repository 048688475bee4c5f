use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use verify_adapter::{delivered, delivered_unless_reported};
use verify_core::Verified;

use crate::response::by_table;

/// The verified delivery, for an axum handler behind a [`VerifyLayer`](crate::VerifyLayer).
///
/// The bytes are those that were verified, whatever a layer in between did to the request's body.
/// It takes nothing from the body, so you can use other extractors beside it and after it. `Json`
/// still finds the body, and so does `serde_json::from_slice(verified.body())`. If there may be no
/// delivery, take `Result<Delivery, DeliveryRejection>` to answer yourself.
///
/// ```
/// use axum::{Router, routing::post};
/// use verify_axum::{Delivery, Secret, Sender, Verifier, VerifyLayer};
///
/// async fn on_delivery(Delivery(verified): Delivery) {
///     println!("{} bytes from {}", verified.body().len(), verified.receipt().sender());
/// }
///
/// # fn app() -> Result<Router, verify_axum::ConfigError> {
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// let app = Router::new()
///     .route("/webhooks/mlflow", post(on_delivery).layer(VerifyLayer::new(verifier)));
/// # Ok(app)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Delivery(pub Verified<Bytes>);

verify_adapter::__delivery_rejection!(StatusCode);

impl<State: Sync> FromRequestParts<State> for Delivery {
    type Rejection = DeliveryRejection;

    async fn from_request_parts(head: &mut Parts, _: &State) -> Result<Self, DeliveryRejection> {
        verified(head)
    }
}

/// `Option<Delivery>`, for handlers behind a layer in report-only mode: `None` is a delivery that was
/// refused and only reported. A route without a layer still answers 500.
impl<State: Sync> OptionalFromRequestParts<State> for Delivery {
    type Rejection = DeliveryRejection;

    async fn from_request_parts(
        head: &mut Parts,
        _: &State,
    ) -> Result<Option<Self>, DeliveryRejection> {
        let extensions = &head.extensions;
        delivered_unless_reported(extensions.get(), extensions.get())
            .map(|verified| verified.cloned().map(Self))
            .map_err(DeliveryRejection)
    }
}

pub(crate) fn verified(head: &Parts) -> Result<Delivery, DeliveryRejection> {
    delivered(head.extensions.get(), head.extensions.get()).map(Delivery).map_err(DeliveryRejection)
}

impl IntoResponse for DeliveryRejection {
    fn into_response(self) -> Response {
        by_table(self.0).map(Into::into)
    }
}
