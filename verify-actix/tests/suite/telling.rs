//! Who is told what: the operator the reason, the sender nothing.

use std::sync::{Arc, Mutex};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody, to_bytes},
    dev::{Service, ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
};
use verify_actix::{Refusal, RejectionKind, Sender, Verify};

use crate::support::{SECRET, clock, delivery, guarded, ok, verifier};

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

#[tokio::test]
async fn a_callback_sees_the_reason_and_the_head() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let guard = Verify::new(verifier(Sender::MLFLOW)).on_refusal(move |refusal, request| {
        tell.lock().unwrap().push((refusal.code(), request.path().to_owned()));
    });
    call(guard, forged()).await;
    assert_eq!(*told.lock().unwrap(), [("signature_mismatch", "/webhooks/mlflow".to_owned())]);
}

#[tokio::test]
async fn the_answer_can_be_replaced() {
    let guard =
        Verify::new(verifier(Sender::MLFLOW)).with_refusal_response(|refusal| {
            match refusal.answer().status {
                401 => HttpResponse::Forbidden().body("no"),
                _ => HttpResponse::ServiceUnavailable().finish(),
            }
        });
    let response = call(guard, forged()).await;
    assert_eq!(response.status(), 403);
    assert!(response.response().extensions().get::<Refusal>().is_some());
    assert!(to_bytes(response.into_body()).await.is_ok_and(|body| body == "no"));
}

#[test]
fn a_guard_shows_its_settings_and_no_secret() {
    let shown = format!("{:?}", Verify::new(verifier(Sender::MLFLOW)));
    for part in ["Settings { deadline: 10s,", "Secret(..)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(SECRET), "{shown}");
}
