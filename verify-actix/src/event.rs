use core::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError, dev::Payload, http::StatusCode,
};
use bytes::Bytes;
use verify_core::Verified;

use crate::{Delivery, DeliveryRejection, extract::verified, response::by_table};

/// What the verified delivery says, for a handler behind [`Verify`](crate::Verify), with the delivery
/// itself: receipt and bytes.
///
/// The same methods answer for every sender:
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
/// The middleware's callback and replaced response do not apply to refusals of this extractor. To change
/// them, take the `Result`.
#[derive(Clone, Debug)]
pub struct Event<T>(pub T, pub Verified<Bytes>);

verify_adapter::__event_rejection!(StatusCode);

impl<T: verify_core::Payload> FromRequest for Event<T> {
    type Error = EventRejection;
    type Future = Ready<Result<Self, EventRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(verified(request)))
    }
}

impl ResponseError for EventRejection {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        by_table(self.tell())
    }
}
