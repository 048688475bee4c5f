//! Typed events in handlers, and what becomes of one that cannot be read.

use actix_web::{FromRequest, HttpResponse, Route, test::TestRequest, web};
use verify_actix::{
    Delivery, Event, EventRejection, Refusal, Sender, Verify, databricks, mlflow, wandb,
};

use crate::support::{Raw, SECRET, clock, root, serve, signed_head, verifier, without_date};

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

/// Posts to a handler behind a guard, or to one without.
async fn post_to(route: fn() -> Route, guarded: bool, sender: Sender, body: &str) -> String {
    let guard = Verify::new(verifier(sender)).with_clock(clock());
    let address = serve(move |app| {
        if guarded {
            app.service(root().wrap(guard.clone()).route(route()));
        } else {
            app.service(root().route(route()));
        }
    });
    let mut raw = Raw::connect(address).await;
    let head = signed_head(sender, SECRET, body.as_bytes());
    without_date(&raw.send(head + body).await.response().await)
}

#[tokio::test]
async fn a_handler_takes_the_event_of_its_sender() {
    let response = post_to(|| web::post().to(follow), true, Sender::MLFLOW, ALIAS).await;
    assert!(response.ends_with("champion of fraud is 3"), "{response}");

    let typed = || {
        web::post().to(async |variables: Event<wandb::Variables>| {
            variables.artifact().unwrap().name.to_owned()
        })
    };
    let body = r#"{"artifact_version_string": "acme/registry/fraud:v3"}"#;
    let response = post_to(typed, true, Sender::WANDB, body).await;
    assert!(response.ends_with("fraud"), "{response}");
}

#[tokio::test]
async fn one_that_cannot_be_read_comes_again_or_is_for_the_handler() {
    let body = r#"{"event": "COMMENT_CREATED"}"#;
    let typed =
        || web::post().to(async |_: Event<databricks::Event>| HttpResponse::NoContent().finish());
    assert_eq!(
        post_to(typed, true, Sender::DATABRICKS, body).await,
        "HTTP/1.1 503 Service Unavailable\ncontent-length: 0\nretry-after: 5\n"
    );

    let lenient = || {
        web::post().to(
            async |event: Result<Event<databricks::Event>, EventRejection>| match event {
                Err(ref rejection @ EventRejection::Unreadable { ref error, ref verified }) => {
                    assert_eq!(rejection.to_string(), error.to_string());
                    assert_eq!(
                        (rejection.status().as_u16(), rejection.refusal().code()),
                        UNREADABLE
                    );
                    format!("{error} {}", verified.body().len())
                }
                other => format!("{other:?}"),
            },
        )
    };
    let response = post_to(lenient, true, Sender::DATABRICKS, body).await;
    assert!(response.ends_with("`COMMENT_CREATED`: `version`: missing 28"), "{response}");
}

#[tokio::test]
async fn on_an_unguarded_route_there_is_no_event() {
    let response = post_to(|| web::post().to(follow), false, Sender::MLFLOW, ALIAS).await;
    assert!(response.starts_with("HTTP/1.1 500 "), "{response}");

    let request = TestRequest::default().to_http_request();
    let rejection = Event::<mlflow::Event>::extract(&request).await.unwrap_err();
    assert_eq!(rejection.to_string(), "this route has no verifier");
    assert_eq!((rejection.status().as_u16(), rejection.refusal()), (500, Refusal::NotGuarded));
    let rejection = Delivery::extract(&request).await.unwrap_err();
    assert_eq!(rejection.to_string(), "this route has no verifier");
    assert_eq!((rejection.status().as_u16(), rejection.refusal()), (500, Refusal::NotGuarded));
}
