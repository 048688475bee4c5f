//! Who is told what: the operator the reason, the sender nothing.

use actix_web::{
    body::{BodySize, MessageBody, to_bytes},
    dev::{Service, ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
};
use adapters::{SECRET, clock, verifier};
use verify_actix::{Refusal, RejectionKind, Sender, Verify};

use crate::support::{delivery, guarded, ok};

fn forged() -> ServiceRequest {
    let mut request =
        delivery(Sender::MLFLOW, *b"the body").uri("/webhooks/mlflow").to_srv_request();
    request.headers_mut().insert(
        HeaderName::from_static("x-mlflow-delivery-id"),
        HeaderValue::from_static("forged-id"),
    );
    request
}

async fn call(guard: Verify, request: ServiceRequest) -> ServiceResponse<impl MessageBody> {
    guarded(guard.with_clock(clock()), ok).await.call(request).await.unwrap()
}

#[tokio::test]
async fn the_reason_stands_in_the_extensions_of_the_answer() {
    let response = call(Verify::new(verifier(Sender::MLFLOW)), forged()).await;
    assert_eq!(response.status(), 401);
    let refusal = response.response().extensions().get().copied();
    let Some(Refusal::Rejected(rejection)) = refusal else { panic!("no reason: {refusal:?}") };
    assert_eq!(rejection.kind(), RejectionKind::SignatureMismatch);
    assert_eq!(response.response().body().size(), BodySize::Sized(0));
    assert!(to_bytes(response.into_body()).await.is_ok_and(|body| body.is_empty()));
}

#[test]
fn a_guard_shows_its_settings_and_no_secret() {
    let shown = format!("{:?}", Verify::new(verifier(Sender::MLFLOW)));
    for part in ["Settings { deadline: 10s,", "Key(..)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(SECRET), "{shown}");
}
