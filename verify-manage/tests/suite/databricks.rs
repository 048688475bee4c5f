//! What is on the wire to Databricks, as `databricks-sdk` has it.

use serde_json::json;
use verify_manage::{
    Confidential, Destination, Error, Invalid, Status,
    databricks::{self as db, Changes, Event, Filter, HttpTarget, JobTarget, NewWebhook, Target},
};

use crate::{
    AUTHORIZATION, SECRET, TOKEN, databricks, secret,
    server::{Server, json},
};

fn event(name: &str) -> Event {
    Event::new(name).unwrap()
}

fn target() -> HttpTarget {
    let mut target = HttpTarget::new("https://r.example.com/hook", secret());
    target.authorization = Some(Confidential::new(AUTHORIZATION));
    target
}

#[tokio::test]
async fn create_sends_what_the_vendors_client_sends() {
    let server = Server::start(|asked, _| {
        let mut webhook = asked.json();
        webhook["id"] = 7.into();
        webhook["creation_timestamp"] = "1700000000000".into();
        webhook["http_url_spec"].as_object_mut().unwrap().remove("secret");
        json(200, &json!({ "webhook": webhook, "unknown": [1] }))
    })
    .await;
    let mut wanted = NewWebhook::new([event("model_version_created")], Target::Http(target()));
    wanted.model = Some("m x".to_owned());
    wanted.description = Some("d\u{e9}".to_owned());
    wanted.status = db::Status::TestMode;
    let made = databricks(&server).create(&wanted).await.unwrap();
    assert_eq!((made.id.as_str(), made.created_at), ("7", Some(1_700_000_000_000)));
    assert_eq!((made.status, made.model.as_deref()), (Some(Status::TestMode), Some("m x")));
    let asked = &server.asked()[0];
    assert_eq!(asked.line(), "POST /api/2.0/mlflow/registry-webhooks/create");
    assert_eq!(
        asked.json(),
        json!({
            "events": ["MODEL_VERSION_CREATED"], "description": "d\u{e9}", "status": "TEST_MODE",
            "model_name": "m x",
            "http_url_spec": {
                "url": "https://r.example.com/hook", "enable_ssl_verification": true,
                "secret": SECRET, "authorization": AUTHORIZATION,
            },
        })
    );
    assert_eq!(asked.header("authorization"), Some("Bearer dapi-0123456789"));
    assert_eq!(asked.header("content-type"), Some("application/json"));
    let agent = asked.header("user-agent").unwrap();
    assert!(agent.starts_with("verify/") && agent.ends_with(" auth/pat"), "{agent}");
}

#[tokio::test]
async fn a_job_is_a_destination_too() {
    let server = Server::start(|asked, _| {
        let mut webhook = asked.json();
        webhook["id"] = "1".into();
        json(200, &webhook)
    })
    .await;
    let job = JobTarget {
        job_id: "12".to_owned(),
        workspace_url: Some("https://w.example.com".to_owned()),
        access_token: Confidential::new("job-token"),
    };
    let wanted = NewWebhook::new([event("COMMENT_CREATED")], Target::Job(job));
    let made = databricks(&server).create(&wanted).await.unwrap();
    let workspace_url = Some("https://w.example.com".to_owned());
    assert_eq!(made.destination, Destination::Job { job_id: "12".to_owned(), workspace_url });
    let spec = json!({
        "job_id": "12", "workspace_url": "https://w.example.com", "access_token": "job-token",
    });
    assert_eq!(server.asked()[0].json()["job_spec"], spec);
    assert!(!format!("{wanted:?}").contains("job-token"));
}

#[tokio::test]
async fn all_pages_are_listed_and_read_with_tolerance() {
    let server = Server::start(|_, before| {
        let answer = match before {
            0 => json!({
                "webhooks": [
                    {"id": "1", "events": ["NEW_EVENT", "COMMENT_CREATED"], "status": "PAUSED",
                     "http_url_spec": {"url": "https://a.example.com"}, "more": {"x": null}},
                    {"id": 2, "description": null, "job_spec": {"job_id": 5}, "http_url_spec": {}},
                    "no object",
                ],
                "next_page_token": "tok/1+=",
            }),
            1 => json!({"webhooks": [{"id": "3", "last_updated_timestamp": 1.7e12}], "next_page_token": ""}),
            _ => unreachable!("there is no third page"),
        };
        json(200, &answer)
    })
    .await;
    let filter = Filter { model: Some("m x".to_owned()), events: vec![event("COMMENT_CREATED")] };
    let listed = databricks(&server).list(&filter).await.unwrap();
    let lines: Vec<_> = server.asked().iter().map(|asked| asked.line()).collect();
    let line = "GET /api/2.0/mlflow/registry-webhooks/list?max_results=1000&model_name=m%20x\
                &events=COMMENT_CREATED";
    assert_eq!(lines, [line.to_owned(), format!("{line}&page_token=tok%2F1%2B%3D")]);
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[0].events, ["COMMENT_CREATED", "NEW_EVENT"]);
    assert_eq!(listed[0].status, Some(Status::Other("PAUSED".to_owned())));
    assert_eq!(listed[1].destination.to_string(), "job 5");
    assert_eq!((listed[1].status.clone(), listed[1].events.len()), (None, 0));
    assert_eq!(listed[2].updated_at, Some(1_700_000_000_000));
    assert_eq!(listed[2].destination, Destination::Unknown);
}

#[tokio::test]
async fn none_are_none_however_that_is_written() {
    for none in [json!({}), json!({"webhooks": null}), json!({"webhooks": []})] {
        let server = Server::start(move |_, _| json(200, &none)).await;
        assert!(databricks(&server).list(&Filter::default()).await.unwrap().is_empty());
    }
    let server =
        Server::start(|_, _| crate::server::Reply::Answer(200, "text/plain", String::new())).await;
    assert!(databricks(&server).list(&Filter::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn update_delete_and_test_send_what_the_vendors_client_sends() {
    let server = Server::start(|asked, _| {
        json(
            200,
            &match asked.path.split('/').next_back().unwrap() {
                "test" => json!({"status_code": 401, "body": "no"}),
                // Terraform's fixture has the bare webhook.
                "update" => json!({"id": "1", "status": "DISABLED"}),
                _ => json!({}),
            },
        )
    })
    .await;
    let client = databricks(&server);
    let changes = Changes {
        status: Some(db::Status::Disabled),
        description: Some(String::new()),
        target: Some(Target::Http(target())),
        ..Changes::default()
    };
    client.update("1", &changes).await.unwrap();
    let tested = client.test("1", Some(event("COMMENT_CREATED"))).await.unwrap();
    assert_eq!((tested.status, tested.is_accepted()), (Some(401), false));
    client.test("1", None).await.unwrap();
    client.delete("1").await.unwrap();
    let asked = server.asked();
    let lines: Vec<_> = asked.iter().map(|asked| asked.line()).collect();
    let path = "/api/2.0/mlflow/registry-webhooks";
    assert_eq!(
        lines,
        [
            format!("PATCH {path}/update"),
            format!("POST {path}/test"),
            format!("POST {path}/test"),
            format!("DELETE {path}/delete?id=1"),
        ]
    );
    assert_eq!(asked[0].json()["id"], "1");
    assert_eq!(asked[0].json()["description"], "");
    assert_eq!(asked[0].json()["http_url_spec"]["secret"], SECRET);
    assert_eq!(asked[0].json().get("events"), None);
    assert_eq!(asked[1].json(), json!({"id": "1", "event": "COMMENT_CREATED"}));
    assert_eq!(asked[2].json(), json!({"id": "1"}));
    assert_eq!(asked[3].body, "");
}

#[tokio::test]
async fn what_the_service_would_change_is_not_sent() {
    let server = Server::start(|_, _| json(200, &json!({}))).await;
    let client = databricks(&server);
    let to = || Target::Http(target());
    let created = NewWebhook::new([event("COMMENT_CREATED")], to());
    let model = Some("m".to_owned());
    let unfit = Target::Http(HttpTarget::new("https://a b", None));
    let mut header = target();
    header.authorization = Some(Confidential::new("a\nb"));
    for (wanted, expected) in [
        (NewWebhook { events: vec![], ..created.clone() }, Invalid::EventsMissing),
        (
            NewWebhook { events: vec![event("COMMENT_CREATED"); 2], ..created.clone() },
            Invalid::EventRepeated("COMMENT_CREATED".to_owned()),
        ),
        (
            NewWebhook { model, ..NewWebhook::new([event("REGISTERED_MODEL_CREATED")], to()) },
            Invalid::ModelNotCreatedYet,
        ),
        (NewWebhook { target: unfit, ..created.clone() }, Invalid::UrlUnfit),
        (NewWebhook { target: Target::Http(header), ..created }, Invalid::AuthorizationUnfit),
    ] {
        assert_eq!(client.create(&wanted).await, Err(Error::Invalid(expected)));
    }
    let nothing = client.update("1", &Changes::default()).await;
    assert_eq!(nothing, Err(Error::Invalid(Invalid::NothingToChange)));
    assert_eq!(client.delete("1/2").await, Err(Error::Invalid(Invalid::IdUnfit)));
    assert!(Event::new("NEW_EVENT").is_err() && db::Status::new("paused").is_err());
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_client_of_oauth_gets_a_token_and_a_new_one_when_it_is_refused() {
    let server = Server::start(|asked, before| match asked.path.as_str() {
        "/oidc/v1/token" => {
            let token = format!("granted-{before}");
            json(200, &json!({"access_token": token, "expires_in": 3600}))
        }
        // The first token was revoked.
        _ if asked.header("authorization") == Some("Bearer granted-0") => {
            json(403, &json!({"error_code": 403, "message": "Invalid access token."}))
        }
        _ => json(200, &json!({})),
    })
    .await;
    let variables = [
        ("DATABRICKS_HOST", server.url()),
        ("DATABRICKS_CLIENT_ID", "an id".to_owned()),
        ("DATABRICKS_CLIENT_SECRET", "s3cret".to_owned()),
    ];
    let settings = db::Settings::find(&variables.into_iter().collect(), None).unwrap();
    let client = db::Client::new(settings).unwrap();
    client.list(&Filter::default()).await.unwrap();
    client.list(&Filter::default()).await.unwrap();
    let asked = server.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.split('?').next().unwrap()).collect();
    let list = "/api/2.0/mlflow/registry-webhooks/list";
    assert_eq!(paths, ["/oidc/v1/token", list, "/oidc/v1/token", list, list]);
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=all-apis");
    // `an%20id:s3cret`
    assert_eq!(asked[0].header("authorization"), Some("Basic YW4lMjBpZDpzM2NyZXQ="));
    assert_eq!(asked[4].header("authorization"), Some("Bearer granted-2"));
}

#[tokio::test]
async fn a_client_of_oauth_that_is_refused_is_told_so() {
    let server = Server::start(|_, _| {
        let message = "client s3cret is not known";
        json(401, &json!({"error": "invalid_client", "error_description": message}))
    })
    .await;
    let variables = [
        ("DATABRICKS_HOST", server.url()),
        ("DATABRICKS_CLIENT_ID", "id".to_owned()),
        ("DATABRICKS_CLIENT_SECRET", "s3cret".to_owned()),
    ];
    let settings = db::Settings::find(&variables.into_iter().collect(), None).unwrap();
    let error = db::Client::new(settings).unwrap().list(&Filter::default()).await.unwrap_err();
    assert!(error.to_string().contains("client [redacted] is not known"), "{error}");
    assert!(!format!("{error:?}").contains(TOKEN) && !format!("{error:?}").contains("s3cret"));
}
