use core::fmt;

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use verify_adapter::{Refusal, tell_unreadable};
use verify_core::{EventError, OwnedPayload, Verified};

use crate::{
    Delivery, DeliveryRejection,
    extract::verified,
    response::{by_table, status},
};

/// What the verified delivery says, for an axum handler behind a
/// [`VerifyLayer`](crate::VerifyLayer).
///
/// Announce a transition to production:
///
/// ```
/// use verify_axum::{Event, databricks::{self, EventKind, Stage}};
///
/// async fn announce(Event(event): Event<databricks::Event<'static>>) {
///     match event.kind {
///         EventKind::ModelVersionTransitionedStage { version, to_stage: Stage::Production, .. } => {
///             println!("{} {version} is in production", event.model_name);
///         }
///         _ => {}
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(announce));
/// ```
///
/// React to a tag, and take an event that cannot be read instead of refusing it:
///
/// ```
/// use axum::http::StatusCode;
/// use verify_axum::{Event, EventRejection, databricks::{self, EventKind}};
///
/// async fn on_tag(
///     event: Result<Event<databricks::Event<'static>>, EventRejection>,
/// ) -> Result<StatusCode, EventRejection> {
///     let event = match event {
///         Ok(Event(event)) => event,
///         // The delivery is verified: keep its bytes for later rather than lose it.
///         Err(EventRejection::Unreadable { error, verified }) => {
///             eprintln!("{error}: {} bytes put aside", verified.body().len());
///             return Ok(StatusCode::ACCEPTED);
///         }
///         Err(other) => return Err(other),
///     };
///     if let EventKind::ModelVersionTagSet { version, tags } = event.kind {
///         if tags.iter().any(|tag| tag.key == "validated" && tag.value == "true") {
///             println!("{} {version} was validated", event.model_name);
///         }
///     }
///     Ok(StatusCode::NO_CONTENT)
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(on_tag));
/// ```
///
/// Follow an alias of an MLflow model:
///
/// ```
/// use verify_axum::{Event, mlflow::{self, EventKind}};
///
/// async fn follow(Event(event): Event<mlflow::Event<'static>>) {
///     match event.kind {
///         // An alias that moves is created again.
///         EventKind::ModelVersionAliasCreated { name, alias, version } if alias == "champion" => {
///             println!("{name}: the champion is now version {version}");
///         }
///         EventKind::ModelVersionAliasDeleted { name, alias } if alias == "champion" => {
///             println!("{name} has no champion any more");
///         }
///         _ => {}
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(follow));
/// ```
///
/// Take a Weights & Biases payload in a type of your own:
///
/// ```
/// use verify_axum::{Event, wandb};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     model: String,
///     event_type: wandb::EventType<'static>,
/// }
///
/// async fn deploy(Event(wandb::Payload(deploy)): Event<wandb::Payload<Deploy>>) {
///     if deploy.event_type == wandb::EventType::LinkArtifact {
///         println!("{} was linked", deploy.model);
///     }
/// }
/// # let _: axum::Router = axum::Router::new().route("/", axum::routing::post(deploy));
/// ```
///
/// `'static` because the event outlives the request's body; what is borrowed there is copied here.
/// The refusals of this extractor are not those of the layer: its callback and its replaced response
/// have no part in them. To change them, take the `Result`.
#[derive(Clone, Debug)]
pub struct Event<T>(pub T);

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

impl<State: Sync, T: OwnedPayload> FromRequestParts<State> for Event<T> {
    type Rejection = EventRejection;

    async fn from_request_parts(head: &mut Parts, _: &State) -> Result<Self, EventRejection> {
        let Delivery(verified) = verified(head).map_err(EventRejection::Delivery)?;
        match T::parse_owned(verified.body()) {
            Ok(event) => Ok(Self(event)),
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
