//! Who is told what: the operator the reason, the sender nothing.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody, to_bytes},
    dev::{Service, ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
};
use verify_actix::{Refusal, RejectionKind, Sender, Verify};

use crate::support::{ID, SECRET, clock, delivery, guarded, ok, verifier};

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
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_on_refusal(move |refusal, request| {
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

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_the_reason_at_debug_and_nothing_of_the_request() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let guard = Verify::new(verifier(Sender::MLFLOW));
    call(guard.clone(), forged()).await;
    call(guard.clone(), delivery(Sender::MLFLOW, *b"the body").to_srv_request()).await;
    let text = String::from_utf8(core::mem::take(&mut log.0.lock().unwrap())).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines.iter().all(|line| line.contains(" DEBUG ")), "{text}");
    for part in [" verify: delivery refused", "sender=\"mlflow\"", "code=\"signature_mismatch\""] {
        assert!(lines[0].contains(part), "{text}");
    }
    for part in ["delivery verified", ID, "secret=\"1\"", "skew=0"] {
        assert!(lines[1].contains(part), "{text}");
    }
    for hidden in [SECRET, "the body", "forged-id", "v1,"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }

    let _ = guard.dangerous_report_only();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(" WARN ") && text.contains("report-only"), "{text}");
}

#[test]
fn a_guard_shows_its_settings_and_no_secret() {
    let shown = format!("{:?}", Verify::new(verifier(Sender::MLFLOW)));
    for part in ["Settings { policy: Policy { deadline: 10s,", "Secret(..)"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(SECRET), "{shown}");
}
