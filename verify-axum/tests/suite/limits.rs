//! Memory and time are bounded, whatever forged heads and slow bodies ask for.

use core::{
    convert::Infallible,
    future::pending,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, http::StatusCode, routing::post};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Channel, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::JoinSet};
use tower::{Layer, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use verify_axum::{Budget, Delivery, Refusal, RequestBody, RetryAfter, Sender, VerifyLayer};

use crate::support::{
    Raw, SECRET, clock, delivery, eventually, head, serve, signed_head, verifier,
};

/// The head of a delivery that looks right and whose signature fits nothing.
fn forged_head(length: usize) -> String {
    let signature = ("x-databricks-signature", "0".repeat(64));
    head("/", &[signature, ("content-length", length.to_string())])
}

/// Where what happens is no matter of the deadline.
fn patient() -> VerifyLayer {
    VerifyLayer::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_secs(3600))
}

fn app(layer: VerifyLayer) -> Router {
    let handler = async |Delivery(_): Delivery| StatusCode::NO_CONTENT;
    Router::new().route("/", post(handler)).layer(layer)
}

#[tokio::test]
async fn good_deliveries_are_answered_while_forged_bodies_hold_the_budget() {
    let budget = Budget::new(1_000_000);
    let layer = patient();
    let address = serve(app(layer.with_budget(budget.clone()))).await;

    let mut forged = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::connect(address).await;
        raw.send(forged_head(100_000)).await.send(vec![b'x'; 99_999]).await;
        forged.push(raw);
    }
    eventually(|| budget.used() > 800_000).await;
    assert!(budget.used() <= 1_000_000);

    // As large as four of those that hold the budget, and in pieces, so that it has to be kept.
    let body = vec![b'y'; 400_000];
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await;
    for piece in body.chunks(50_000) {
        raw.send(piece).await;
    }
    assert_eq!(raw.status().await, 204);

    // The oldest made room, and were told to come again; the newest still wait.
    let mut oldest = forged.remove(0);
    let told = tokio::time::timeout(Duration::from_secs(30), oldest.status()).await;
    assert_eq!(told.expect("told at once"), 503);
    let mut newest = forged.pop().unwrap();
    assert_eq!(newest.send("x").await.status().await, 401);
    drop(forged);
    eventually(|| budget.used() == 0).await;
}

#[tokio::test]
async fn a_head_alone_buys_no_memory() {
    let budget = Budget::new(1_000_000);
    let layer = patient().with_budget(budget.clone());
    let address = serve(app(layer)).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::connect(address).await;
        raw.send(forged_head(1_000_000)).await.send("0123456789").await;
        waiting.push(raw);
    }
    // The heads, and a first segment each: nothing of the megabyte that each announces.
    eventually(|| (20 * 4096..20 * 5500).contains(&budget.used())).await;
}

#[tokio::test]
async fn a_head_that_waits_is_charged_for_what_it_holds() {
    let budget = Budget::new(1_000_000);
    let layer = patient().with_budget(budget.clone());
    let address = serve(app(layer)).await;
    let large = ("x-large", "x".repeat(10_000));
    let signature = ("x-databricks-signature", "0".repeat(64));
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[signature, large, ("content-length", "10".to_owned())])).await;
    eventually(|| (10_000..12_000).contains(&budget.used())).await;
}

/// Over HTTP/2 a header that was sent once is a byte from then on, and 129 in memory.
#[tokio::test]
async fn a_slow_delivery_is_answered_while_compressed_heads_fill_the_budget() {
    let budget = Budget::new(1_000_000);
    let address = serve(app(patient().with_budget(budget.clone()))).await;
    let body = vec![b'y'; 10_000];
    let mut slow = Raw::connect(address).await;
    slow.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await.send(&body[..9_999]).await;
    eventually(|| budget.used() > 10_000).await;

    let socket = TcpStream::connect(address).await.unwrap();
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    // Of 61 kB each, three times the budget in all.
    let mut forged = JoinSet::new();
    for _ in 0..50 {
        let mut client = client.clone();
        let mut head = Request::post(format!("http://{address}/"))
            .header("x-databricks-signature", "0".repeat(64));
        for _ in 0..470 {
            head = head.header("a", "");
        }
        forged.spawn(async move {
            let (_never, body) = Channel::<Bytes, Infallible>::new(1);
            client.send_request(head.body(body).unwrap()).await.unwrap().status()
        });
    }
    for _ in 0..30 {
        let told = tokio::time::timeout(Duration::from_secs(30), forged.join_next()).await;
        assert_eq!(told.expect("told at once").unwrap().unwrap(), 503);
    }
    assert_eq!(slow.send(&body[9_999..]).await.status().await, 204);
}

#[tokio::test]
async fn a_body_larger_than_the_budget_is_a_503() {
    let layer = VerifyLayer::new(verifier(Sender::DATABRICKS)).with_budget(Budget::new(2000));
    let service = layer.layer(service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let fits = service.clone().oneshot(delivery(Sender::DATABRICKS, [b'x'; 1000])).await.unwrap();
    assert_eq!(fits.status(), 200);
    let spent = service.oneshot(delivery(Sender::DATABRICKS, [b'x'; 2000])).await.unwrap();
    assert_eq!(
        (spent.status().as_u16(), spent.headers()["retry-after"].as_bytes()),
        (503, &b"5"[..])
    );
    assert_eq!(spent.extensions().get(), Some(&Refusal::BudgetSpent(RetryAfter::AGE_UNKNOWN)));
}

#[tokio::test]
async fn a_place_in_the_service_is_not_held_by_an_unverified_request() {
    let one_at_a_time = ConcurrencyLimitLayer::new(1)
        .layer(service_fn(|_| async { Ok::<_, Infallible>(Response::<Full<Bytes>>::default()) }));
    let service = patient().layer(one_at_a_time);
    let (_never, body) = Channel::<Bytes, Infallible>::new(1);
    let waits = delivery(Sender::DATABRICKS, *b"{}").map(|_| body.boxed_unsync());
    let waiting = tokio::spawn(service.clone().oneshot(waits));
    tokio::task::yield_now().await;
    let good = delivery(Sender::DATABRICKS, *b"{}").map(|_| Full::from("{}").boxed_unsync());
    assert_eq!(service.oneshot(good).await.unwrap().status(), 200);
    assert!(!waiting.is_finished());
}

/// As many frames, and nothing in them: without end, but for a test that is to fail.
struct Endless(u32);

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or(0);
        Poll::Ready(left.map(|_| Ok(Frame::data(Bytes::new()))))
    }
}

#[tokio::test]
async fn a_body_that_is_always_ready_does_not_outrun_the_deadline() {
    let layer = VerifyLayer::new(verifier(Sender::DATABRICKS));
    let service = layer.with_deadline(Duration::from_millis(50)).layer(service_fn(
        |_: Request<RequestBody<Endless>>| async {
            Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
        },
    ));
    let request = delivery(Sender::DATABRICKS, *b"").map(|_| Endless(20_000_000));
    assert_eq!(service.oneshot(request).await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_client_that_goes_away_gives_its_budget_back() {
    let budget = Budget::new(1_000_000);
    let layer = patient().with_budget(budget.clone());
    let address = serve(app(layer)).await;
    let mut raw = Raw::connect(address).await;
    raw.send(forged_head(1000)).await.send([b'x'; 500]).await;
    eventually(|| budget.used() > 0).await;
    drop(raw);
    eventually(|| budget.used() == 0).await;
}

#[tokio::test]
async fn streams_of_http_2_obey_the_limits_too() {
    let budget = Budget::new(4_000_000);
    let layer = patient().with_budget(budget.clone());
    let address = serve(app(layer)).await;
    let socket = TcpStream::connect(address).await.unwrap();
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let mut request = delivery(Sender::DATABRICKS, *b"{}").map(|_| body);
    request.headers_mut().remove("content-length");
    *request.uri_mut() = format!("http://{address}/").parse().unwrap();

    // Never announced, and never at an end.
    let mut other = client.clone();
    let answer = tokio::spawn(async move { other.send_request(request).await.unwrap().status() });
    while sender.send_data(vec![b'x'; 50_000].into()).await.is_ok() {}
    assert_eq!(answer.await.unwrap(), 413);
    eventually(|| budget.used() == 0).await;

    // Reset in the middle.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let mut request = delivery(Sender::DATABRICKS, *b"{}").map(|_| body);
    request.headers_mut().remove("content-length");
    *request.uri_mut() = format!("http://{address}/").parse().unwrap();
    let mut other = client.clone();
    let answer = tokio::spawn(async move { other.send_request(request).await.is_ok() });
    sender.send_data(vec![b'x'; 50_000].into()).await.unwrap();
    eventually(|| budget.used() > 50_000).await;
    answer.abort();
    eventually(|| budget.used() == 0).await;
}

#[tokio::test]
async fn the_budget_is_held_while_a_delivery_is_handled_and_not_longer() {
    let budget = Budget::new(1_000_000);
    let guard = || VerifyLayer::new(verifier(Sender::DATABRICKS)).with_budget(budget.clone());

    // Cancelled in the middle of handling.
    let stuck = guard().layer(service_fn(|_: Request<RequestBody<Body>>| {
        pending::<Result<Response<Full<Bytes>>, Infallible>>()
    }));
    let call = tokio::spawn(stuck.oneshot(delivery(Sender::DATABRICKS, [b'x'; 1000])));
    eventually(|| (1000..2000).contains(&budget.used())).await;
    call.abort();
    eventually(|| budget.used() == 0).await;

    // A panic in the handler.
    let panics = guard().layer(service_fn(|_: Request<RequestBody<Body>>| async {
        if true {
            panic!("on purpose");
        }
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let call = tokio::spawn(panics.oneshot(delivery(Sender::DATABRICKS, [b'x'; 1000])));
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(budget.used(), 0);

    // Cancelled while the body arrives.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(4);
    sender.send_data(vec![b'x'; 500].into()).await.unwrap();
    let echo = guard().layer(service_fn(|_: Request<RequestBody<_>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let request = delivery(Sender::DATABRICKS, [b'x'; 1000]).map(|_| body);
    let call = tokio::spawn(echo.oneshot(request));
    eventually(|| budget.used() > 0).await;
    call.abort();
    eventually(|| budget.used() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_for_the_whole_body() {
    let layer = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    for (pause, status) in [(90, 200), (101, 503)] {
        let service = layer.layer(service_fn(|_: Request<RequestBody<_>>| async {
            Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
        }));
        let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
        let request = delivery(Sender::MLFLOW, [b'x'; 100]).map(|_| body);
        tokio::spawn(async move {
            for _ in 0..100 {
                // 100 of these are 9 s or 10.1 s; no single one is long.
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if sender.send_data("x".into()).await.is_err() {
                    return;
                }
            }
        });
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{pause} ms a byte");
    }
}
