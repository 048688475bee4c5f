//! Report-only mode: requests go through as they came, and typed handlers stay out of reach.

use adapters::{Raw, SECRET, ask, head, signed, signed_with_length, verifier};
use verify_adapter::Refusal;
use verify_core::{Secret, Sender, Verifier};

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(
    refused_requests_reach_a_handler_whole_and_marked,
    a_handler_of_verified_deliveries_is_not_reached,
    a_large_one_reaches_the_usual_extractors_too,
    what_a_guard_outside_found_is_not_taken_for_the_finding_of_the_one_inside,
    a_broken_body_is_refused_all_the_same,
    an_unguarded_route_is_a_500,
);

const ROUTES: [(&str, Handler); 2] = [("/tell", Handler::Tell), ("/typed", Handler::Deliver)];

fn report_only() -> Guard {
    let verifier = Verifier::builder(Sender::DATABRICKS).secret(Secret::new(SECRET).unwrap());
    Guard::new(verifier.body_limit(10).build().unwrap()).report_only()
}

async fn refused_requests_reach_a_handler_whole_and_marked(adapter: Adapter) {
    let address = adapter.serve(&[report_only()], &ROUTES);
    let ask = async |headers: &[(&str, String)], body: &str| {
        let (_, body) = Raw::connect(address)
            .await
            .send(head("/tell", headers))
            .await
            .send(body)
            .await
            .read()
            .await;
        String::from_utf8(body).unwrap()
    };
    let length = |body: &str| ("content-length", body.len().to_string());
    let signature = |body: &str| signed(Sender::DATABRICKS, SECRET, body.as_bytes()).remove(0);

    assert_eq!(ask(&[signature("{}"), length("{}")], "{}").await, "true none {}");
    assert_eq!(ask(&[length("{}")], "{}").await, "false header_missing {}");
    assert_eq!(ask(&[signature("[]"), length("{}")], "{}").await, "false signature_mismatch {}");

    // Too large: announced, and found out in the middle of several chunks.
    let large = "0123456789 and more";
    let expected = format!("false body_too_large {large}");
    assert_eq!(ask(&[signature(large), length(large)], large).await, expected);
    let chunked = ("transfer-encoding", "chunked".to_owned());
    let chunks = "8\r\n01234567\r\n8\r\n89 and m\r\n3\r\nore\r\n0\r\n\r\n";
    assert_eq!(ask(&[signature(large), chunked], chunks).await, expected);
    // Never less than the framework would take without the guard.
    let larger = "x".repeat(2 * 1024 * 1024);
    let expected = format!("false body_too_large {larger}");
    assert!(ask(&[signature(&larger), length(&larger)], &larger).await == expected);
}

async fn a_handler_of_verified_deliveries_is_not_reached(adapter: Adapter) {
    let address = adapter.serve(&[report_only()], &ROUTES);
    for (signed, status) in [(b"{}", 200), (b"[]", 401)] {
        let headers = signed_with_length(Sender::DATABRICKS, SECRET, signed);
        let response = ask(address, head("/typed", &headers), "{}").await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    }
}

async fn a_large_one_reaches_the_usual_extractors_too(adapter: Adapter) {
    let guard = Guard::new(verifier(Sender::MLFLOW)).report_only();
    let address = adapter.serve(&[guard], &[("/", Handler::LengthOfBytes)]);
    let body = vec![b'x'; 2_400_255];
    let headers = signed_with_length(Sender::MLFLOW, "another secret", &body);
    let response = ask(address, head("/", &headers), &body).await;
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("2400255"), "{response}");
}

async fn what_a_guard_outside_found_is_not_taken_for_the_finding_of_the_one_inside(
    adapter: Adapter,
) {
    let by_token = Verifier::builder(Sender::WANDB).bearer("token").without_signature();
    let by_token = Guard::new(by_token.build().unwrap());
    let by_signature = Guard::new(verifier(Sender::DATABRICKS)).report_only();
    for (guards, status, seen) in [
        ([by_signature.clone(), by_token.clone()], 401, "false header_missing {}"),
        ([by_token, by_signature], 200, "true none {}"),
    ] {
        let address = adapter.serve(&guards, &ROUTES);
        let headers =
            [("authorization", "Bearer token".to_owned()), ("content-length", "2".to_owned())];
        let response = ask(address, head("/typed", &headers), "{}").await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        let response = ask(address, head("/tell", &headers), "{}").await;
        assert!(response.ends_with(seen), "{response}");
    }
}

async fn a_broken_body_is_refused_all_the_same(adapter: Adapter) {
    let headers = signed_with_length(Sender::DATABRICKS, SECRET, b"{}");
    let mut raw = Raw::connect(adapter.serve(&[report_only()], &ROUTES)).await;
    assert_eq!(raw.send(head("/tell", &headers) + "{").await.end().await.status().await, 400);
}

async fn an_unguarded_route_is_a_500(adapter: Adapter) {
    let address = adapter.serve(&[], &ROUTES);
    let response = ask(address, head("/typed", &[("content-length", "0".to_owned())]), "").await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
    assert!(response.contains("content-length: 0"), "{response}");
    assert_eq!(Refusal::NotGuarded.to_string(), "this route has no verifier");
}
