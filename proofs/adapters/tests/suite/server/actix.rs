use core::{sync::atomic::Ordering, time::Duration};
use std::{rc::Rc, sync::Arc};

use actix_web::{
    App, FromRequest as _, HttpMessage, HttpRequest, HttpResponse, HttpServer, ResponseError as _,
    Route,
    body::to_bytes,
    dev::{Payload, Service as _, ServiceRequest},
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    middleware::Condition,
    test::{TestRequest, init_service},
    web::{self, Bytes},
};
use adapters::verifier;
use tokio::net::TcpListener;
use verify_actix::{
    Attempt, Delivery, Event, EventRejection, HandleOnce, Refusal, Resolver, Verified, Verify,
    databricks, mlflow, once::Once, try_again, wandb,
};
use verify_core::Sender;

use super::{Guard, Handler, Verifiers, configured, followed, told};
use crate::direct::{self, Seen};

pub(super) fn serve(listener: TcpListener, guards: &[Guard], routes: &[(&'static str, Handler)]) {
    // What is not there is turned off.
    let spare = guards.first().cloned().unwrap_or_else(|| Guard::new(verifier(Sender::WANDB)));
    let guards = [0, 1].map(|place| (place < guards.len(), guards.get(place).unwrap_or(&spare)));
    match spare.verifiers {
        Verifiers::ByPath(_) => {
            run(listener, guards, routes, |verifiers: Verifiers| {
                let Verifiers::ByPath(resolve) = verifiers else { unreachable!("one kind") };
                Verify::with_resolver(move |request: &ServiceRequest| resolve(request.path()))
            });
        }
        Verifiers::One(_) => run(listener, guards, routes, |verifiers: Verifiers| {
            let Verifiers::One(verifier) = verifiers else { unreachable!("one kind") };
            Verify::new(verifier)
        }),
    }
}

fn run<R: Resolver<ServiceRequest, Future: 'static> + Clone + Send + 'static>(
    listener: TcpListener,
    guards: [(bool, &Guard); 2],
    routes: &[(&'static str, Handler)],
    verify: impl Fn(Verifiers) -> Verify<R>,
) {
    let [inside, outside] =
        guards.map(|(is_on, guard)| (is_on, own(guard, verify(guard.verifiers.clone()))));
    let routes = routes.to_vec();
    let app = move || {
        let app = App::new().wrap(condition(&outside));
        routes.iter().fold(app, |app, (path, handler)| {
            let guarded = web::resource(*path).wrap(condition(&inside));
            app.service(guarded.route(route(handler.clone())))
        })
    };
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
    // A client that is kept waiting keeps its connection.
    let server = server.keep_alive(Duration::from_secs(600));
    let server = server.client_request_timeout(Duration::ZERO);
    let server = server.client_disconnect_timeout(Duration::from_millis(200));
    let server = server.listen_auto_h2c(listener.into_std().unwrap()).unwrap();
    tokio::spawn(server.run());
}

pub(super) async fn app(
    guard: Option<&Guard>,
    once: Option<Option<Once>>,
    handler: direct::Handler,
) -> direct::App {
    let spare = Guard::new(verifier(Sender::WANDB));
    let is_on = guard.is_some();
    let guard = guard.unwrap_or(&spare);
    let Verifiers::One(verifier) = guard.verifiers.clone() else { unreachable!("one kind") };
    let verify = own(guard, Verify::new(verifier));
    let is_detached = handler.is_detached;
    let handle = move |Attempt(attempt): Attempt| {
        let handler = handler.clone();
        async move {
            let status = StatusCode::from_u16(handler.handle(attempt).await).unwrap();
            HttpResponse::build(status).body("a body")
        }
    };
    let is_guarded = once.is_some();
    let handle_once = HandleOnce::new(once.flatten());
    let handle_once = if is_detached { handle_once.detached() } else { handle_once };
    let handle_once = Condition::new(is_guarded, handle_once);
    let route = web::resource("/").route(web::post().to(handle));
    let guarded = route.wrap(handle_once).wrap(Condition::new(is_on, verify));
    let service = Rc::new(init_service(App::new().service(guarded)).await);
    Rc::new(move |headers, body| {
        let service = Rc::clone(&service);
        Box::pin(async move {
            let request = headers
                .into_iter()
                .fold(TestRequest::post(), |request, header| request.append_header(header));
            let payload: Payload = Payload::Stream { payload: Box::pin(body) };
            let (request, _) = request.to_request().replace_payload(payload);
            let response = match service.call(request).await {
                Ok(response) => response.into_parts().1.map_into_boxed_body(),
                // The server does the same.
                Err(error) => error.error_response(),
            };
            let wait = response.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes);
            let seen = {
                let extensions = response.extensions();
                let status = response.status().as_u16();
                Seen::new(status, wait, extensions.get(), extensions.get())
            };
            let length = to_bytes(response.into_body()).await.map_or(0, |body| body.len());
            Seen { length, ..seen }
        })
    })
}

pub(super) async fn rejections() -> [(u16, Refusal, String); 2] {
    let request = TestRequest::default().to_http_request();
    let delivery = Delivery::extract(&request).await.unwrap_err();
    let event = Event::<mlflow::Event>::extract(&request).await.unwrap_err();
    assert_eq!((delivery.status(), event.status()), (delivery.status_code(), event.status_code()));
    [
        (delivery.status().as_u16(), delivery.refusal(), delivery.to_string()),
        (event.status().as_u16(), event.refusal(), event.to_string()),
    ]
}

/// Sets what a guard says.
fn own<R>(guard: &Guard, verify: Verify<R>) -> Verify<R> {
    configured!(
        guard,
        verify,
        |request: &ServiceRequest| request.path().to_owned(),
        HttpResponse::Forbidden().body("no"),
        HttpResponse::ServiceUnavailable().finish()
    )
}

fn condition<G: Clone>((is_on, guard): &(bool, G)) -> Condition<G> {
    Condition::new(*is_on, guard.clone())
}

fn route(handler: Handler) -> Route {
    match handler {
        Handler::Count(runs) => web::post().to(move |_: Delivery| {
            Arc::clone(&runs).fetch_add(1, Ordering::SeqCst);
            async { HttpResponse::NoContent().finish() }
        }),
        Handler::Deliver => {
            web::post().to(async |Delivery(verified): Delivery| verified.body().clone())
        }
        // `Bytes` would be decompressed.
        Handler::Echo => web::post().to(async |body: web::Payload| body.to_bytes().await),
        Handler::FollowAlias => web::post().to(follow),
        Handler::LengthOfBytes => web::post().to(async |body: Bytes| body.len().to_string()),
        Handler::LengthOfJson => {
            web::post().to(async |text: web::Json<String>| text.len().to_string())
        }
        Handler::LengthOfText => web::post().to(async |body: String| body.len().to_string()),
        Handler::Lenient => web::post().to(lenient),
        Handler::NameArtifact => web::post().to(async |variables: Event<wandb::Variables>| {
            variables.artifact().unwrap().name.to_owned()
        }),
        Handler::Strict => {
            web::post().to(async |_: Event<databricks::Event>| HttpResponse::NoContent().finish())
        }
        Handler::Tell => web::post().to(tell),
        Handler::TryAgain => {
            web::post().to(async |Delivery(verified): Delivery| try_again(verified.receipt()))
        }
    }
}

async fn follow(Event(event, _): Event<mlflow::Event>) -> String {
    followed(&event)
}

async fn lenient(event: Result<Event<databricks::Event>, EventRejection>) -> String {
    match event {
        Err(ref rejection @ EventRejection::Unreadable { ref verified, .. }) => {
            let (status, code) = (rejection.status(), rejection.refusal().code());
            format!("{} {code} {rejection} {}", status.as_u16(), verified.body().len())
        }
        other => format!("{other:?}"),
    }
}

async fn tell(request: HttpRequest, body: Bytes) -> String {
    let extensions = request.extensions();
    told(extensions.get::<Verified<Bytes>>().is_some(), extensions.get(), &body)
}
