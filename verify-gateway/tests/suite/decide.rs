//! Another proxy asks whether a delivery is genuine, and hands it on by itself.

use verify_core::Sender;

use crate::gateway::{Place, alias, secret, signed, wait_until};

const MLFLOW: &Sender = &Sender::MLFLOW;

fn place(more: &str) -> Place {
    let route = "[[routes]]\npath = \"/decide\"\nsender = \"mlflow\"\nmode = \"decide\"\n";
    Place::with_head("", &format!("{route}{more}"))
}

#[test]
fn a_genuine_delivery_is_200_with_what_is_known_of_it_however_often_it_comes() {
    let gateway = place("").start();
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    // Traefik asks by GET with the body, unless it is told to keep the method.
    for method in ["POST", "GET", "POST"] {
        let answer = gateway.request(method, "/decide", &headers, &alias(1));
        assert_eq!(answer.status, 200, "{method}");
        assert_eq!(answer.header("verify-sender"), Some("mlflow"));
        assert_eq!(answer.header("verify-event"), Some("model_version_alias.created"));
        assert_eq!(answer.header("verify-delivery-id"), Some("an-id"));
        assert_eq!(answer.header("verify-key").map(str::len), Some(64));
        assert_eq!(answer.header("verify-attempt"), None, "it is not known what becomes of it");
        assert_eq!(answer.body(), "");
    }
}

#[test]
fn a_forgery_is_401_and_nothing_else_is_told() {
    let gateway = place("").start();
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    let forged = gateway.request("POST", "/decide", &headers, &alias(2));
    let unsigned = gateway.request("POST", "/decide", "", &alias(1));
    let by_other = signed(MLFLOW, "another secret", "an-id", &alias(1));
    let by_other = gateway.request("POST", "/decide", &by_other, &alias(1));
    for answer in [forged, unsigned, by_other] {
        assert_eq!((answer.status, answer.body()), (401, ""));
        assert!(!answer.text.to_lowercase().contains("verify-"), "{}", answer.text);
    }
}

#[test]
fn report_only_lets_pass_and_says_why_it_would_not() {
    let gateway = place("dangerous_report_only = true").start();
    assert!(gateway.said.contains("`/decide` only reports"), "{}", gateway.said);
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    let genuine = gateway.request("POST", "/decide", &headers, &alias(1));
    assert_eq!((genuine.status, genuine.header("verify-refused")), (200, None));
    let forged = gateway.request("POST", "/decide", &headers, &alias(2));
    assert_eq!((forged.status, forged.header("verify-refused")), (200, Some("signature_mismatch")));
    assert_eq!(forged.header("verify-sender"), None);
    wait_until(|| gateway.log().contains("refused, but only reported"));
}
