use core::{
    fmt,
    future::{Ready, ready},
    ops::Deref,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError, dev::Payload, http::StatusCode,
};
use bytes::Bytes;
use verify_adapter::{Refusal, tell_unreadable};
use verify_core::{EventError, Verified};

use crate::{
    Delivery, DeliveryRejection,
    extract::verified,
    response::{by_table, status},
};

/// What the verified delivery says, for a handler behind [`Verify`](crate::Verify), with the delivery
/// itself: receipt and bytes.
///
/// Whoever sent it, the same questions have answers:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{AnyEvent, Event};
///
/// async fn note(event: Event<AnyEvent>) -> HttpResponse {
///     let (name, model) = (event.name().unwrap_or("something"), event.model().unwrap_or("nothing"));
///     println!("{name} happened to {model}");
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(note);
/// ```
///
/// Announce a transition to production, whichever of Databricks' events says so:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, databricks::{self, Stage, Transition}};
///
/// async fn announce(event: Event<databricks::Event>) -> HttpResponse {
///     if let Some(Transition { to: Some(Stage::Production), is_done: true, .. }) = event.transition() {
///         println!("{} is in production", event.model_name);
///     }
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(announce);
/// ```
///
/// Follow an alias of an MLflow model, and know which delivery said so:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, mlflow::{self, EventKind}};
///
/// async fn follow(Event(event, verified): Event<mlflow::Event>) -> HttpResponse {
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
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(follow);
/// ```
///
/// Take an event that cannot be read instead of refusing it:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, EventRejection, databricks};
///
/// async fn on_tag(
///     event: Result<Event<databricks::Event>, EventRejection>,
/// ) -> Result<HttpResponse, EventRejection> {
///     let event = match event {
///         Ok(event) => event,
///         // The delivery is verified: keep its bytes for later rather than lose it.
///         Err(EventRejection::Unreadable { error, verified }) => {
///             eprintln!("{error}: {} bytes put aside", verified.body().len());
///             return Ok(HttpResponse::Accepted().finish());
///         }
///         Err(other) => return Err(other),
///     };
///     if event.tags().contains(&("validated", "true")) {
///         println!("{} was validated", event.model_name);
///     }
///     Ok(HttpResponse::NoContent().finish())
/// }
/// # let _: actix_web::Route = web::post().to(on_tag);
/// ```
///
/// Take a payload in a type of your own, as Weights & Biases lets users write them:
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use verify_actix::{Event, wandb::EventType};
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     model: String,
///     event_type: EventType,
/// }
///
/// async fn deploy(Event(deploy, _): Event<Deploy>) -> HttpResponse {
///     if deploy.event_type == EventType::LinkArtifact {
///         println!("{} was linked", deploy.model);
///     }
///     HttpResponse::NoContent().finish()
/// }
/// # let _: actix_web::Route = web::post().to(deploy);
/// ```
///
/// The refusals of this extractor are not those of the middleware: its callback and its replaced response
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

impl<T: verify_core::Payload> FromRequest for Event<T> {
    type Error = EventRejection;
    type Future = Ready<Result<Self, EventRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match verified(request) {
            Ok(Delivery(verified)) => match verified.event() {
                Ok(event) => Ok(Self(event, verified)),
                Err(error) => Err(EventRejection::Unreadable { error, verified }),
            },
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
