use serde_json::json;
use verify_toolkit::emulator::{Databricks, StartError, Token};

use crate::client::{Receiver, SECRET, ok, raw, refused, start, webhook};

#[tokio::test]
async fn only_the_token_opens_it_and_discovery_needs_none() {
    let workspace = start(Databricks::new().with_token(Token::new("the-token").unwrap())).await;
    let list = "/api/2.0/mlflow/registry-webhooks/list";
    for (headers, status) in [
        (vec![("authorization", "Bearer the-token")], 200),
        (vec![("authorization", "Bearer the-toke")], 401),
        (vec![("authorization", "Basic dGhlLXRva2Vu")], 401),
        (vec![("authorization", "Bearer the-token"), ("authorization", "Bearer x")], 401),
        (vec![], 401),
    ] {
        let (found, answer) = raw(&workspace, "GET", list, &headers, b"").await;
        assert_eq!(found, status, "{headers:?}");
        if status == 401 {
            assert_eq!(answer["error_code"], "CUSTOMER_UNAUTHORIZED");
            assert!(!answer.to_string().contains("the-toke"), "{answer}");
        }
    }
    let discovery = raw(&workspace, "GET", "/.well-known/databricks-config", &[], b"").await;
    assert_eq!(discovery, (200, json!({})));
}

/// Byte for byte what `databricks-registry-webhooks`, `databricks-sdk` and the documentation's `curl` lines
/// send for the same thing, as it was recorded.
#[tokio::test]
async fn each_client_is_understood_in_its_own_words() {
    let workspace = start(Databricks::new()).await;
    let token = format!("Bearer {}", workspace.token().as_str());
    let json = [("authorization", token.as_str()), ("content-type", "application/json")];
    let form =
        [("authorization", token.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let (old, new) = ("/api/2.0/preview/mlflow", "/api/2.0/mlflow");
    let (status, _) = raw(
        &workspace,
        "POST",
        &format!("{new}/registered-models/create"),
        &json,
        br#"{"name": "m x"}"#,
    )
    .await;
    assert_eq!(status, 200);
    let create = [
        (
            old,
            json,
            r#"{"events": ["MODEL_VERSION_CREATED"], "http_url_spec": {"enable_ssl_verification": true, "url": "https://a.example/"}, "model_name": "m x", "status": "ACTIVE"}"#,
        ),
        (
            new,
            json,
            r#"{"description": "\u00fc", "events": ["MODEL_VERSION_CREATED", "COMMENT_CREATED"], "http_url_spec": {"url": "https://b.example/"}}"#,
        ),
        (
            new,
            form,
            r#"{"events": ["COMMENT_CREATED"], "job_spec": {"job_id": "1", "workspace_url": "https://w.example", "access_token": "dapi"}}"#,
        ),
    ];
    let mut ids = Vec::new();
    for (family, headers, body) in create {
        let path = format!("{family}/registry-webhooks/create");
        let (status, answer) = raw(&workspace, "POST", &path, &headers, body.as_bytes()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["webhook"]["status"], "ACTIVE");
        ids.push(answer["webhook"]["id"].as_str().unwrap().to_owned());
    }
    for (query, body, expected) in [
        ("", "", vec![0, 1, 2]),
        (
            "?model_name=m+x&events=MODEL_VERSION_CREATED&events=COMMENT_CREATED&max_results=1000",
            "",
            vec![0],
        ),
        ("?events=COMMENT_CREATED&max_results=2", "", vec![1, 2]),
        ("", r#"{"model_name": "m x"}"#, vec![0]),
        ("?events=REGISTERED_MODEL_CREATED", "", vec![]),
    ] {
        let path = format!("{old}/registry-webhooks/list{query}");
        let (status, answer) = raw(&workspace, "GET", &path, &form, body.as_bytes()).await;
        assert_eq!(status, 200, "{answer}");
        let found = answer["webhooks"].as_array().unwrap().iter().map(|webhook| &webhook["id"]);
        assert!(found.eq(expected.iter().map(|place: &usize| &ids[*place])), "{query}: {answer}");
    }
    let update = format!(r#"{{"id": "{}", "status": "TEST_MODE", "description": "d"}}"#, ids[1]);
    let path = format!("{old}/registry-webhooks/update");
    let (_, answer) = raw(&workspace, "PATCH", &path, &form, update.as_bytes()).await;
    assert_eq!(
        (&answer["webhook"]["status"], &answer["webhook"]["description"]),
        (&json!("TEST_MODE"), &json!("d"))
    );
    // The id in the query, or in a body.
    let path = format!("{new}/registry-webhooks/delete?id={}", ids[0]);
    assert_eq!(raw(&workspace, "DELETE", &path, &json, b"").await, (200, json!({})));
    let body = format!(r#"{{"id": "{}"}}"#, ids[1]);
    let path = format!("{old}/registry-webhooks/delete");
    assert_eq!(raw(&workspace, "DELETE", &path, &json, body.as_bytes()).await, (200, json!({})));
    assert_eq!(raw(&workspace, "DELETE", &path, &json, body.as_bytes()).await.0, 404);
}

#[tokio::test]
async fn nothing_that_is_secret_comes_back() {
    let workspace = start(Databricks::new()).await;
    let spec = json!({"url": "https://a.example/", "secret": "the-secret", "authorization": "Bearer the-secret"});
    webhook(&workspace, &["COMMENT_CREATED"], json!({"http_url_spec": spec})).await;
    let job =
        json!({"job_id": "1", "workspace_url": "https://w.example", "access_token": "the-secret"});
    webhook(&workspace, &["COMMENT_CREATED"], json!({"job_spec": job})).await;
    let listed = ok(&workspace, "GET", "registry-webhooks/list", json!(null)).await;
    assert!(!listed.to_string().contains("the-secret"), "{listed}");
    assert_eq!(
        listed["webhooks"][0]["http_url_spec"],
        json!({"url": "https://a.example/", "enable_ssl_verification": true})
    );
    assert_eq!(
        listed["webhooks"][1]["job_spec"],
        json!({"job_id": "1", "workspace_url": "https://w.example"})
    );
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_changes_nothing() {
    let workspace = start(Databricks::new()).await;
    ok(&workspace, "POST", "registered-models/create", json!({"name": "m"})).await;
    let spec = json!({"url": "https://a.example/"});
    let job = json!({"job_id": "1", "access_token": "x"});
    let id = webhook(
        &workspace,
        &["COMMENT_CREATED"],
        json!({"http_url_spec": spec, "description": "d"}),
    )
    .await;
    let for_model = json!({"http_url_spec": spec, "model_name": "m"});
    let of_model = webhook(&workspace, &["COMMENT_CREATED"], for_model).await;
    let before = ok(&workspace, "GET", "registry-webhooks/list", json!(null)).await;
    let create = "registry-webhooks/create";
    let update = "registry-webhooks/update";
    let parameter = "400 INVALID_PARAMETER_VALUE: ";
    let exactly_one = "exactly one of `http_url_spec` and `job_spec` must be specified";
    let empty = "`events` is empty: one or more events must be specified";
    for (method, path, body, expected) in [
        ("POST", create, json!({"http_url_spec": spec}), "missing value for parameter `events`"),
        ("POST", create, json!({"events": [], "http_url_spec": spec}), empty),
        ("POST", create, json!({"events": ["COMMENT_CREATED"]}), exactly_one),
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": spec, "job_spec": job}),
            exactly_one,
        ),
        (
            "POST",
            create,
            json!({"events": ["REGISTERED_MODEL_CREATED"], "http_url_spec": spec, "model_name": "m"}),
            "`REGISTERED_MODEL_CREATED` is for webhooks without a `model_name`",
        ),
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": {}}),
            "missing value for parameter `url`",
        ),
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "job_spec": {"job_id": "1"}}),
            "missing value for parameter `access_token`",
        ),
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": "https://a/", "authorization": "a\r\nb: c"}}),
            "`authorization` has characters that no header may have",
        ),
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": "https://a/", "secret": "\u{0}"}}),
            "`secret` has nothing but NUL in it",
        ),
        ("PATCH", update, json!({"status": "ACTIVE"}), "missing value for parameter `id`"),
        ("PATCH", update, json!({"id": id, "events": []}), empty),
        (
            "PATCH",
            update,
            json!({"id": id, "description": "new", "job_spec": job}),
            "a webhook stays one for a URL or one for a job: delete it and make another",
        ),
        (
            "PATCH",
            update,
            json!({"id": of_model, "description": "new", "events": ["REGISTERED_MODEL_CREATED"]}),
            "`REGISTERED_MODEL_CREATED` is for webhooks without a `model_name`",
        ),
    ] {
        let found = refused(&workspace, method, path, body.clone()).await;
        assert_eq!(found, format!("{parameter}{expected}"), "{body}");
    }
    for url in ["ftp://a.example/", "a.example", "https://", "/hook", "https://user:x@a.example/"] {
        let body = json!({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": url}});
        let found = refused(&workspace, "POST", create, body).await;
        assert!(
            found.starts_with("400 INVALID_PARAMETER_VALUE: `url` is no URL such as"),
            "{found}"
        );
    }
    for (body, name) in [
        (json!({"events": ["comment_created"], "http_url_spec": spec}), "events"),
        (
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": spec, "status": "active"}),
            "status",
        ),
    ] {
        let found = refused(&workspace, "POST", create, body).await;
        let expected = format!("{parameter}`{name}` has an unknown name; it may be: ");
        assert!(found.starts_with(&expected), "{found}");
    }
    let missing = "404 RESOURCE_DOES_NOT_EXIST: there is no ";
    for (method, path, body, expected) in [
        (
            "POST",
            create,
            json!({"events": ["COMMENT_CREATED"], "http_url_spec": spec, "model_name": "n"}),
            "registered model `n`",
        ),
        ("PATCH", update, json!({"id": "x"}), "webhook `x`"),
        ("POST", "registry-webhooks/test", json!({"id": "x"}), "webhook `x`"),
        ("DELETE", "registry-webhooks/delete?id=x", json!(null), "webhook `x`"),
        (
            "POST",
            "model-versions/create",
            json!({"name": "n", "source": "s"}),
            "registered model `n`",
        ),
        (
            "GET",
            "model-versions/get?name=m&version=1",
            json!(null),
            "version `1` of the registered model `m`",
        ),
    ] {
        assert_eq!(refused(&workspace, method, path, body).await, format!("{missing}{expected}"));
    }
    let twice = refused(&workspace, "POST", "registered-models/create", json!({"name": "m"})).await;
    assert_eq!(twice, "400 RESOURCE_ALREADY_EXISTS: there is a registered model `m` already");
    let wrong = refused(&workspace, "GET", "registry-webhooks/create", json!(null)).await;
    assert_eq!(wrong, "404 ENDPOINT_NOT_FOUND: this call is made with POST");
    assert_eq!(ok(&workspace, "GET", "registry-webhooks/list", json!(null)).await, before);
}

#[tokio::test]
async fn a_body_is_bounded() {
    let workspace = start(Databricks::new()).await;
    let large = json!({"name": "m", "description": "x".repeat(64 * 1024)});
    let found = refused(&workspace, "POST", "registered-models/create", large).await;
    assert_eq!(
        found,
        "413 MAX_READ_SIZE_EXCEEDED: the body is larger than the 65536 bytes that the emulator reads"
    );
}

#[tokio::test]
async fn pages_go_on_where_they_ended() {
    let workspace = start(Databricks::new()).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let spec = json!({"http_url_spec": {"url": "https://a.example/"}});
        ids.push(webhook(&workspace, &["COMMENT_CREATED"], spec).await);
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let path = format!("registry-webhooks/list?max_results=2&page_token={token}");
        let page = ok(&workspace, "GET", &path, json!(null)).await;
        let webhooks = page["webhooks"].as_array().unwrap();
        found.extend(webhooks.iter().map(|webhook| webhook["id"].as_str().unwrap().to_owned()));
        match page["next_page_token"].as_str() {
            Some(next) => token = next.replace('+', "%2B").replace('=', "%3D"),
            None => break,
        }
    }
    assert_eq!(found, ids);
}

#[tokio::test]
async fn other_machines_reach_it_only_if_that_is_wanted() {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let error = Databricks::new().start(anywhere).await.unwrap_err();
    assert!(matches!(error, StartError::NotLoopback), "{error}");
    assert!(error.to_string().starts_with("the address can be reached from other machines"));
    Databricks::new().dangerous_open().start(anywhere).await.unwrap().stop().await;
    let error =
        Databricks::new().with_authority("no PEM").start("127.0.0.1:0".parse().unwrap()).await;
    assert_eq!(error.unwrap_err().to_string(), "no certificate of an authority in PEM");
}

#[tokio::test]
async fn a_test_call_answers_what_the_receiver_answered() {
    let workspace = start(Databricks::new()).await;
    let mut receiver = Receiver::start().await;
    let test = "registry-webhooks/test";
    let id = webhook(&workspace, &["COMMENT_CREATED"], receiver.spec()).await;
    let answer = ok(&workspace, "POST", test, json!({"id": id})).await;
    assert_eq!(answer, json!({"status_code": 202, "body": "taken"}));
    let body = receiver.next().await;
    assert_eq!(
        (&body["event"], &body["webhook_id"], &body["model_name"]),
        (&json!("COMMENT_CREATED"), &json!(id), &json!(""))
    );
    let text = body["text"].as_str().unwrap();
    assert_eq!(
        text,
        format!("A test webhook trigger for registered model '' created for webhook {id}.")
    );
    // One that it did not ask for, where it stands in TEST_MODE.
    ok(&workspace, "PATCH", "registry-webhooks/update", json!({"id": id, "status": "TEST_MODE"}))
        .await;
    ok(&workspace, "POST", test, json!({"id": id, "event": "MODEL_VERSION_TAG_SET"})).await;
    assert_eq!(receiver.next().await["event"], "MODEL_VERSION_TAG_SET");

    ok(&workspace, "PATCH", "registry-webhooks/update", json!({"id": id, "status": "DISABLED"}))
        .await;
    let found = refused(&workspace, "POST", test, json!({"id": id})).await;
    assert!(found.starts_with("400 INVALID_STATE: the webhook is DISABLED"), "{found}");

    // A specification without the secret: it does not sign any more, and the receiver says so.
    let unsigned = json!({"id": id, "status": "ACTIVE", "http_url_spec": {"url": receiver.url}});
    ok(&workspace, "PATCH", "registry-webhooks/update", unsigned).await;
    assert_eq!(ok(&workspace, "POST", test, json!({"id": id})).await["status_code"], 401);
    // Rotated: the whole of it again.
    let signed = json!({"id": id, "http_url_spec": {"url": receiver.url, "secret": SECRET}});
    ok(&workspace, "PATCH", "registry-webhooks/update", signed).await;
    assert_eq!(ok(&workspace, "POST", test, json!({"id": id})).await["status_code"], 202);

    let nowhere = json!({"id": id, "http_url_spec": {"url": "http://127.0.0.1:9/"}});
    ok(&workspace, "PATCH", "registry-webhooks/update", nowhere).await;
    let found = refused(&workspace, "POST", test, json!({"id": id})).await;
    assert_eq!(found, "400 BAD_REQUEST: not delivered: nobody listens at the URL");
    let job = json!({"job_spec": {"job_id": "1", "access_token": "x"}});
    let job = webhook(&workspace, &["COMMENT_CREATED"], job).await;
    let found = refused(&workspace, "POST", test, json!({"id": job})).await;
    assert_eq!(found, "400 FEATURE_DISABLED: the emulator runs no jobs");
}
