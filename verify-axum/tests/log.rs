//! What the operator reads. By itself, because tracing decides once for each place in the code whether
//! anyone listens, and may ask the thread of a test that does not.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

use core::convert::Infallible;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use support::{ID, SECRET, clock, delivery, verifier};
use tower::{Layer, ServiceExt, service_fn};
use verify_axum::{RequestBody, Sender, VerifyLayer};

#[path = "suite/support.rs"]
#[expect(dead_code, reason = "the suite uses the rest")]
mod support;

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

    let layer = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let service = layer.layer(service_fn(|_: Request<RequestBody<Body>>| async {
        Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
    }));
    let mut forged = delivery(Sender::MLFLOW, *b"the body");
    forged.headers_mut().insert("x-mlflow-delivery-id", HeaderValue::from_static("forged-id"));
    service.clone().oneshot(forged).await.unwrap();
    service.oneshot(delivery(Sender::MLFLOW, *b"the body")).await.unwrap();
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

    let _ = layer.dangerous_report_only();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(" WARN ") && text.contains("report-only"), "{text}");
}
