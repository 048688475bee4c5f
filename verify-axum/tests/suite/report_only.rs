//! Report-only mode: requests go through as they came, and typed handlers stay out of reach.

use core::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Extension, Router, http::StatusCode, routing::post};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use verify_axum::{
    Delivery, Receipt, Refusal, Reported, RequestBody, Secret, Sender, Verifier, VerifyLayer,
};

use crate::support::{Raw, SECRET, head, serve, signed};

/// Tells what it sees: whether there is a receipt, the reason of a refusal, and the body.
async fn untyped(
    receipt: Option<Extension<Receipt>>,
    reported: Option<Extension<Reported>>,
    body: Bytes,
) -> String {
    let reason = reported.map(|Extension(reported)| reported.refusal.code());
    let body = String::from_utf8_lossy(&body).into_owned();
    format!("{} {} {body}", receipt.is_some(), reason.unwrap_or("none"))
}

fn report_only() -> Router {
    let verifier = Verifier::builder(Sender::DATABRICKS)
        .secret(Secret::new(SECRET).unwrap())
        .body_limit(10)
        .build()
        .unwrap();
    let typed = async |Delivery(_): Delivery| StatusCode::NO_CONTENT;
    Router::new()
        .route("/untyped", post(untyped))
        .route("/typed", post(typed))
        .layer(VerifyLayer::new(verifier).dangerous_report_only())
}

#[tokio::test]
async fn refused_requests_reach_a_handler_whole_and_marked() {
    let address = serve(report_only()).await;
    let ask = async |headers: &[(&str, String)], body: &str| {
        let mut raw = Raw::connect(address).await;
        let (_, body) = raw.send(head("/untyped", headers)).await.send(body).await.read().await;
        String::from_utf8(body).unwrap()
    };
    let length = |body: &str| ("content-length", body.len().to_string());
    let signature = |body: &str| signed(Sender::DATABRICKS, SECRET, body.as_bytes()).remove(0);

    assert_eq!(ask(&[signature("{}"), length("{}")], "{}").await, "true none {}");
    assert_eq!(ask(&[length("{}")], "{}").await, "false header_missing {}");
    assert_eq!(ask(&[signature("[]"), length("{}")], "{}").await, "false signature_mismatch {}");

    // Too large: announced, and found out in the middle of several chunks.
    let large = "0123456789 and more";
    assert_eq!(
        ask(&[signature(large), length(large)], large).await,
        format!("false body_too_large {large}")
    );
    // Never less than axum would take without the layer.
    let larger = "x".repeat(2 * 1024 * 1024);
    let expected = format!("false body_too_large {larger}");
    assert!(ask(&[signature(&larger), length(&larger)], &larger).await == expected);
    let chunked = ("transfer-encoding", "chunked".to_owned());
    let chunks = "8\r\n01234567\r\n8\r\n89 and m\r\n3\r\nore\r\n0\r\n\r\n";
    assert_eq!(
        ask(&[signature(large), chunked], chunks).await,
        format!("false body_too_large {large}")
    );
}

#[tokio::test]
async fn a_handler_may_take_a_delivery_only_where_there_is_one() {
    let app = || {
        let optional = async |delivery: Option<Delivery>| delivery.is_some().to_string();
        Router::new().route("/", post(optional))
    };
    let guard = VerifyLayer::new(crate::support::verifier(Sender::DATABRICKS));
    let reporting = serve(app().layer(guard.clone().dangerous_report_only())).await;
    for (address, signed_body, answer) in [
        (reporting, b"{}", (200, "true")),
        (reporting, b"[]", (200, "false")),
        (serve(app().layer(guard)).await, b"[]", (401, "")),
        // Nobody would notice that nothing is verified.
        (serve(app()).await, b"{}", (500, "")),
    ] {
        let mut headers = signed(Sender::DATABRICKS, SECRET, signed_body);
        headers.push(("content-length", "2".to_owned()));
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head("/", &headers) + "{}").await.response().await;
        let (status, text) = answer;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        assert!(response.ends_with(&format!("\r\n\r\n{text}")), "{response}");
    }
}

#[tokio::test]
async fn a_handler_of_verified_deliveries_is_not_reached() {
    let address = serve(report_only()).await;
    let ask = async |signed_body: &[u8]| {
        let mut headers = signed(Sender::DATABRICKS, SECRET, signed_body);
        headers.push(("content-length", "2".to_owned()));
        Raw::connect(address).await.send(head("/typed", &headers) + "{}").await.status().await
    };
    assert_eq!(ask(b"{}").await, 204);
    assert_eq!(ask(b"[]").await, 401);
}

/// Panics, as a body may, if it is polled after its end.
struct Fused(Option<Bytes>, bool);

impl http_body::Body for Fused {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        assert!(!self.1, "polled after its end");
        let frame = self.0.take().map(|data| Ok(Frame::data(data)));
        self.1 = frame.is_none();
        Poll::Ready(frame)
    }
}

#[tokio::test]
async fn a_body_that_was_read_is_not_polled_again() {
    let collect = service_fn(|request: Request<RequestBody<Fused>>| async {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, Infallible>(Response::new(Full::new(body)))
    });
    let verifier = crate::support::verifier(Sender::DATABRICKS);
    let service = VerifyLayer::new(verifier).dangerous_report_only().layer(collect);
    let mut request = crate::support::delivery(Sender::DATABRICKS, *b"{}");
    request.headers_mut().remove("content-length");
    let request = request.map(|_| Fused(Some("[]".into()), false));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "[]");
}

#[tokio::test]
async fn a_large_one_reaches_the_usual_extractors_too() {
    let verifier = crate::support::verifier(Sender::MLFLOW);
    let handler = async |body: Bytes| body.len().to_string();
    let layer = VerifyLayer::new(verifier).dangerous_report_only();
    let address = serve(Router::new().route("/", post(handler)).layer(layer)).await;
    let body = vec![b'x'; 2_400_255];
    let mut headers = signed(Sender::MLFLOW, "another secret", &body);
    headers.push(("content-length", body.len().to_string()));
    let mut raw = Raw::connect(address).await;
    let response = raw.send(head("/", &headers)).await.send(&body).await.response().await;
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("2400255"), "{response}");
}

#[tokio::test]
async fn what_a_layer_outside_found_is_not_taken_for_the_finding_of_the_one_inside() {
    let by_token = Verifier::builder(Sender::WANDB).bearer("token").without_signature();
    let by_token = VerifyLayer::new(by_token.build().unwrap());
    let by_signature =
        VerifyLayer::new(crate::support::verifier(Sender::DATABRICKS)).dangerous_report_only();
    for (inside, outside, status, seen) in [
        (by_signature.clone(), by_token.clone(), 401, "false header_missing {}"),
        (by_token, by_signature, 204, "true none {}"),
    ] {
        let typed = async |Delivery(_): Delivery| StatusCode::NO_CONTENT;
        let app = Router::new().route("/", post(typed)).route("/untyped", post(untyped));
        let address = serve(app.layer(inside).layer(outside)).await;
        let headers =
            [("authorization", "Bearer token".to_owned()), ("content-length", "2".to_owned())];
        let mut raw = Raw::connect(address).await;
        assert_eq!(raw.send(head("/", &headers) + "{}").await.status().await, status);
        let mut raw = Raw::connect(address).await;
        let response = raw.send(head("/untyped", &headers) + "{}").await.response().await;
        assert!(response.ends_with(seen), "{response}");
    }
}

#[tokio::test]
async fn a_broken_body_is_refused_all_the_same() {
    let mut headers = signed(Sender::DATABRICKS, SECRET, b"{}");
    headers.push(("content-length", "2".to_owned()));
    let mut raw = Raw::connect(serve(report_only()).await).await;
    assert_eq!(raw.send(head("/untyped", &headers) + "{").await.end().await.status().await, 400);
}

#[tokio::test]
async fn an_unguarded_route_is_a_500() {
    let typed = async |Delivery(_): Delivery| StatusCode::NO_CONTENT;
    let address = serve(Router::new().route("/", post(typed))).await;
    let mut raw = Raw::connect(address).await;
    let response =
        raw.send(head("/", &[("content-length", "0".to_owned())])).await.response().await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
    assert!(response.contains("content-length: 0"), "{response}");
    assert_eq!(Refusal::NotGuarded.to_string(), "this route has no verifier");
}
