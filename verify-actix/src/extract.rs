use core::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, dev::Payload,
    http::StatusCode,
};
use bytes::Bytes;
use verify_adapter::delivered;
use verify_core::Verified;

use crate::response::by_table;

/// The verified delivery, for a handler behind [`Verify`](crate::Verify).
///
/// The bytes are those that were verified, whatever a middleware in between did to the request's
/// body, and never decompressed. It takes nothing from the body, so you can use other extractors
/// beside it. `web::Json` still finds the body, and so does
/// `serde_json::from_slice(verified.body())`. If there may be no delivery, take `Result<Delivery,
/// DeliveryRejection>` to answer yourself.
///
/// ```
/// use actix_web::{App, HttpResponse, HttpServer, web};
/// use verify_actix::{Delivery, Secret, Sender, Verifier, Verify};
///
/// async fn on_delivery(Delivery(verified): Delivery) -> HttpResponse {
///     println!("{} bytes from {}", verified.body().len(), verified.receipt().sender());
///     HttpResponse::NoContent().finish()
/// }
///
/// # fn main() -> Result<(), verify_actix::ConfigError> {
/// let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("shared")?).build()?;
/// let guard = Verify::new(verifier);
/// let server = HttpServer::new(move || {
///     let hook = web::resource("/webhooks/mlflow").wrap(guard.clone());
///     App::new().service(hook.route(web::post().to(on_delivery)))
/// });
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Delivery(pub Verified<Bytes>);

verify_adapter::__delivery_rejection!(StatusCode);

impl FromRequest for Delivery {
    type Error = DeliveryRejection;
    type Future = Ready<Result<Self, DeliveryRejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(verified(request))
    }
}

pub(crate) fn verified(request: &HttpRequest) -> Result<Delivery, DeliveryRejection> {
    let extensions = request.extensions();
    delivered(extensions.get(), extensions.get()).map(Delivery).map_err(DeliveryRejection)
}

impl ResponseError for DeliveryRejection {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        by_table(self.0)
    }
}
