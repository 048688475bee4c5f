//! Memory and time are bounded, whatever forged heads and slow bodies ask for.

use core::{convert::Infallible, future::pending, iter, net::SocketAddr, time::Duration};

use actix_web::{
    Error, HttpResponse,
    dev::{Service, ServiceRequest, ServiceResponse},
    web::{self, Bytes},
};
use http_body_util::Channel;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use verify_actix::{Budget, Delivery, Refusal, RetryAfter, Sender, Verify};

use crate::support::{
    Raw, SECRET, channel, chunks, clock, delivery, eventually, guarded, head, ok, poll_once, root,
    serve, signed, signed_head, verifier,
};

/// The head of a delivery that looks right and whose signature fits nothing.
fn forged_head(length: usize) -> String {
    let signature = ("x-databricks-signature", "0".repeat(64));
    head("/", &[signature, ("content-length", length.to_string())])
}

/// Where what happens is no matter of the deadline.
fn patient() -> Verify {
    Verify::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_secs(3600))
}

fn app(guard: Verify) -> SocketAddr {
    serve(move |app| {
        let handler = async |Delivery(_): Delivery| HttpResponse::NoContent().finish();
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    })
}

#[tokio::test]
async fn good_deliveries_are_answered_while_forged_bodies_hold_the_budget() {
    let budget = Budget::new(1_000_000);
    let address = app(patient().with_budget(budget.clone()));

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
    let address = app(patient().with_budget(budget.clone()));
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
    let address = app(patient().with_budget(budget.clone()));
    let large = ("x-large", "x".repeat(10_000));
    let signature = ("x-databricks-signature", "0".repeat(64));
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[signature, large, ("content-length", "10".to_owned())])).await;
    eventually(|| (10_000..12_000).contains(&budget.used())).await;
}

#[tokio::test]
async fn a_body_larger_than_the_budget_is_a_503() {
    let guard = Verify::new(verifier(Sender::DATABRICKS)).with_budget(Budget::new(2000));
    let service = guarded(guard, ok).await;
    let call = |length| {
        let body = vec![b'x'; length];
        service.call(delivery(Sender::DATABRICKS, body).to_srv_request())
    };
    assert_eq!(call(1000).await.unwrap().status(), 200);
    let spent = call(2000).await.unwrap();
    assert_eq!(spent.status(), 503);
    assert_eq!(spent.headers().get("retry-after").unwrap(), "5");
    assert_eq!(
        spent.response().extensions().get(),
        Some(&Refusal::BudgetSpent(RetryAfter::AGE_UNKNOWN))
    );
}

#[tokio::test]
async fn a_body_that_is_always_ready_does_not_outrun_the_deadline() {
    let guard = Verify::new(verifier(Sender::DATABRICKS)).with_deadline(Duration::from_millis(50));
    let service = guarded(guard, ok).await;
    let mut request = delivery(Sender::DATABRICKS, *b"").to_srv_request();
    // As many chunks, and nothing in them: without end, but for a test that is to fail.
    request.set_payload(chunks(iter::repeat_n(Bytes::new(), 20_000_000)));
    assert_eq!(service.call(request).await.unwrap().status(), 503);
}

#[tokio::test]
async fn a_client_that_goes_away_gives_its_budget_back() {
    let budget = Budget::new(1_000_000);
    let address = app(patient().with_budget(budget.clone()));
    let mut raw = Raw::connect(address).await;
    raw.send(forged_head(1000)).await.send([b'x'; 500]).await;
    eventually(|| budget.used() > 0).await;
    drop(raw);
    eventually(|| budget.used() == 0).await;
}

#[tokio::test]
async fn streams_of_http_2_obey_the_limits_too() {
    let budget = Budget::new(4_000_000);
    let address = app(patient().with_budget(budget.clone()));
    let socket = TcpStream::connect(address).await.unwrap();
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
            .await
            .unwrap();
    tokio::spawn(connection);
    let request = |body: Channel<Bytes, Infallible>| {
        let mut request = http::Request::post(format!("http://{address}/"));
        for (name, value) in signed(Sender::DATABRICKS, SECRET, b"{}") {
            request = request.header(name, value);
        }
        request.body(body).unwrap()
    };

    // Never announced, and never at an end.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let (mut other, large) = (client.clone(), request(body));
    let answer = tokio::spawn(async move { other.send_request(large).await.unwrap().status() });
    while sender.send_data(vec![b'x'; 50_000].into()).await.is_ok() {}
    assert_eq!(answer.await.unwrap(), 413);
    eventually(|| budget.used() == 0).await;

    // Reset in the middle.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let (mut other, reset) = (client.clone(), request(body));
    let answer = tokio::spawn(async move { other.send_request(reset).await.is_ok() });
    sender.send_data(vec![b'x'; 50_000].into()).await.unwrap();
    eventually(|| budget.used() > 50_000).await;
    answer.abort();
    eventually(|| budget.used() == 0).await;
}

#[tokio::test]
async fn the_budget_is_held_while_a_delivery_is_handled_and_not_longer() {
    let budget = Budget::new(1_000_000);
    let guard = || patient().with_budget(budget.clone());
    let request = || delivery(Sender::DATABRICKS, [b'x'; 1000]).to_srv_request();

    // Cancelled in the middle of handling.
    let stuck = |_: ServiceRequest| pending::<Result<ServiceResponse, Error>>();
    let mut call = Box::pin(guarded(guard(), stuck).await.call(request()));
    assert!(!poll_once(&mut call).await);
    assert!((1000..2000).contains(&budget.used()), "{}", budget.used());
    drop(call);
    assert_eq!(budget.used(), 0);

    // Cancelled while the body arrives.
    let (sender, payload) = channel();
    let mut arriving = request();
    arriving.set_payload(payload);
    sender.send(vec![b'x'; 500].into()).await.unwrap();
    let mut call = Box::pin(guarded(guard(), ok).await.call(arriving));
    assert!(!poll_once(&mut call).await);
    assert!(budget.used() > 0);
    drop(call);
    assert_eq!(budget.used(), 0);

    // Handled.
    assert_eq!(guarded(guard(), ok).await.call(request()).await.unwrap().status(), 200);
    assert_eq!(budget.used(), 0);
}

#[tokio::test]
async fn a_panic_in_a_handler_costs_its_own_connection_only() {
    let budget = Budget::new(1_000_000);
    let guard = patient().with_budget(budget.clone());
    let address = serve(move |app| {
        let handler = async |Delivery(verified): Delivery| -> HttpResponse {
            assert_ne!(verified.body(), "panic", "on purpose");
            HttpResponse::NoContent().finish()
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    for (body, answer) in [("panic", ""), ("{}", "HTTP/1.1 204 No Content")] {
        let mut raw = Raw::connect(address).await;
        let head = signed_head(Sender::DATABRICKS, SECRET, body.as_bytes());
        raw.send(head + body).await;
        assert_eq!(raw.response().await.lines().next().unwrap_or_default(), answer);
        eventually(|| budget.used() == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_for_the_whole_body() {
    for (pause, status) in [(90, 200), (101, 503)] {
        let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
        let service = guarded(guard, ok).await;
        let (sender, payload) = channel();
        let mut request = delivery(Sender::MLFLOW, [b'x'; 100]).to_srv_request();
        request.set_payload(payload);
        tokio::spawn(async move {
            for _ in 0..100 {
                // 100 of these are 9 s or 10.1 s; no single one is long.
                tokio::time::sleep(Duration::from_millis(pause)).await;
                if sender.send("x".into()).await.is_err() {
                    return;
                }
            }
        });
        let response = service.call(request).await.unwrap();
        assert_eq!(response.status(), status, "{pause} ms a byte");
    }
}
