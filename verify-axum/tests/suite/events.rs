//! Typed events in handlers, and what becomes of one that cannot be read.

use axum::{Router, extract::FromRequestParts, http::StatusCode, routing::post};
use http::Request;
use verify_axum::{
    Delivery, Event, EventRejection, Refusal, Sender, VerifyLayer, databricks, mlflow, wandb,
};

use crate::support::{Raw, SECRET, clock, serve, signed_head, verifier, without_date};

const ALIAS: &str = r#"{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {"name": "fraud", "alias": "champion", "version": "3"}}"#;

/// Status and reason of a delivery whose body is no event.
const UNREADABLE: (u16, &str) = (503, "payload_unreadable");

async fn follow(Event(event, _): Event<mlflow::Event>) -> String {
    match event.kind {
        mlflow::EventKind::ModelVersionAliasCreated { name, alias, version, .. } => {
            format!("{alias} of {name} is {version}")
        }
        other => format!("{}.{}", other.entity(), other.action()),
    }
}

async fn post_to(app: Router, sender: Sender, body: &str) -> String {
    let address = serve(app).await;
    let mut raw = Raw::connect(address).await;
    let head = signed_head(sender, SECRET, body.as_bytes());
    without_date(&raw.send(head + body).await.response().await)
}

#[tokio::test]
async fn a_handler_takes_the_event_of_its_sender() {
    let guard = VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let app = Router::new().route("/", post(follow)).layer(guard);
    let response = post_to(app, Sender::MLFLOW, ALIAS).await;
    assert!(response.ends_with("champion of fraud is 3"), "{response}");

    let typed =
        async |variables: Event<wandb::Variables>| variables.artifact().unwrap().name.to_owned();
    let app = Router::new().route("/", post(typed));
    let app = app.layer(VerifyLayer::new(verifier(Sender::WANDB)));
    let body = r#"{"artifact_version_string": "acme/registry/fraud:v3"}"#;
    let response = post_to(app, Sender::WANDB, body).await;
    assert!(response.ends_with("fraud"), "{response}");
}

#[tokio::test]
async fn one_that_cannot_be_read_comes_again_or_is_for_the_handler() {
    let body = r#"{"event": "COMMENT_CREATED"}"#;
    let guard = || VerifyLayer::new(verifier(Sender::DATABRICKS));
    let typed = async |_: Event<databricks::Event>| StatusCode::NO_CONTENT;
    let app = Router::new().route("/", post(typed)).layer(guard());
    assert_eq!(
        post_to(app, Sender::DATABRICKS, body).await,
        "HTTP/1.1 503 Service Unavailable\nretry-after: 5\ncontent-length: 0\n"
    );

    let lenient = async |event: Result<Event<databricks::Event>, EventRejection>| match event {
        Err(ref rejection @ EventRejection::Unreadable { ref error, ref verified }) => {
            assert_eq!(rejection.to_string(), error.to_string());
            assert_eq!((rejection.status().as_u16(), rejection.refusal().code()), UNREADABLE);
            format!("{error} {}", verified.body().len())
        }
        other => format!("{other:?}"),
    };
    let app = Router::new().route("/", post(lenient)).layer(guard());
    let response = post_to(app, Sender::DATABRICKS, body).await;
    assert!(response.ends_with("`COMMENT_CREATED`: `version`: missing 28"), "{response}");
}

#[tokio::test]
async fn on_an_unguarded_route_there_is_no_event() {
    let app = Router::new().route("/", post(follow));
    let response = post_to(app, Sender::MLFLOW, ALIAS).await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");

    let (mut head, ()) = Request::new(()).into_parts();
    let rejection = Event::<mlflow::Event>::from_request_parts(&mut head, &()).await;
    let rejection = rejection.unwrap_err();
    assert_eq!(rejection.to_string(), "this route has no verifier");
    assert_eq!((rejection.status().as_u16(), rejection.refusal()), (500, Refusal::NotGuarded));
    let rejection = Delivery::from_request_parts(&mut head, &()).await.unwrap_err();
    assert_eq!(rejection.to_string(), "this route has no verifier");
    assert_eq!((rejection.status().as_u16(), rejection.refusal()), (500, Refusal::NotGuarded));
}
