use core::sync::atomic::Ordering;
use std::rc::Rc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::FromRequestParts as _,
    http::StatusCode,
    routing::{MethodRouter, post},
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::RETRY_AFTER, request::Parts};
use http_body_util::BodyExt as _;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use verify_axum::{
    Attempt, Delivery, Event, EventRejection, HandleOnceLayer, Refusal, Reported, Resolver,
    Verified, VerifyLayer, databricks, mlflow, once::Once, try_again, wandb,
};

use super::{Guard, Handler, Verifiers, configured, followed, told};
use crate::direct::{self, App, Seen};

pub(super) fn serve(listener: TcpListener, guards: &[Guard], routes: &[(&'static str, Handler)]) {
    let mut app = Router::new();
    for (path, handler) in routes {
        // Not around the router: that would guard unknown paths too, as nothing does with actix.
        let route = guards.iter().fold(route(handler.clone()), |route, guard| {
            match guard.verifiers.clone() {
                Verifiers::One(verifier) => guarded(route, guard, VerifyLayer::new(verifier)),
                Verifiers::ByPath(resolve) => {
                    let resolver = move |head: &Parts| resolve(head.uri.path());
                    guarded(route, guard, VerifyLayer::with_resolver(resolver))
                }
            }
        });
        app = app.route(path, route);
    }
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(app.clone());
            tokio::spawn(async move {
                let mut server = auto::Builder::new(TokioExecutor::new());
                server.http1().half_close(true);
                // An error is a client that went away, which some tests do.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
}

fn guarded<R>(route: MethodRouter, guard: &Guard, layer: VerifyLayer<R>) -> MethodRouter
where
    R: Resolver<Parts, Future: Send> + Clone + Send + Sync + 'static,
{
    let answer = |status: StatusCode, text: &'static str| {
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() = status;
        response
    };
    route.layer(configured!(
        guard,
        layer,
        |head: &Parts| head.uri.path().to_owned(),
        answer(StatusCode::FORBIDDEN, "no"),
        answer(StatusCode::SERVICE_UNAVAILABLE, "")
    ))
}

fn route(handler: Handler) -> MethodRouter {
    match handler {
        Handler::Count(runs) => post(async move |_: Delivery| {
            runs.fetch_add(1, Ordering::SeqCst);
            StatusCode::NO_CONTENT
        }),
        Handler::Deliver => post(async |Delivery(verified): Delivery| verified.body().clone()),
        Handler::Echo => post(async |body: Bytes| body),
        Handler::FollowAlias => post(follow),
        Handler::LengthOfBytes => post(async |body: Bytes| body.len().to_string()),
        Handler::LengthOfJson => post(async |Json(text): Json<String>| text.len().to_string()),
        Handler::LengthOfText => post(async |body: String| body.len().to_string()),
        Handler::Lenient => post(lenient),
        Handler::NameArtifact => post(async |variables: Event<wandb::Variables>| {
            variables.artifact().unwrap().name.to_owned()
        }),
        Handler::Strict => post(async |_: Event<databricks::Event>| StatusCode::NO_CONTENT),
        Handler::Tell => post(tell),
        Handler::TryAgain => {
            post(async |Delivery(verified): Delivery| try_again::<Body>(verified.receipt()))
        }
    }
}

pub(super) fn app(
    guard: Option<&Guard>,
    once: Option<Option<Once>>,
    handler: direct::Handler,
) -> App {
    let is_detached = handler.is_detached;
    let mut route = post(async move |Attempt(attempt): Attempt| {
        (StatusCode::from_u16(handler.handle(attempt).await).unwrap(), "a body")
    });
    if let Some(once) = once {
        let layer = HandleOnceLayer::new(once);
        route = route.layer(if is_detached { layer.detached() } else { layer });
    }
    if let Some(guard) = guard {
        let Verifiers::One(verifier) = guard.verifiers.clone() else { unreachable!("one kind") };
        route = guarded(route, guard, VerifyLayer::new(verifier));
    }
    let app = Router::new().route("/", route);
    Rc::new(move |headers, body| {
        let app = app.clone();
        Box::pin(async move {
            let request = headers
                .into_iter()
                .fold(Request::post("/"), |request, (name, value)| request.header(name, value));
            let request = request.body(Body::from_stream(body)).unwrap();
            let response = app.oneshot(request).await.unwrap();
            let wait = response.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes);
            let extensions = response.extensions();
            let status = response.status().as_u16();
            let seen = Seen::new(status, wait, extensions.get(), extensions.get());
            let length = response.into_body().collect().await.unwrap().to_bytes().len();
            Seen { length, ..seen }
        })
    })
}

pub(super) async fn rejections() -> [(u16, Refusal, String); 2] {
    let (mut head, ()) = Request::new(()).into_parts();
    let delivery = Delivery::from_request_parts(&mut head, &()).await.unwrap_err();
    let event = Event::<mlflow::Event>::from_request_parts(&mut head, &()).await.unwrap_err();
    [
        (delivery.status().as_u16(), delivery.refusal(), delivery.to_string()),
        (event.status().as_u16(), event.refusal(), event.to_string()),
    ]
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

async fn tell(
    verified: Option<Extension<Verified<Bytes>>>,
    reported: Option<Extension<Reported>>,
    body: Bytes,
) -> String {
    let reported = reported.map(|Extension(reported)| reported);
    told(verified.is_some(), reported.as_ref(), &body)
}
