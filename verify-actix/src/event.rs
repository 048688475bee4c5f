use core::{
    fmt,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError, dev::Payload, http::StatusCode,
};
use bytes::Bytes;
use verify_adapter::{Refusal, tell_unreadable};
use verify_core::{EventError, OwnedPayload, Verified};

use crate::{
    Delivery, DeliveryRejection,
    extract::verified,
    response::{by_table, status},
};

/// What the verified delivery says, for a handler behind [`Verify`](crate::Verify).
///
/// Announce a transition to production:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, databricks::{self, EventKind, Stage}};
///
/// async fn announce(Event(event): Event<databricks::Event<'static>>) -> HttpResponse {
///     match event.kind {
///         EventKind::ModelVersionTransitionedStage { version, to_stage: Stage::Production, .. } => {
///             println!("{} {version} is in production", event.model_name);
///         }
///         _ => {}
///     }
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(announce);
/// ```
///
/// React to a tag, and take an event that cannot be read instead of refusing it:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, EventRejection, databricks::{self, EventKind}};
///
/// async fn on_tag(
///     event: Result<Event<databricks::Event<'static>>, EventRejection>,
/// ) -> Result<HttpResponse, EventRejection> {
///     let event = match event {
///         Ok(Event(event)) => event,
///         // The delivery is verified: keep its bytes for later rather than lose it.
///         Err(EventRejection::Unreadable { error, verified }) => {
///             eprintln!("{error}: {} bytes put aside", verified.body().len());
///             return Ok(HttpResponse::Accepted().finish());
///         }
///         Err(other) => return Err(other),
///     };
///     if let EventKind::ModelVersionTagSet { version, tags } = event.kind {
///         if tags.iter().any(|tag| tag.key == "validated" && tag.value == "true") {
///             println!("{} {version} was validated", event.model_name);
///         }
///     }
///     Ok(HttpResponse::NoContent().finish())
/// }
/// # let _: actix_web::Route = web::post().to(on_tag);
/// ```
///
/// Follow an alias of an MLflow model:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, mlflow::{self, EventKind}};
///
/// async fn follow(Event(event): Event<mlflow::Event<'static>>) -> HttpResponse {
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
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(follow);
/// ```
///
/// Take a Weights & Biases payload in a type of your own:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, wandb};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     model: String,
///     event_type: wandb::EventType<'static>,
/// }
///
/// async fn deploy(Event(wandb::Payload(deploy)): Event<wandb::Payload<Deploy>>) -> HttpResponse {
///     if deploy.event_type == wandb::EventType::LinkArtifact {
///         println!("{} was linked", deploy.model);
///     }
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(deploy);
/// ```
///
/// `'static` because the event outlives the request's body; what is borrowed there is copied here.
/// The refusals of this extractor are not those of the middleware: its callback and its replaced
/// response have no part in them. To change them, take the `Result`.
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

impl<T: OwnedPayload> FromRequest for Event<T> {
    type Error = EventRejection;
    type Future = Ready<Result<Self, EventRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match verified(request) {
            Ok(Delivery(verified)) => T::parse_owned(verified.body())
                .map(Self)
                .map_err(|error| EventRejection::Unreadable { error, verified }),
            Err(rejection) => Err(EventRejection::Delivery(rejection)),
        })
    }
}

impl ResponseError for EventRejection {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Unreadable { error, verified } = self {
            tell_unreadable(verified.receipt(), error);
        }
        by_table(self.refusal())
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
