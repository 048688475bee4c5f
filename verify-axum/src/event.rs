use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use verify_core::{Payload, Verified};

use crate::{Delivery, DeliveryRejection, extract::verified, response::by_table};

/// What the verified delivery says, for an axum handler behind a
/// [`VerifyLayer`](crate::VerifyLayer), with the delivery itself: receipt and bytes.
///
/// The same methods answer for every sender:
///
/// ```
/// use verify_axum::{AnyEvent, Event};
///
/// async fn note(event: Event<AnyEvent>) {
///     let (name, model) = (event.name().unwrap_or("something"), event.model().unwrap_or("nothing"));
///     println!("{name} happened to {model}");
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(note));
/// ```
///
/// Take an event that cannot be read instead of refusing it:
///
/// ```
/// use axum::http::StatusCode;
/// use verify_axum::{Event, EventRejection, databricks};
///
/// async fn on_tag(
///     event: Result<Event<databricks::Event>, EventRejection>,
/// ) -> Result<StatusCode, EventRejection> {
///     let event = match event {
///         Ok(event) => event,
///         // The delivery is verified: keep its bytes for later rather than lose it.
///         Err(EventRejection::Unreadable { error, verified }) => {
///             eprintln!("{error}: {} bytes put aside", verified.body().len());
///             return Ok(StatusCode::ACCEPTED);
///         }
///         Err(other) => return Err(other),
///     };
///     if event.tags().contains(&("validated", "true")) {
///         println!("{} was validated", event.model_name);
///     }
///     Ok(StatusCode::NO_CONTENT)
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(on_tag));
/// ```
///
/// Take a payload in a type of your own, as Weights & Biases lets users write them:
///
/// ```
/// use verify_axum::{Event, wandb::EventType};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     model: String,
///     event_type: EventType,
/// }
///
/// async fn deploy(Event(deploy, _): Event<Deploy>) {
///     if deploy.event_type == EventType::LinkArtifact {
///         println!("{} was linked", deploy.model);
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(deploy));
/// ```
///
/// The layer's callback and replaced response do not apply to refusals of this extractor. To change
/// them, take the `Result`.
#[derive(Clone, Debug)]
pub struct Event<T>(pub T, pub Verified<Bytes>);

verify_adapter::__event_rejection!(StatusCode);

impl<State: Sync, T: Payload> FromRequestParts<State> for Event<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(head: &mut Parts, _: &State) -> Result<Self, EventRejection> {
        Self::read(verified(head))
    }
}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        by_table(self.tell()).map(Into::into)
    }
}
