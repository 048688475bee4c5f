use core::sync::atomic::Ordering;

use axum::{
    Extension, Json, Router,
    body::Body,
    http::StatusCode,
    routing::{MethodRouter, post},
};
use bytes::Bytes;
use http::{Response, request::Parts};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use verify_axum::{
    Delivery, Event, EventRejection, Receipt, Reported, Resolver, VerifyLayer, databricks, mlflow,
    try_again, wandb,
};

use super::{Guard, Handler, Verifiers, configured, followed, told};

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
    receipt: Option<Extension<Receipt>>,
    reported: Option<Extension<Reported>>,
    body: Bytes,
) -> String {
    let reported = reported.map(|Extension(reported)| reported);
    told(receipt.is_some(), reported.as_ref(), &body)
}
