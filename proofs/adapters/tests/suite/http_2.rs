//! What HTTP/2 makes different: streams and compressed heads.

use core::{convert::Infallible, net::SocketAddr, time::Duration};

use adapters::{Raw, SECRET, clock, eventually, signed, signed_head, verifier};
use bytes::Bytes;
use http::{HeaderValue, Request, Version};
use http_body_util::{BodyExt, Channel, Full, combinators::BoxBody};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};
use verify_adapter::Budget;
use verify_core::Sender;

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(
    http_2_is_verified_like_http_1,
    streams_obey_the_limits_too,
    a_slow_delivery_is_answered_while_compressed_heads_fill_the_budget,
);

type Body = BoxBody<Bytes, Infallible>;

async fn client(address: SocketAddr) -> SendRequest<Body> {
    let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (client, connection) = handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A delivery of `signed_body`, which may come with another body.
fn request(address: SocketAddr, sender: Sender, signed_body: &[u8], body: Body) -> Request<Body> {
    let mut request = Request::post(format!("http://{address}/"));
    for (name, value) in signed(sender, SECRET, signed_body) {
        request = request.header(name, value);
    }
    request.body(body).unwrap()
}

async fn http_2_is_verified_like_http_1(adapter: Adapter) {
    let guard = Guard::new(verifier(Sender::MLFLOW)).clock(clock());
    let address = adapter.serve(&[guard], &[("/", Handler::Deliver)]);
    let mut client = client(address).await;

    // More than one frame and more than one window.
    let body: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let good =
        || request(address, Sender::MLFLOW, &body, Full::new(Bytes::from(body.clone())).boxed());
    let response = client.send_request(good()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body);

    let mut forged = good();
    forged.headers_mut().insert("x-mlflow-delivery-id", HeaderValue::from_static("another"));
    let response = client.send_request(forged).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "HMAC-SHA256, Bearer");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "");

    // The client library would refuse a length that lies: no body at all goes with it.
    let (_keep_open, never) = Channel::<Bytes, Infallible>::new(1);
    let mut large = request(address, Sender::MLFLOW, &body, never.boxed());
    large.headers_mut().insert("content-length", HeaderValue::from_static("50000000"));
    assert_eq!(client.send_request(large).await.unwrap().status(), 413);
}

async fn streams_obey_the_limits_too(adapter: Adapter) {
    let budget = Budget::new(4_000_000);
    let guard = Guard::new(verifier(Sender::DATABRICKS)).budget(&budget);
    let (address, _) = adapter.count(guard.deadline(Duration::from_secs(3600)));
    let client = client(address).await;

    // Never announced, and never at an end.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let large = request(address, Sender::DATABRICKS, b"{}", body.boxed());
    let mut other = client.clone();
    let answer = tokio::spawn(async move { other.send_request(large).await.unwrap().status() });
    while sender.send_data(vec![b'x'; 50_000].into()).await.is_ok() {}
    assert_eq!(answer.await.unwrap(), 413);
    eventually(|| budget.used() == 0).await;

    // Reset in the middle.
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let reset = request(address, Sender::DATABRICKS, b"{}", body.boxed());
    let mut other = client.clone();
    let answer = tokio::spawn(async move { other.send_request(reset).await.is_ok() });
    sender.send_data(vec![b'x'; 50_000].into()).await.unwrap();
    eventually(|| budget.used() > 50_000).await;
    answer.abort();
    eventually(|| budget.used() == 0).await;
}

/// A header that was sent once is a byte from then on, and 129 in memory.
async fn a_slow_delivery_is_answered_while_compressed_heads_fill_the_budget(adapter: Adapter) {
    let budget = Budget::new(1_000_000);
    let guard = Guard::new(verifier(Sender::DATABRICKS)).budget(&budget);
    let (address, _) = adapter.count(guard.deadline(Duration::from_secs(3600)));
    let body = vec![b'y'; 10_000];
    let mut slow = Raw::connect(address).await;
    slow.send(signed_head(Sender::DATABRICKS, SECRET, &body)).await.send(&body[..9_999]).await;
    eventually(|| budget.used() > 10_000).await;

    // Of 61 kB each, three times the budget in all.
    let client = client(address).await;
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
            client.send_request(head.body(body.boxed()).unwrap()).await.unwrap().status()
        });
    }
    for _ in 0..30 {
        let told = timeout(Duration::from_secs(30), forged.join_next()).await;
        assert_eq!(told.expect("told at once").unwrap().unwrap(), 503);
    }
    assert_eq!(slow.send(&body[9_999..]).await.status().await, 204);
}
