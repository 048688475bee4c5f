//! Typed events in handlers, and what becomes of one that cannot be read.

use adapters::{SECRET, ask, clock, signed_head, verifier, without_date};
use verify_core::Sender;

use crate::server::{Adapter, Guard, Handler, on_both};

on_both!(
    a_handler_takes_the_event_of_its_sender,
    one_that_cannot_be_read_comes_again_or_is_for_the_handler,
    on_an_unguarded_route_there_is_no_event,
);

const ALIAS: &str = r#"{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {"name": "fraud", "alias": "champion", "version": "3"}}"#;

async fn post_to(adapter: Adapter, handler: Handler, sender: Sender, body: &str) -> String {
    let guard = Guard::new(verifier(sender)).clock(clock());
    let address = adapter.serve(&[guard], &[("/", handler)]);
    without_date(&ask(address, signed_head(sender, SECRET, body.as_bytes()), body).await)
}

async fn a_handler_takes_the_event_of_its_sender(adapter: Adapter) {
    let response = post_to(adapter, Handler::FollowAlias, Sender::MLFLOW, ALIAS).await;
    assert!(response.ends_with("champion of fraud is 3"), "{response}");
    let body = r#"{"artifact_version_string": "acme/registry/fraud:v3"}"#;
    let response = post_to(adapter, Handler::NameArtifact, Sender::WANDB, body).await;
    assert!(response.ends_with("fraud"), "{response}");
}

async fn one_that_cannot_be_read_comes_again_or_is_for_the_handler(adapter: Adapter) {
    let body = r#"{"event": "COMMENT_CREATED"}"#;
    let response = post_to(adapter, Handler::Strict, Sender::DATABRICKS, body).await;
    let mut lines: Vec<_> = response.lines().collect();
    lines.sort_unstable();
    let expected = ["HTTP/1.1 503 Service Unavailable", "content-length: 0", "retry-after: 5"];
    assert_eq!(lines, expected);

    let response = post_to(adapter, Handler::Lenient, Sender::DATABRICKS, body).await;
    let expected = "503 payload_unreadable `COMMENT_CREATED`: `version`: missing 28";
    assert!(response.ends_with(expected), "{response}");
}

async fn on_an_unguarded_route_there_is_no_event(adapter: Adapter) {
    let address = adapter.serve(&[], &[("/", Handler::FollowAlias)]);
    let head = signed_head(Sender::MLFLOW, SECRET, ALIAS.as_bytes());
    let response = ask(address, head, ALIAS).await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");
}
