//! The example function, called as its platform calls it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[expect(dead_code, reason = "its `main` is not called here")]
#[path = "../examples/lambda.rs"]
mod lambda;

use minimal::{Secret, Sender, Told, UnixTime, Verifier};
use serde_json::{Value, json};
use verify_toolkit::samples;

fn respond(secret: &str, event: &Value) -> (Value, bool) {
    let verifier =
        Verifier::builder(Sender::DATABRICKS).secret(Secret::new(secret).unwrap()).build().unwrap();
    let mut worked = false;
    let work = |_: &Told| {
        worked = true;
        Ok(())
    };
    let answer = lambda::respond(&verifier, UnixTime::from_secs(0), event, work).unwrap();
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

#[test]
fn work_that_fails_is_a_503_that_says_when_to_come_again() {
    let secret = Secret::new("shared").unwrap();
    let verifier = Verifier::builder(Sender::MLFLOW).secret(secret).build().unwrap();
    let at = UnixTime::from_secs;
    let sample = samples::find("mlflow", "registered_model.created").unwrap();
    let request = sample.delivery().sign("shared", at(1_000)).unwrap();
    let header = |(name, value): &(String, Vec<u8>)| {
        (name.to_lowercase(), String::from_utf8(value.clone()).unwrap().into())
    };
    let event = json!({
        "headers": request.headers.iter().map(header).collect::<serde_json::Map<_, _>>(),
        "body": String::from_utf8(request.body).unwrap(),
    });
    // Signed 5 s ago.
    let answer = lambda::respond(&verifier, at(1_005), &event, |_| {
        Err(std::io::Error::other("the queue is down"))
    });
    let expected = json!({"statusCode": 503, "headers": {"retry-after": "15"}});
    assert_eq!(answer.unwrap(), expected);
}
