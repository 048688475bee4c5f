//! What actix-web does on the wire, and how the middleware deals with it.

use core::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::sync::Arc;

use actix_web::{
    App, HttpResponse,
    middleware::Compress,
    web::{self, Bytes},
};
use adapters::{Raw, SECRET, ask, clock, head, signed, signed_head, signed_with_length, verifier};
use verify_actix::{Delivery, Sender, Verify};

use crate::support::{root, serve, serve_app};

/// What `gzip` makes of `{}`.
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00";

/// Serves a handler that counts how often it runs.
fn counting(guard: Verify) -> (SocketAddr, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let address = serve(move |app| {
        let counter = Arc::clone(&counter);
        let handler = move |Delivery(_): Delivery| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { HttpResponse::NoContent().finish() }
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    (address, runs)
}

#[tokio::test]
async fn expect_continue_is_answered_by_actix_before_the_head_is_judged() {
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let expect = ("expect", "100-continue".to_owned());
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.extend([("content-length", "2".to_owned()), expect.clone()]);
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers)).await.status().await, 100);
    assert_eq!(raw.send("{}").await.status().await, 204);
    assert_eq!(runs.load(Ordering::Relaxed), 1);

    // axum's server would not say 100 here. But the refusal comes behind it at once.
    let mut raw = Raw::connect(address).await;
    raw.send(head("/", &[("content-length", "900000".to_owned()), expect])).await;
    assert_eq!([raw.status().await, raw.status().await], [100, 401]);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_length_that_lies_is_stopped_by_actix() {
    let (address, runs) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let with = |lengths: &[(&'static str, &str)]| {
        let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
        headers.extend(lengths.iter().map(|(name, value)| (*name, (*value).to_owned())));
        head("/", &headers)
    };
    for head in [
        with(&[("content-length", "99999999999999999999999")]),
        with(&[("content-length", "+2")]),
        with(&[("content-length", "2"), ("content-length", "3")]),
        with(&[("content-length", "2"), ("content-length", "2")]),
        with(&[("content-length", "2"), ("transfer-encoding", "chunked")]),
    ] {
        let mut raw = Raw::connect(address).await;
        assert_eq!(raw.send(head.clone() + "{}").await.status().await, 400, "{head}");
    }
    assert_eq!(runs.load(Ordering::Relaxed), 0);

    // What is behind it belongs to another request.
    let mut raw = Raw::connect(address).await;
    raw.send(with(&[("content-length", "2")]) + "{}nonsense").await;
    assert_eq!(raw.status().await, 204);
}

#[tokio::test]
async fn a_client_that_has_said_all_it_has_to_say_gets_its_answer() {
    let (address, _) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, b"{}") + "{}").await.end().await;
    assert_eq!(raw.status().await, 204);
}

#[tokio::test]
async fn the_connection_of_a_refused_chunked_body_does_not_stay_open() {
    let (plain, _) = counting(Verify::new(verifier(Sender::DATABRICKS)));
    // A replaced answer with a body takes another way through the server.
    let guard = Verify::new(verifier(Sender::DATABRICKS))
        .with_refusal_response(|_| HttpResponse::Unauthorized().body("no"));
    let (replaced, _) = counting(guard);
    for address in [plain, replaced] {
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &[("transfer-encoding", "chunked".to_owned())])).await;
        // Ends when the server ends it. actix reads what a handler did not read for as long as the
        // client sends, if it is let.
        let closed = raw.response_to_a_drip(b"1\r\nx\r\n");
        let response = tokio::time::timeout(Duration::from_secs(20), closed).await;
        let response = response.expect("closed by the server");
        assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
        assert!(response.contains("connection: close"), "{response}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_decompressed_for_the_handler_once_it_is_verified() {
    let guard = Verify::new(verifier(Sender::DATABRICKS));
    let address = serve(move |app| {
        let handler = async |Delivery(verified): Delivery, body: Bytes| {
            format!("{} {}", verified.body().len(), String::from_utf8_lossy(&body))
        };
        app.service(root().wrap(guard.clone()).route(web::post().to(handler)));
    });
    let mut headers = signed(Sender::DATABRICKS, SECRET, GZIP);
    headers.push(("content-length", GZIP.len().to_string()));
    headers.push(("content-encoding", "gzip".to_owned()));
    let mut raw = Raw::connect(address).await;
    let response = raw.send(head("/", &headers)).await.send(GZIP).await.response().await;
    assert!(response.ends_with("22 {}"), "{response}");
    // What was signed is the compressed body.
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.push(("content-length", GZIP.len().to_string()));
    headers.push(("content-encoding", "gzip".to_owned()));
    let mut raw = Raw::connect(address).await;
    assert_eq!(raw.send(head("/", &headers)).await.send(GZIP).await.status().await, 401);
}

#[tokio::test]
async fn what_was_verified_is_read_whole_beside_a_middleware_that_compresses() {
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let body = serde_json::to_vec(&"x".repeat(2_400_253)).unwrap();
    let address = serve_app(move || {
        let payload =
            async |body: web::Payload| body.to_bytes().await.map(|body| body.len().to_string());
        let delivery = async |Delivery(verified): Delivery, text: web::Json<String>| {
            (verified.body().len() - 2 - text.len()).to_string()
        };
        let guarded = |path, route| web::resource(path).wrap(guard.clone()).route(route);
        App::new()
            .wrap(Compress::default())
            .service(guarded("/payload", web::post().to(payload)))
            .service(guarded("/delivery", web::post().to(delivery)))
    });
    let mut headers = signed_with_length(Sender::MLFLOW, SECRET, &body);
    headers.push(("content-type", "application/json".to_owned()));
    for (path, length) in [("/payload", "2400255"), ("/delivery", "0")] {
        let response = ask(address, head(path, &headers), &body).await;
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with(length), "{response}");
    }
}
