//! Who is told what: the operator the reason, the sender nothing.

use adapters::{SECRET, ask, clock, head, signed_with_length, verifier};
use verify_core::Sender;

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(a_callback_sees_the_reason_and_the_head, the_answer_can_be_replaced);

/// Sends a forged delivery.
async fn forged(adapter: Adapter, guard: Guard) -> String {
    let routes = [("/webhooks/mlflow", Handler::Deliver)];
    let address = adapter.serve(&[guard.clock(clock())], &routes);
    let headers = signed_with_length(Sender::MLFLOW, SECRET, b"another");
    ask(address, head("/webhooks/mlflow", &headers), "forgery").await
}

async fn a_callback_sees_the_reason_and_the_head(adapter: Adapter) {
    let guard = Guard::new(verifier(Sender::MLFLOW)).telling();
    let response = forged(adapter, guard.clone()).await;
    assert!(response.starts_with("HTTP/1.1 401 "), "{response}");
    let told = guard.told.unwrap();
    assert_eq!(*told.lock().unwrap(), [("signature_mismatch", "/webhooks/mlflow".to_owned())]);
}

async fn the_answer_can_be_replaced(adapter: Adapter) {
    let guard = Guard::new(verifier(Sender::MLFLOW)).replacing_the_answer();
    let response = forged(adapter, guard).await;
    assert!(
        response.starts_with("HTTP/1.1 403 ") && response.ends_with("\r\n\r\nno"),
        "{response}"
    );
}
