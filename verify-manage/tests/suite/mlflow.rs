//! What is on the wire to MLflow. The same calls go to a real server in `.ci/mlflow`.

use serde_json::{Value, json};
use verify_manage::{
    Error, Invalid, Status,
    mlflow::{self as ml, Changes, Event, NewWebhook, SecretChange},
};

use crate::{
    SECRET, mlflow, secret,
    server::{Asked, Reply, Server, json},
};

const PATH: &str = "/api/2.0/mlflow/webhooks";

fn event(name: &str) -> Event {
    Event::new(name).unwrap()
}

fn wanted() -> NewWebhook {
    NewWebhook::new("a", "https://r.example.com/", [event("prompt.created")], secret())
}

/// What was sent, as the server says it again.
fn echoed(asked: &Asked) -> Value {
    let mut webhook = asked.json();
    webhook["webhook_id"] = "w1".into();
    webhook.as_object_mut().unwrap().remove("secret");
    json!({ "webhook": webhook })
}

#[tokio::test]
async fn create_sends_upper_case_and_gets_the_events_in_any_order() {
    let server = Server::start(|asked, _| {
        let mut answer = echoed(asked);
        answer["webhook"]["events"].as_array_mut().unwrap().reverse();
        json(200, &answer)
    })
    .await;
    let mut wanted = wanted();
    wanted.events.push(event("MODEL_VERSION_ALIAS.created"));
    wanted.status = ml::Status::Disabled;
    let made = mlflow(&server).create(&wanted).await.unwrap();
    assert_eq!(made.events, ["model_version_alias.created", "prompt.created"]);
    let asked = &server.asked()[0];
    assert_eq!(asked.line(), format!("POST {PATH}"));
    assert_eq!(
        asked.json(),
        json!({
            "name": "a", "url": "https://r.example.com/", "secret": SECRET, "status": "DISABLED",
            "events": [{"entity": "PROMPT", "action": "CREATED"},
                       {"entity": "MODEL_VERSION_ALIAS", "action": "CREATED"}],
        })
    );
}

#[tokio::test]
async fn what_the_server_silently_changed_is_an_error() {
    // As MLflow does with a status that it does not know.
    for (field, value, said) in [
        ("status", json!("ACTIVE"), "the status is `ACTIVE`, and should be `DISABLED`"),
        ("events", json!([{"entity": "PROMPT_TAG", "action": "SET"}]), "the list of events is"),
        ("url", json!("https://u:p@other.example.com"), "is `https://[redacted]@other"),
        ("name", json!("b"), "the name is `b`"),
    ] {
        let server = Server::start(move |asked, _| {
            let mut answer = echoed(asked);
            answer["webhook"][field] = value.clone();
            json(200, &answer)
        })
        .await;
        let wanted = NewWebhook { status: ml::Status::Disabled, ..wanted() };
        let error = mlflow(&server).create(&wanted).await.unwrap_err();
        assert!(matches!(&error, Error::Differs { id, .. } if id == "w1"), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test]
async fn what_the_server_would_silently_change_is_not_sent() {
    let server = Server::start(|_, _| json(200, &json!({}))).await;
    let client = mlflow(&server);
    let twice = vec![event("prompt.created"); 2];
    for (wanted, expected) in [
        (NewWebhook { events: vec![], ..wanted() }, Invalid::EventsMissing),
        (
            NewWebhook { events: twice.clone(), ..wanted() },
            Invalid::EventRepeated("prompt.created".to_owned()),
        ),
        (NewWebhook { name: String::new(), ..wanted() }, Invalid::NameMissing),
        (NewWebhook { name: "x".repeat(64), ..wanted() }, Invalid::NameUnfit),
        (NewWebhook { name: "\u{e9}".to_owned(), ..wanted() }, Invalid::NameUnfit),
        (NewWebhook { url: "https://[::1".to_owned(), ..wanted() }, Invalid::UrlUnfit),
        (NewWebhook { url: "https://a:99999/".to_owned(), ..wanted() }, Invalid::UrlUnfit),
        (
            NewWebhook {
                secret: Some(verify_manage::ExposedSecret::new(*b"\xff").unwrap()),
                ..wanted()
            },
            Invalid::SecretNotText,
        ),
    ] {
        assert_eq!(client.create(&wanted).await, Err(Error::Invalid(expected)));
    }
    for (changes, expected) in [
        (Changes::default(), Invalid::NothingToChange),
        (Changes { events: Some(vec![]), ..Changes::default() }, Invalid::EventsMissing),
        (Changes { name: Some(String::new()), ..Changes::default() }, Invalid::NameMissing),
        (Changes { url: Some(String::new()), ..Changes::default() }, Invalid::UrlUnfit),
    ] {
        assert_eq!(client.update("w1", &changes).await, Err(Error::Invalid(expected)));
    }
    for id in ["a/b", "", "..", "a?b"] {
        assert_eq!(client.get(id).await, Err(Error::Invalid(Invalid::IdUnfit)), "{id}");
    }
    for unknown in ["registered_model.updated", "prompt.set", "PROMPT"] {
        assert!(Event::new(unknown).is_err());
    }
    assert!(ml::Status::new("TEST_MODE").is_err() && ml::Status::new("Disabled").is_ok());
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn pages_are_listed_and_unknown_words_stay_text() {
    let server = Server::start(|asked, before| {
        let webhook = |id: &str| json!({"webhook_id": id, "name": "n"});
        json(200, &match before {
            0 => json!({
                "webhooks": [
                    {"webhook_id": "a", "name": "n", "status": "PAUSED", "creation_timestamp": 1,
                     "events": [{"entity": "TRACE", "action": "SCORED"}, "text", {"entity": 1}]},
                    webhook("b"),
                ],
                "next_page_token": "eyJvZmZzZXQiOiAyfQ==",
            }),
            1 => {
                assert!(asked.path.ends_with("&page_token=eyJvZmZzZXQiOiAyfQ%3D%3D"));
                // One was made meanwhile, so the page begins with what was there already.
                json!({"webhooks": [webhook("b"), webhook("c")]})
            }
            _ => unreachable!("there is no third page"),
        })
    })
    .await;
    let listed = mlflow(&server).list().await.unwrap();
    let ids: Vec<_> = listed.iter().map(|webhook| webhook.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(listed[0].events, ["trace.scored"]);
    assert_eq!(listed[0].status, Some(Status::Other("PAUSED".to_owned())));
}

#[tokio::test]
async fn a_service_that_goes_round_in_circles_is_left() {
    let server = Server::start(|_, before| {
        json(200, &json!({"webhooks": [], "next_page_token": format!("{}", before % 2)}))
    })
    .await;
    assert!(mlflow(&server).list().await.unwrap().is_empty());
    assert_eq!(server.asked().len(), 1000);
}

#[tokio::test]
async fn get_update_rotate_test_and_delete() {
    let server = Server::start(|asked, _| match asked.method.as_str() {
        "POST" => json(
            200,
            &json!({"result": {"success": true, "response_status": 204, "response_body": ""}}),
        ),
        "DELETE" => json(200, &json!({})),
        "GET" => json(200, &json!({"webhook": {"webhook_id": "w1", "name": "n"}})),
        _ => json(200, &echoed(asked)),
    })
    .await;
    let client = mlflow(&server);
    assert_eq!(client.get("w1").await.unwrap().id, "w1");
    let changes = Changes {
        description: Some(String::new()),
        secret: Some(SecretChange::Remove),
        ..Changes::default()
    };
    client.update("w1", &changes).await.unwrap();
    client.rotate("w1", secret().unwrap()).await.unwrap();
    assert!(client.test("w1", None).await.unwrap().is_accepted());
    client.test("w1", Some(event("prompt_tag.deleted"))).await.unwrap();
    client.delete("w1").await.unwrap();
    let done = client.done();
    let url = server.url();
    assert_eq!(done[1], format!(r#"PATCH {url}{PATH}/w1 {{"secret":"[redacted]"}}"#));
    assert_eq!(done[4], format!("DELETE {url}{PATH}/w1"));
    assert_eq!(done.len(), 5);
    let asked = server.asked();
    assert_eq!(asked[0].line(), format!("GET {PATH}/w1"));
    assert_eq!(asked[0].header("content-type"), None);
    assert_eq!(asked[1].line(), format!("PATCH {PATH}/w1"));
    assert_eq!(asked[1].json(), json!({"description": "", "secret": ""}));
    assert_eq!(asked[2].json(), json!({"secret": SECRET}));
    assert_eq!(asked[3].line(), format!("POST {PATH}/w1/test"));
    assert_eq!(asked[3].body, "{}");
    let tag = json!({"event": {"entity": "PROMPT_TAG", "action": "DELETED"}});
    assert_eq!(asked[4].json(), tag);
    assert_eq!((asked[5].line(), asked[5].body.as_str()), (format!("DELETE {PATH}/w1"), ""));
}

#[tokio::test]
async fn a_webhook_that_is_not_there_is_told_from_an_api_that_is_not_there() {
    let server = Server::start(|_, before| match before {
        0 => json(404, &json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"})),
        _ => Reply::Answer(404, "text/html", "<title>404 Not Found</title>".to_owned()),
    })
    .await;
    let client = mlflow(&server);
    assert_eq!(client.get("w1").await, Err(Error::NotFound { wanted: "w1".to_owned() }));
    let error = client.get("w1").await.unwrap_err().to_string();
    assert!(error.contains("has no such API: is the host right, and the server new"), "{error}");
}
