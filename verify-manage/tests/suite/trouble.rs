//! Each trouble ends in one clear sentence, and nothing is done twice.

use core::time::Duration;
use std::time::Instant;

use serde_json::json;
use verify_manage::{
    Confidential, Environment, Error, Limits, Registry, databricks as db, mlflow as ml,
};

use crate::{
    AUTHORIZATION, SECRET, TOKEN, databricks, mlflow, patience, secret,
    server::{Asked, Reply, Server, json},
};

fn wanted() -> ml::NewWebhook {
    let event = ml::Event::new("prompt.created").unwrap();
    ml::NewWebhook::new("a", "https://r.example.com/", [event], secret())
}

fn page(status: u16, title: &str) -> Reply {
    Reply::Answer(status, "text/html", format!("<!doctype html><title>{title}</title>"))
}

/// Clients of both services, which ask twice.
fn both(server: &Server) -> [Registry; 2] {
    let mut patience = patience();
    patience.tries = 2;
    [
        Registry::Databricks(databricks(server).with_patience(patience)),
        Registry::Mlflow(mlflow(server).with_patience(patience)),
    ]
}

/// One line, in which nothing confidential is.
#[track_caller]
fn sentence(error: &Error, server: &Server) -> String {
    let text = error.to_string();
    for shown in [&text, &format!("{error:?}")] {
        assert!(!shown.contains(TOKEN) && !shown.contains("whsec_"), "{shown}");
    }
    assert!(!text.contains('\n'), "{text}");
    text.replace(&server.url(), "HOST")
}

/// The sentence for listing, which is the same for both services, without the address.
async fn said(reply: Reply) -> String {
    let server = Server::start(move |_, _| reply.clone()).await;
    let [databricks, mlflow] = both(&server);
    let of_databricks = sentence(&databricks.list().await.unwrap_err(), &server);
    let of_mlflow = sentence(&mlflow.list().await.unwrap_err(), &server);
    assert_eq!(of_databricks, of_mlflow);
    of_mlflow
}

#[tokio::test]
async fn each_trouble_is_one_sentence() {
    let redirect = |place: &str| Reply::With(303, format!("location: {place}"), String::new());
    for (reply, sentence) in [
        (
            redirect("/login.html?next=x"),
            "HOST does not answer as a registry does (303, a redirect to `/login.html`): is the \
             host right?",
        ),
        (
            page(200, "Sign in"),
            "HOST does not answer as a registry does (200, a page called `Sign in`): is the host \
             right?",
        ),
        (
            Reply::Answer(200, "text/plain", "hello".to_owned()),
            "HOST does not answer as a registry does (200, which is no JSON): is the host right?",
        ),
        (
            Reply::Answer(200, "application/json", "[]".to_owned()),
            "HOST answers with JSON, but without an object: is it a registry of this kind?",
        ),
        (
            json(200, &json!({"webhooks": [{"name": "no id"}]})),
            "HOST answers with JSON, but without the id of a webhook: is it a registry of this kind?",
        ),
        (
            json(401, &json!({"error_code": "401", "message": format!("token {TOKEN} expired")})),
            "HOST does not accept the token or password, which may have expired (401 401): token \
             [redacted] expired",
        ),
        (
            json(403, &json!({"error_code": "403", "message": "Invalid access token."})),
            "HOST does not accept the token or password, which may have expired (403 403): Invalid \
             access token.",
        ),
        (
            Reply::Answer(403, "text/html", "Permission denied".to_owned()),
            "HOST does not allow this with the token or password given (403): Permission denied",
        ),
        (
            page(500, "500 Internal Server Error"),
            "HOST refused it (500): 500 Internal Server Error",
        ),
        (
            page(404, "404 Not Found"),
            "HOST has no such API: is the host right, and the server new enough? (404): 404 Not \
             Found",
        ),
        (
            Reply::With(429, "retry-after: 3600".to_owned(), String::new()),
            "HOST is busy (429), and asks to come back in 3600 s",
        ),
        (
            Reply::With(503, "x: y".to_owned(), String::new()),
            "HOST is busy (503), also when asked again: try it later",
        ),
        (Reply::HangUp, "HOST did not answer: the connection was closed"),
        (
            Reply::Flood { bytes: 200 << 20, announces: true },
            "HOST answers with more than 8 MiB, which is not read: is the host right?",
        ),
        (
            Reply::Flood { bytes: 200 << 20, announces: false },
            "HOST answers with more than 8 MiB, which is not read: is the host right?",
        ),
    ] {
        assert_eq!(said(reply.clone()).await, sentence, "{reply:?}");
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_said_so() {
    let unknown = format!("{}.example", "x".repeat(64));
    for (host, why) in [
        ("http://127.0.0.1:1".to_owned(), "nobody listens at this host and port"),
        (format!("https://{unknown}"), "the name of the host is not known"),
    ] {
        let variables = [
            ("MLFLOW_TRACKING_URI", &*host),
            ("DATABRICKS_HOST", &host),
            ("DATABRICKS_TOKEN", TOKEN),
        ];
        let environment: Environment = variables.into_iter().collect();
        let databricks = db::Client::new(db::Settings::find(&environment, None).unwrap()).unwrap();
        let mlflow = ml::Client::new(ml::Settings::find(&environment).unwrap()).unwrap();
        for registry in [
            Registry::Databricks(databricks.with_patience(patience())),
            Registry::Mlflow(mlflow.with_patience(patience())),
        ] {
            let error = registry.list().await.unwrap_err().to_string();
            assert_eq!(error, format!("{host} cannot be reached: {why}"));
        }
    }
}

#[tokio::test]
async fn a_silent_server_ends_in_time() {
    let server = Server::start(|_, _| Reply::Silence).await;
    let mut limits = Limits::default();
    limits.total = Duration::from_millis(300);
    let begun = Instant::now();
    let error = mlflow(&server).with_limits(limits).list().await.unwrap_err().to_string();
    assert!(error.ends_with(" did not answer: it took too long"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    // It is not asked again: that would take as long again.
    while server.asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn reads_are_repeated() {
    let server = Server::start(|_, before| match before {
        0 => Reply::HangUp,
        1 => page(502, "Bad Gateway"),
        2 => Reply::With(503, "retry-after: 0".to_owned(), String::new()),
        _ => json(200, &json!({})),
    })
    .await;
    assert!(mlflow(&server).list().await.unwrap().is_empty());
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let server = Server::start(|_, before| match before {
        0 => Reply::With(429, "retry-after: 1".to_owned(), String::new()),
        _ => json(200, &json!({})),
    })
    .await;
    let begun = Instant::now();
    mlflow(&server).list().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
}

/// A server that hangs up when it is asked to create. `made` is how many webhooks it lists then.
async fn forgetful(made: usize) -> Server {
    Server::start(move |asked, _| match asked.method.as_str() {
        "POST" => Reply::HangUp,
        _ => {
            let webhook = |id: usize| {
                json!({
                    "webhook_id": id.to_string(), "name": "a", "url": "https://r.example.com/",
                    "status": "ACTIVE", "events": [{"entity": "PROMPT", "action": "CREATED"}],
                })
            };
            let others = json!({"webhook_id": "other", "name": "b"});
            let old = json!({
                "webhook_id": "old", "name": "a", "url": "https://r.example.com/",
                "status": "ACTIVE", "events": [{"entity": "PROMPT", "action": "CREATED"}],
                "creation_timestamp": 1_700_000_000_000_u64,
            });
            let listed = [others, old].into_iter().chain((0..made).map(webhook));
            json(200, &json!({ "webhooks": listed.collect::<Vec<_>>() }))
        }
    })
    .await
}

fn creates(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.method == "POST").count()
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_found_and_never_repeated() {
    let server = forgetful(1).await;
    assert_eq!(mlflow(&server).create(&wanted()).await.unwrap().id, "0");
    assert_eq!(creates(&server), 1);

    let server = forgetful(0).await;
    let error = mlflow(&server).create(&wanted()).await.unwrap_err();
    let sentence = format!(
        "{} hung up before it said whether the webhook was made; it is not listed, so it can be \
         made again",
        server.url()
    );
    assert_eq!(error.to_string(), sentence);
    assert_eq!(creates(&server), 1);

    let server = forgetful(2).await;
    let error = mlflow(&server).create(&wanted()).await.unwrap_err();
    assert!(matches!(&error, Error::CreateLost { candidates, .. } if candidates.len() == 2));
    assert_eq!(creates(&server), 1);
}

#[tokio::test]
async fn a_create_that_databricks_did_not_answer_is_found_and_never_repeated() {
    for made in [0, 1, 2] {
        let server = Server::start(move |asked, _| {
            let webhook = |id| {
                json!({
                    "id": id, "events": ["COMMENT_CREATED"], "status": "ACTIVE",
                    "http_url_spec": {"url": "https://r.example.com/"},
                })
            };
            match asked.method.as_str() {
                "POST" => Reply::HangUp,
                _ => json(200, &json!({"webhooks": (0..made).map(webhook).collect::<Vec<_>>()})),
            }
        })
        .await;
        let event = db::Event::new("COMMENT_CREATED").unwrap();
        let target = db::HttpTarget::new("https://r.example.com/", secret());
        let wanted = db::NewWebhook::new([event], db::Target::Http(target));
        let created = databricks(&server).create(&wanted).await;
        let lost = "HOST hung up before it said whether the webhook was made; ";
        match (made, created) {
            (1, created) => assert_eq!(created.unwrap().id, "0"),
            (0, created) => assert_eq!(
                sentence(&created.unwrap_err(), &server),
                format!("{lost}it is not listed, so it can be made again")
            ),
            (_, created) => assert_eq!(
                sentence(&created.unwrap_err(), &server),
                format!("{lost}these look like it: 0, 1; look at them before it is made again")
            ),
        }
        assert_eq!(creates(&server), 1);
    }
}

#[tokio::test]
async fn a_create_that_was_not_done_is_repeated() {
    let server = Server::start(|asked: &Asked, before| match before {
        0 => Reply::With(503, "x: y".to_owned(), String::new()),
        _ => {
            let mut webhook = asked.json();
            webhook["webhook_id"] = "w".into();
            json(200, &json!({ "webhook": webhook }))
        }
    })
    .await;
    assert_eq!(mlflow(&server).create(&wanted()).await.unwrap().id, "w");
    assert_eq!(creates(&server), 2);
}

#[tokio::test]
async fn a_service_that_repeats_a_secret_is_not_quoted() {
    let server = Server::start(|asked, _| {
        let message = format!("cannot parse {}", asked.json()["secret"].as_str().unwrap());
        json(400, &json!({"error_code": SECRET, "message": message}))
    })
    .await;
    let error = mlflow(&server).create(&wanted()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("whsec_"), "{error:?}");
    assert!(error.to_string().contains("cannot parse [redacted]"), "{error}");
}

#[tokio::test]
async fn a_host_that_redirects_is_not_followed_with_the_token() {
    let other = Server::start(|_, _| json(200, &json!({}))).await;
    let place = format!("location: {}/api/2.0/mlflow/registry-webhooks/list", other.url());
    for status in [301, 302, 303, 307, 308] {
        let place = place.clone();
        let server =
            Server::start(move |_, _| Reply::With(status, place.clone(), String::new())).await;
        let filter = verify_manage::databricks::Filter::default();
        let error = databricks(&server).list(&filter).await.unwrap_err();
        assert!(matches!(error, Error::NotTheService { .. }), "{error:?}");
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn nothing_confidential_is_in_what_is_printed_for_debugging() {
    let server = Server::start(|_, _| json(200, &json!({}))).await;
    let variables = [
        ("MLFLOW_TRACKING_URI", &*server.url()),
        ("MLFLOW_TRACKING_USERNAME", "somebody"),
        ("MLFLOW_TRACKING_PASSWORD", TOKEN),
        ("DATABRICKS_HOST", &server.url()),
        ("DATABRICKS_CLIENT_ID", "client"),
        ("DATABRICKS_CLIENT_SECRET", TOKEN),
    ];
    let environment: Environment = variables.into_iter().collect();
    let event = db::Event::new("COMMENT_CREATED").unwrap();
    let mut http = db::HttpTarget::new("https://r.example.com/", secret());
    http.authorization = Some(Confidential::new(AUTHORIZATION));
    let job = db::JobTarget {
        job_id: "1".to_owned(),
        workspace_url: None,
        access_token: Confidential::new(TOKEN),
    };
    let changes =
        ml::Changes { secret: secret().map(ml::SecretChange::Set), ..ml::Changes::default() };
    let all: [&dyn core::fmt::Debug; 9] = [
        &environment,
        &db::Settings::find(&environment, None).unwrap(),
        &ml::Settings::find(&environment).unwrap(),
        &both(&server),
        &wanted(),
        &changes,
        &db::NewWebhook::new([event], db::Target::Http(http.clone())),
        &db::Target::Job(job),
        &db::Changes { target: Some(db::Target::Http(http)), ..db::Changes::default() },
    ];
    for thing in all {
        let shown = format!("{thing:?} {thing:#?}");
        for part in [TOKEN, "whsec_", "receiver-token"] {
            assert!(!shown.contains(part), "{shown}");
        }
    }
}
