//! What the operator reads. By itself, because tracing decides once for each place in the code whether
//! anyone listens, and may ask the thread of a test that does not.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use actix_web::dev::Service;
use support::{ID, SECRET, clock, delivery, guarded, ok, verifier};
use verify_actix::{Sender, Verify};

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

    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let service = guarded(guard.clone(), ok).await;
    let genuine = || delivery(Sender::MLFLOW, *b"the body");
    let forged = genuine().insert_header(("x-mlflow-delivery-id", "forged-id"));
    service.call(forged.to_srv_request()).await.unwrap();
    service.call(genuine().to_srv_request()).await.unwrap();
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
