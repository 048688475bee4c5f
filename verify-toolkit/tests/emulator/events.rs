use core::time::Duration;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use verify_toolkit::{
    emulator::{Databricks, Report},
    samples,
};

use crate::{
    client::{Receiver, SECRET, ok, refused, start, webhook},
    tls_server,
};

fn all_events() -> Vec<&'static str> {
    samples::of("databricks").map(|sample| sample.event).collect()
}

fn keys(value: &Value) -> BTreeSet<&String> {
    value.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn every_event_fires_signed_and_in_the_shape_of_its_sample() {
    let workspace = start(Databricks::new()).await;
    let mut receiver = Receiver::start().await;
    let id = webhook(&workspace, &all_events(), receiver.spec()).await;
    let post = async |path: &str, body: Value| ok(&workspace, "POST", path, body).await;
    post("registered-models/create", json!({"name": "m"})).await;
    post("model-versions/create", json!({"name": "m", "source": "s", "run_id": "r"})).await;
    post("model-versions/set-tag", json!({"name": "m", "version": "1", "key": "k", "value": "v"}))
        .await;
    post("comments/create", json!({"name": "m", "version": "1", "comment": "c\u{1f600}"})).await;
    for stage in ["Staging", "Production", "Archived"] {
        let body = json!({"name": "m", "version": "1", "stage": stage});
        post("transition-requests/create", body).await;
        let body = json!({"name": "m", "version": "1", "stage": stage, "archive_existing_versions": false});
        post("databricks/model-versions/transition-stage", body).await;
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    // Four changes of one event, and six of two.
    for _ in 0..16 {
        let body = receiver.next().await;
        let event = body["event"].as_str().unwrap();
        let sample = samples::find("databricks", event).unwrap();
        let sample: Value = serde_json::from_str(sample.body).unwrap();
        assert_eq!(keys(&body), keys(&sample), "{body}");
        assert_eq!((&body["webhook_id"], &body["model_name"]), (&json!(id), &json!("m")));
        assert!(body["event_timestamp"].is_u64() && body["text"].is_string(), "{body}");
        match event {
            "COMMENT_CREATED" => assert_eq!(body["comment"], "c\u{1f600}"),
            "MODEL_VERSION_CREATED" => assert_eq!(body["source_run_id"], "r"),
            "MODEL_VERSION_TAG_SET" => {
                assert_eq!(body["tags"], json!([{"key": "k", "value": "v"}]));
            }
            _ => {}
        }
        if event != "REGISTERED_MODEL_CREATED" {
            assert_eq!(body["version"], "1");
        }
        seen.insert(event.to_owned());
    }
    assert!(receiver.is_silent().await);
    assert!(seen.iter().eq(&all_events()), "{seen:?}");
}

#[tokio::test]
async fn a_webhook_hears_of_its_model_and_its_events_while_it_is_active() {
    let workspace = start(Databricks::new()).await;
    let [mut of_a, mut of_all, mut quiet] =
        [Receiver::start().await, Receiver::start().await, Receiver::start().await];
    for name in ["a", "b"] {
        ok(&workspace, "POST", "registered-models/create", json!({"name": name})).await;
    }
    let with = |receiver: &Receiver, more: Value| {
        let mut spec = receiver.spec();
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let created = ["MODEL_VERSION_CREATED"];
    webhook(&workspace, &created, with(&of_a, json!({"model_name": "a"}))).await;
    webhook(&workspace, &created, of_all.spec()).await;
    webhook(&workspace, &["COMMENT_CREATED"], quiet.spec()).await;
    let disabled = with(&quiet, json!({"status": "DISABLED"}));
    let disabled = webhook(&workspace, &created, disabled).await;
    webhook(&workspace, &created, with(&quiet, json!({"status": "TEST_MODE"}))).await;
    for name in ["a", "b"] {
        ok(&workspace, "POST", "model-versions/create", json!({"name": name, "source": "s"})).await;
    }
    assert_eq!(of_a.next().await["model_name"], "a");
    let mut names =
        [of_all.next().await, of_all.next().await].map(|body| body["model_name"].to_string());
    names.sort();
    assert_eq!(names, ["\"a\"", "\"b\""]);
    assert!(of_a.is_silent().await && of_all.is_silent().await && quiet.is_silent().await);
    // Without a status, as `databricks-registry-webhooks` never sends it: nothing changes.
    let update = json!({"id": disabled, "description": "d"});
    let updated = ok(&workspace, "PATCH", "registry-webhooks/update", update).await;
    assert_eq!(updated["webhook"]["status"], "DISABLED");
    ok(
        &workspace,
        "PATCH",
        "registry-webhooks/update",
        json!({"id": disabled, "status": "ACTIVE"}),
    )
    .await;
    ok(&workspace, "POST", "model-versions/create", json!({"name": "b", "source": "s"})).await;
    assert_eq!(quiet.next().await["version"], "2");
}

#[tokio::test]
async fn what_a_transition_archives_is_told_and_seen() {
    let workspace = start(Databricks::new()).await;
    let mut receiver = Receiver::start().await;
    let post = async |path: &str, body: Value| ok(&workspace, "POST", path, body).await;
    post("registered-models/create", json!({"name": "m"})).await;
    for _ in 0..2 {
        post("model-versions/create", json!({"name": "m", "source": "s"})).await;
    }
    let transition = async |version: &str| {
        let stage = json!({"name": "m", "version": version, "stage": "Production", "archive_existing_versions": true});
        post("databricks/model-versions/transition-stage", stage).await
    };
    let moved = transition("1").await;
    assert_eq!(moved["model_version_databricks"]["current_stage"], "Production");
    let events = [
        "MODEL_VERSION_TRANSITIONED_STAGE",
        "MODEL_VERSION_TRANSITIONED_TO_ARCHIVED",
        "MODEL_VERSION_TRANSITIONED_TO_PRODUCTION",
    ];
    webhook(&workspace, &events, receiver.spec()).await;
    transition("2").await;
    let expected = [events[0], events[0], events[1], events[2]];
    assert_eq!(receiver.events(4).await, expected);
    // It stands there already.
    transition("2").await;
    assert!(receiver.is_silent().await);
    let latest = post("registered-models/get-latest-versions", json!({"name": "m"})).await;
    let latest = latest["model_versions"].as_array().unwrap().iter();
    let latest: Vec<_> = latest
        .map(|v| (v["version"].as_str().unwrap(), v["current_stage"].as_str().unwrap()))
        .collect();
    assert_eq!(latest, [("2", "Production"), ("1", "Archived")]);
    let found =
        ok(&workspace, "GET", "model-versions/search?filter=name%3D%27m%27", json!(null)).await;
    assert_eq!(found["model_versions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_request_is_listed_until_it_is_approved_or_rejected() {
    let workspace = start(Databricks::new()).await;
    let mut receiver = Receiver::start().await;
    let post = async |path: &str, body: Value| ok(&workspace, "POST", path, body).await;
    post("registered-models/create", json!({"name": "m"})).await;
    post("model-versions/create", json!({"name": "m", "source": "s"})).await;
    let request =
        |stage: &str| json!({"name": "m", "version": "1", "stage": stage, "comment": "please"});
    for stage in ["Staging", "Production"] {
        let made = post("transition-requests/create", request(stage)).await;
        assert_eq!(made["request"]["to_stage"], stage);
    }
    let listed = async || {
        let list = "transition-requests/list?name=m&version=1";
        let listed = ok(&workspace, "GET", list, json!(null)).await;
        let stages = listed["requests"].as_array().unwrap().iter();
        stages.map(|request| request["to_stage"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, ["Staging", "Production"]);
    webhook(&workspace, &["MODEL_VERSION_TRANSITIONED_STAGE"], receiver.spec()).await;
    let rejected = post("transition-requests/reject", request("Production")).await;
    assert_eq!(rejected["activity"]["activity_type"], "REJECTED_REQUEST");
    let mut approval = request("Staging");
    approval["archive_existing_versions"] = json!(false);
    post("transition-requests/approve", approval).await;
    assert_eq!(receiver.next().await["to_stage"], "Staging");
    assert!(listed().await.is_empty());
    assert!(receiver.is_silent().await);
}

/// What the service sends besides the signature, byte for byte as it was given.
#[tokio::test]
async fn authorization_is_sent_as_it_is_and_the_observer_learns_no_secret() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&reports);
    let observer = move |report: &Report| told.lock().unwrap().push(report.to_string());
    let workspace = start(Databricks::new().with_observer(observer)).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=hidden", listener.local_addr().unwrap());
    let received = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut text = vec![0; 64 * 1024];
        let length = socket.read(&mut text).await.unwrap();
        socket.write_all(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n").await.unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    });
    let spec = json!({"url": url, "secret": SECRET, "authorization": "token hidden/+="});
    let id = webhook(&workspace, &["COMMENT_CREATED"], json!({"http_url_spec": spec})).await;
    let answer = ok(&workspace, "POST", "registry-webhooks/test", json!({"id": id})).await;
    // Not followed.
    assert_eq!(answer["status_code"], 302);
    let text = received.await.unwrap();
    assert!(text.starts_with("POST /hook?token=hidden HTTP/1.1\r\n"), "{text}");
    assert!(text.contains("\r\nauthorization: token hidden/+=\r\n"), "{text}");
    assert!(text.contains("\r\nx-databricks-signature: "), "{text}");
    let told = reports.lock().unwrap().join("\n");
    assert_eq!(
        told,
        format!(
            "200 POST /api/2.0/mlflow/registry-webhooks/create\n\
             COMMENT_CREATED (test) to webhook {id}: the receiver answered 302\n\
             200 POST /api/2.0/mlflow/registry-webhooks/test"
        )
    );
}

/// The receiver never answers such a body: what is seen is whether the connection came to be.
#[tokio::test]
async fn a_certificate_is_verified_unless_the_webhook_says_not_to() {
    let (address, pem) = tls_server::start("localhost").await;
    let url = format!("https://localhost:{}/", address.port());
    let test = async |databricks: Databricks, is_verified: bool| {
        let workspace = start(databricks).await;
        let spec = json!({"url": url, "enable_ssl_verification": is_verified});
        let id = webhook(&workspace, &["COMMENT_CREATED"], json!({"http_url_spec": spec})).await;
        refused(&workspace, "POST", "registry-webhooks/test", json!({"id": id})).await
    };
    let untrusted = test(Databricks::new().with_patience(Duration::from_secs(30)), true).await;
    assert!(untrusted.contains("or its certificate is not trusted"), "{untrusted}");
    let brief = || Databricks::new().with_patience(Duration::from_secs(1));
    let silent = "400 BAD_REQUEST: not delivered: the receiver did not answer within 1 s";
    assert_eq!(test(brief(), false).await, silent);
    assert_eq!(test(brief().with_authority(pem), true).await, silent);
}
