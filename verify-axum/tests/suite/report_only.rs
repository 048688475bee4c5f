//! Report-only mode: what only axum has.

use core::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use adapters::{SECRET, ask, head, signed_with_length, verifier};
use axum::{Router, routing::post};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use verify_axum::{Delivery, RequestBody, Sender, VerifyLayer};

use crate::support::{delivery, serve};

#[tokio::test]
async fn a_handler_may_take_a_delivery_only_where_there_is_one() {
    let app = || {
        let optional = async |delivery: Option<Delivery>| delivery.is_some().to_string();
        Router::new().route("/", post(optional))
    };
    let guard = VerifyLayer::new(verifier(Sender::DATABRICKS));
    let reporting = serve(app().layer(guard.clone().dangerous_report_only())).await;
    for (address, signed_body, answer) in [
        (reporting, b"{}", (200, "true")),
        (reporting, b"[]", (200, "false")),
        (serve(app().layer(guard)).await, b"[]", (401, "")),
        // Nobody would notice that nothing is verified.
        (serve(app()).await, b"{}", (500, "")),
    ] {
        let headers = signed_with_length(Sender::DATABRICKS, SECRET, signed_body);
        let response = ask(address, head("/", &headers), "{}").await;
        let (status, text) = answer;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        assert!(response.ends_with(&format!("\r\n\r\n{text}")), "{response}");
    }
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
    let verifier = verifier(Sender::DATABRICKS);
    let service = VerifyLayer::new(verifier).dangerous_report_only().layer(collect);
    let mut request = delivery(Sender::DATABRICKS, *b"{}");
    request.headers_mut().remove("content-length");
    let request = request.map(|_| Fused(Some("[]".into()), false));
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "[]");
}
