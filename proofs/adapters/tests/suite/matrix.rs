//! The attack matrix, in process and over a socket, HTTP/1.1 and HTTP/2.

use core::{
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::sync::Arc;

use actix_web::{App, HttpResponse, test::init_service, web};
use adapters::verifier_with;
use axum::{Router, routing::post};
use http::{Request, Response, StatusCode};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower::Service;
use verify_toolkit::{
    Sender,
    attack::{self, AttackBody, Outcome, Report, Target, awkward_secret},
};

use crate::server::{Adapter, Guard, Handler};

const SECRET: &str = attack::AWKWARD_SECRET;

#[tokio::test(start_paused = true)]
async fn axum_is_hardened_in_process() {
    for sender in Sender::ALL {
        let secret = awkward_secret(sender);
        let guard = verify_axum::VerifyLayer::new(verifier_with(*sender, secret));
        let handler = async |_: verify_axum::Delivery| {};
        let app = Router::new().route("/hook", post(handler).layer(guard));
        attack::assert_hardened(app, "/hook", *sender, secret).await;
    }
}

#[tokio::test(start_paused = true)]
async fn actix_is_hardened_in_process() {
    for sender in Sender::ALL {
        let secret = awkward_secret(sender);
        let guard = verify_actix::Verify::new(verifier_with(*sender, secret));
        let handler = async |_: verify_actix::Delivery| HttpResponse::NoContent();
        let guarded = web::resource("/hook").wrap(guard).route(web::post().to(handler));
        let app = init_service(App::new().service(guarded)).await;
        attack::actix::assert_hardened(&app, "/hook", *sender, secret).await;
    }
}

#[tokio::test(start_paused = true)]
#[should_panic = "wrong path? everything that was sent to `/` was answered 404"]
async fn a_path_that_axum_does_not_have_is_named() {
    let app = Router::new().route("/hook", post(async || {}));
    attack::assert_hardened(app, "/", Sender::DATABRICKS, SECRET).await;
}

#[tokio::test(start_paused = true)]
#[should_panic = "wrong path? everything that was sent to `/` was answered 404"]
async fn a_path_that_actix_does_not_have_is_named() {
    let hook = web::resource("/hook").route(web::post().to(HttpResponse::NoContent));
    let app = init_service(App::new().service(hook)).await;
    attack::actix::assert_hardened(&app, "/", Sender::DATABRICKS, SECRET).await;
}

/// What answers 404 to forgeries alone is there, and not sound.
#[tokio::test(start_paused = true)]
#[should_panic = "404, instead of 401"]
async fn a_404_to_forgeries_is_no_wrong_path() {
    let guard = verify_axum::VerifyLayer::new(verifier_with(Sender::DATABRICKS, SECRET))
        .with_refusal_response(|_| {
            let mut answer = Response::default();
            *answer.status_mut() = StatusCode::NOT_FOUND;
            answer
        });
    let app = Router::new().route("/", post(async |_: verify_axum::Delivery| {}).layer(guard));
    attack::assert_hardened(app, "/", Sender::DATABRICKS, SECRET).await;
}

#[tokio::test]
async fn what_a_long_answer_shows_is_found_in_process() {
    let handler =
        async || HttpResponse::Unauthorized().body(SECRET.to_owned() + &"x".repeat(200_000));
    let app = init_service(App::new().default_service(web::to(handler))).await;
    let target = Target::new(Sender::DATABRICKS, SECRET).only(["signature/"]);
    let report = attack::actix::attack(&target, &app).await;
    let forged = &report.cases[1];
    assert_eq!(forged.findings, ["the answer shows its secret"], "{}", forged.case.name);
}

#[tokio::test]
async fn both_are_hardened_over_a_socket_and_answer_the_same() {
    let reports = attacked(async |target, address| {
        target.attack_url(&format!("http://{address}/")).await.unwrap()
    });
    let (actix, axum) = reports.await;
    let mut different = Vec::new();
    for (actix, axum) in actix.iter().zip(&axum) {
        assert!(actix.is_hardened(), "actix: {actix}");
        assert!(axum.is_hardened(), "axum: {axum}");
        for (actix, axum) in actix.cases.iter().zip(&axum.cases) {
            let told = |outcome: &Outcome| match outcome {
                Outcome::Answered(answer) => Some(answer.told()),
                _ => None,
            };
            if told(&actix.outcome) != told(&axum.outcome) {
                different.push(actix.case.name);
            }
        }
    }
    // What the servers and the routers see to. With a length and chunks, hyper lets the chunks count,
    // as RFC 9112 allows, and actix refuses the request; and axum puts `Allow` on the 401 to another
    // method.
    let expected = ["framing/length-and-chunked", "route/put", "route/patch"];
    assert_eq!(different, [expected; Sender::ALL.len()].concat());
}

#[tokio::test]
async fn both_are_hardened_over_http_2() {
    let (actix, axum) =
        attacked(async |target, address| target.attack(Http2 { address }).await).await;
    for (actix, axum) in actix.iter().zip(&axum) {
        assert!(actix.is_hardened(), "actix: {actix}");
        assert!(axum.is_hardened(), "axum: {axum}");
    }
}

/// Attacks a receiver of each sender behind both adapters, all at the same time: each waits for a
/// body that stalls.
async fn attacked(
    attack: impl AsyncFn(&Target, SocketAddr) -> Report,
) -> (Vec<Report>, Vec<Report>) {
    let attack = async |adapter: Adapter, sender: &Sender| {
        let secret = awkward_secret(sender);
        let guard = Guard::new(verifier_with(*sender, secret));
        let address = adapter.serve(&[guard], &[("/", Handler::Count(Arc::default()))]);
        // The answer to a body that stalls takes 10 s.
        let target = Target::new(*sender, secret).with_patience(Duration::from_secs(60));
        attack(&target, address).await
    };
    let attack =
        async |adapter| join_all(Sender::ALL.iter().map(|sender| attack(adapter, sender))).await;
    tokio::join!(attack(Adapter::Actix), attack(Adapter::Axum))
}

/// Runs all at the same time, on this task: what they borrow need not be `Send`.
async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<_> = running.iter().map(|_| None).collect();
    core::future::poll_fn(|context| {
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// A client of HTTP/2, as a service. Each request has its own connection, because some end it.
#[derive(Clone)]
struct Http2 {
    address: SocketAddr,
}

impl Service<Request<AttackBody>> for Http2 {
    type Response = Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<AttackBody>) -> Self::Future {
        let uri = format!("http://{}{}", self.address, request.uri());
        *request.uri_mut() = uri.parse().unwrap();
        let address = self.address;
        Box::pin(async move {
            let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
            let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
            tokio::spawn(connection);
            client.send_request(request).await
        })
    }
}
