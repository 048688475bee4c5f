//! The example function, called as its platform calls it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[expect(dead_code, reason = "its `main` is not called here")]
#[path = "../examples/lambda.rs"]
mod lambda;

use minimal::{Secret, Sender, UnixTime, Verifier};
use serde_json::{Value, json};

fn respond(secret: &str, event: &Value) -> (Value, bool) {
    let verifier =
        Verifier::builder(Sender::DATABRICKS).secret(Secret::new(secret).unwrap()).build().unwrap();
    let mut worked = false;
    let answer =
        lambda::respond(&verifier, UnixTime::from_secs(0), event, |_| worked = true).unwrap();
    (answer, worked)
}

fn event() -> Value {
    serde_json::from_str(include_str!("../examples/databricks.json")).unwrap()
}

#[test]
fn works_for_a_genuine_delivery_only() {
    assert_eq!(respond("anyRandomString", &event()), (json!({"statusCode": 204}), true));
    let refused = json!({
        "statusCode": 401,
        "headers": {"www-authenticate": "HMAC-SHA256, Bearer"},
    });
    assert_eq!(respond("another", &event()), (refused.clone(), false));
    assert_eq!(respond("anyRandomString", &json!({})), (refused, false));
}

#[test]
fn a_body_in_base64_is_what_was_sent() {
    let mut event = event();
    let body = event["body"].as_str().unwrap();
    event["body"] = <base64ct::Base64 as base64ct::Encoding>::encode_string(body.as_bytes()).into();
    assert_eq!(respond("anyRandomString", &event).0["statusCode"], 401);
    event["isBase64Encoded"] = true.into();
    assert_eq!(respond("anyRandomString", &event).0["statusCode"], 204);
}
