use core::{fmt, ops::Deref};

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use verify_adapter::{Refusal, tell_unreadable};
use verify_core::{EventError, Payload, Verified};

use crate::{
    Delivery, DeliveryRejection,
    extract::verified,
    response::{by_table, status},
};

/// What the verified delivery says, for an axum handler behind a
/// [`VerifyLayer`](crate::VerifyLayer), with the delivery itself: receipt and bytes.
///
/// Whoever sent it, the same questions have answers:
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
/// Announce a transition to production, whichever of Databricks' events says so:
///
/// ```
/// use verify_axum::{Event, databricks::{self, Stage, Transition}};
///
/// async fn announce(event: Event<databricks::Event>) {
///     if let Some(Transition { to: Some(Stage::Production), is_done: true, .. }) = event.transition() {
///         println!("{} is in production", event.model_name);
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(announce));
/// ```
///
/// Follow an alias of an MLflow model, and know which delivery said so:
///
/// ```
/// use verify_axum::{Event, mlflow::{self, EventKind}};
///
/// async fn follow(Event(event, verified): Event<mlflow::Event>) {
///     match event.kind {
///         // An alias that moves is created again.
///         EventKind::ModelVersionAliasCreated { name, alias, version, .. } if alias == "champion" => {
///             println!("{name}: the champion is now version {version}");
///             println!("says {:?}", verified.receipt().delivery_id());
///         }
///         EventKind::ModelVersionAliasDeleted { name, alias, .. } if alias == "champion" => {
///             println!("{name} has no champion any more");
///         }
///         // Its bytes are still in `verified`.
///         EventKind::Unknown { .. } => println!("{} bytes of news", verified.body().len()),
///         _ => {}
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(follow));
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
/// The refusals of this extractor are not those of the layer: its callback and its replaced response
/// have no part in them. To change them, take the `Result`.
#[derive(Clone, Debug)]
pub struct Event<T>(pub T, pub Verified<Bytes>);

impl<T> Deref for Event<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why there is no [`Event`] to extract.
#[expect(clippy::large_enum_variant, reason = "rare, and gone once it is answered")]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum EventRejection {
    /// There is no verified delivery.
    Delivery(DeliveryRejection),
    /// The delivery is verified, and its body does not have the shape of the event. Answered 503 with
    /// the wait for its age, and an event at `warn`: MLflow would drop it for good on a 4xx, and so it
    /// comes again while it may still be taken otherwise.
    Unreadable {
        /// What is wrong with the shape.
        error: EventError,
        /// The delivery, as it came.
        verified: Verified<Bytes>,
    },
}

impl EventRejection {
    /// Returns the reason. It is for you, and not for the sender.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Delivery(rejection) => rejection.refusal(),
            Self::Unreadable { verified, .. } => Refusal::unreadable(verified.receipt()),
        }
    }

    /// Returns the status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        status(self.refusal().answer())
    }
}

impl<State: Sync, T: Payload> FromRequestParts<State> for Event<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(head: &mut Parts, _: &State) -> Result<Self, EventRejection> {
        let Delivery(verified) = verified(head).map_err(EventRejection::Delivery)?;
        match verified.event() {
            Ok(event) => Ok(Self(event, verified)),
            Err(error) => Err(EventRejection::Unreadable { error, verified }),
        }
    }
}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        if let Self::Unreadable { error, verified } = &self {
            tell_unreadable(verified.receipt(), error);
        }
        by_table(self.refusal()).map(Into::into)
    }
}

impl fmt::Display for EventRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(rejection) => rejection.fmt(f),
            Self::Unreadable { error, .. } => error.fmt(f),
        }
    }
}

impl core::error::Error for EventRejection {}
