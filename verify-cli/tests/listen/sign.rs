//! What the page has signed, what it shows of signatures, and what it does to what is kept.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;
use verify_toolkit::{Delivery, Secret, Sender, UnixTime, Verifier, WireRequest};

use crate::process::{Handler, Listen, Reply, SECRETS, exchange, sign, signed};

const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Asks as the page does.
fn ask(listen: &Listen, method: &str, path: &str, body: &[u8]) -> Reply {
    let origin = format!("http://{}", listen.page).into_bytes();
    let request = WireRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![("origin".to_owned(), origin)],
        body: body.to_vec(),
    };
    exchange(&listen.page, &request.to_http(&listen.page))
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// A delivery that was signed, and changed on the way.
fn forged(sender: Sender) -> WireRequest {
    let mut forged = signed(sender);
    forged.body.push(b' ');
    forged
}

#[test]
fn an_edited_replay_is_signed_anew_for_the_handler_alone() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(ANSWER);
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &handler.url]);
    let sent = Delivery::mlflow("{}").with_header("x-extra", "kept");
    let sent = sign(sent, Sender::MLFLOW);
    assert_eq!(listen.deliver(&sent).status, 204);
    let reply = ask(&listen, "POST", "/api/deliveries/1/replay-edited", b"{\"edited\":true}");
    assert_eq!(reply.status, 200, "{reply:?}");
    let received = handler.received();
    let edited = WireRequest::from_http(&received[1]).unwrap();
    assert_eq!(edited.body, b"{\"edited\":true}");
    assert_eq!(edited.header("x-extra").collect::<Vec<_>>(), [b"kept"]);
    let verifier = Verifier::builder(Sender::MLFLOW).secret(Secret::new("mlflow secret").unwrap());
    let now = UnixTime::now().unwrap();
    assert!(verifier.build().unwrap().verify(now, &edited.headers, &edited.body).is_ok());
    // A delivery of its own: a handler that knows the first one takes it.
    let id = Sender::MLFLOW.delivery_id_header().unwrap();
    assert_ne!(edited.header(id).next(), sent.header(id).next());
    // It is kept that it happened; the signature is told to nobody but the handler.
    let shown = ask(&listen, "GET", "/api/deliveries/1", b"");
    assert_eq!(json_of(&shown)["summary"]["handled"][1]["is_edited"], true);
    let signature = edited.header(Sender::MLFLOW.signature_header()).next().unwrap();
    let signature = core::str::from_utf8(signature).unwrap();
    for reply in [&reply, &shown] {
        assert!(!String::from_utf8_lossy(&reply.body).contains(signature));
    }
    // What a stranger wrote is signed for nobody.
    listen.deliver(&forged(Sender::MLFLOW));
    let refused = ask(&listen, "POST", "/api/deliveries/2/replay-edited", b"{}");
    assert_eq!(refused.status, 409, "{refused:?}");
    // More than the sender may send.
    let large = vec![b'x'; Sender::MLFLOW.body_limit() + 1];
    let refused = ask(&listen, "POST", "/api/deliveries/1/replay-edited", &large);
    assert_eq!(refused.status, 413, "{refused:?}");
    assert_eq!(handler.received().len(), 2);
}

#[test]
fn other_sites_and_open_pages_have_nothing_signed() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(ANSWER);
    let options = ["--forward-to", &handler.url, "--dangerous-open-page"];
    let store = folder.path().join("store");
    let all = [
        ("POST", "/api/deliveries/1/replay-edited", 403),
        ("POST", "/api/test?sender=databricks&event=MODEL_VERSION_CREATED", 403),
    ];
    let listen = Listen::start(&store, &options[..2]);
    assert_eq!(listen.deliver(&signed(Sender::DATABRICKS)).status, 204);
    let changing = [("POST", "/api/deliveries/1/judge", 403), ("DELETE", "/api/deliveries", 403)];
    for (method, path, status) in all.into_iter().chain(changing) {
        for headers in [
            &[][..],
            &[("origin", "http://evil.example")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null")],
        ] {
            assert_eq!(listen.ask(method, path, headers).status, status, "{path} {headers:?}");
        }
    }
    assert_eq!(listen.ids(), [1]);
    drop(listen);
    let listen = Listen::start(&store, &options);
    for (method, path, status) in all {
        let reply = ask(&listen, method, path, b"{}");
        assert_eq!(reply.status, status, "{path}");
        assert!(String::from_utf8_lossy(&reply.body).contains("`--dangerous-open-page`"));
    }
    assert_eq!(handler.received().len(), 1);
    assert_eq!(listen.json("/api/about")["may_sign"], false);
}

#[test]
fn of_an_expected_signature_only_the_beginning_is_shown() {
    for sender in [Sender::DATABRICKS, Sender::MLFLOW] {
        let folder = tempdir().unwrap();
        let listen = Listen::start(&folder.path().join("store"), &[]);
        let forged = forged(sender);
        assert_eq!(listen.deliver(&forged).status, 401);
        // What a forger is after: the signature of the forged body.
        let header = |name: Option<&str>| {
            let value = name.and_then(|name| forged.header(name).next());
            String::from_utf8(value.unwrap_or_default().to_vec()).unwrap()
        };
        let at = header(sender.timestamp_header()).parse().unwrap_or_default();
        let whole = Delivery::new(sender, forged.body.clone())
            .with_delivery_id(header(sender.delivery_id_header()))
            .sign(format!("{} secret", sender.name()), UnixTime::from_secs(at))
            .unwrap();
        let whole = whole.header(sender.signature_header()).next().unwrap();
        let whole = core::str::from_utf8(whole).unwrap();
        let shown = ask(&listen, "GET", "/api/deliveries/1", b"");
        let signature = &json_of(&shown)["signature"];
        let start = &whole[..sender.prefix().len() + 12];
        assert_eq!(
            signature["expected"],
            json!([{ "secret": "1", "start": start, "length": whole.len() }])
        );
        assert_eq!(signature["fits"], false);
        let before = signature["signed_before"].as_str().unwrap();
        assert_eq!(before.is_empty(), sender.signed_parts().is_empty(), "{before}");
        let longer = &whole[..=start.len()];
        for (method, path) in [
            ("GET", "/api/deliveries"),
            ("GET", "/api/deliveries/1"),
            ("GET", "/api/deliveries/1/capture"),
            ("POST", "/api/deliveries/1/explain"),
            ("POST", "/api/deliveries/1/judge"),
            ("POST", "/api/deliveries/1/replay"),
        ] {
            let reply = ask(&listen, method, path, b"");
            assert!(!String::from_utf8_lossy(&reply.body).contains(longer), "{path}");
        }
        // One that verifies fits, and so does one that is only too late.
        listen.deliver(&signed(sender));
        assert_eq!(listen.json("/api/deliveries/2")["signature"]["fits"], true);
        let body = b"{}".to_vec();
        let late = Delivery::new(sender, body).with_path(format!("/webhooks/{}", sender.name()));
        let secret = format!("{} secret", sender.name());
        listen.deliver(&late.sign(secret, UnixTime::from_secs(1_600_000_000)).unwrap());
        assert_eq!(listen.json("/api/deliveries/3")["signature"]["fits"], true);
    }
}

#[test]
fn what_makes_a_signature_unknowable_is_said() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let time = Sender::MLFLOW.timestamp_header().unwrap();
    for (change, problem) in [
        (None, format!("header `{time}` is missing, and it is part of what is signed")),
        (Some("01"), format!("header `{time}` is no time in Unix seconds")),
    ] {
        let mut request = signed(Sender::MLFLOW);
        request.headers.retain(|(name, _)| name != time);
        request.headers.extend(change.map(|value| (time.to_owned(), value.into())));
        listen.deliver(&request);
        let id = listen.ids()[0];
        let signature = &listen.json(&format!("/api/deliveries/{id}"))["signature"];
        assert_eq!(signature["problem"], problem);
        assert_eq!(signature["expected"], json!([]));
    }
}

#[test]
fn a_refused_delivery_says_what_it_claims_to_be() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    listen.deliver(&forged(Sender::MLFLOW));
    let body = b"no event".to_vec();
    let senseless = Delivery::new(Sender::DATABRICKS, body).with_path("/webhooks/databricks");
    listen.deliver(&senseless.unsigned());
    let all = listen.json("/api/deliveries");
    assert_eq!(all["deliveries"][0]["claim"], Value::Null);
    let mlflow = &all["deliveries"][1];
    assert_eq!(mlflow["verdict"]["is"], "refused");
    assert_eq!(mlflow["event"], "budget_policy.exceeded");
    assert!(mlflow["claim"].as_str().unwrap().starts_with("budget_policy.exceeded"));
}

#[test]
fn a_test_delivery_is_one_as_its_sender_sends_it() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(ANSWER);
    let settings = [SECRETS[0], SECRETS[1], ("DATABRICKS_WEBHOOK_TOKEN", "a-token")];
    let options = ["--forward-to", &*handler.url];
    let listen = Listen::start_with(&folder.path().join("store"), &options, &settings);
    for all in listen.json("/api/about")["events"].as_array().unwrap() {
        let (sender, event) = (&all["sender"], &all["names"][0]);
        let path = format!(
            "/api/test?sender={}&event={}",
            sender.as_str().unwrap(),
            event.as_str().unwrap()
        );
        let reply = ask(&listen, "POST", &path, b"");
        assert_eq!((reply.status, json_of(&reply)), (200, json!({ "status": 204 })), "{path}");
        let newest = &listen.json("/api/deliveries")["deliveries"][0];
        assert_eq!((&newest["verdict"]["is"], &newest["event"]), (&json!("verified"), event));
    }
    assert_eq!(handler.received().len(), 2);
    for (path, status, error) in [
        ("sender=databricks&event=no", 404, "the sender has no sample of this event"),
        ("sender=wandb&event=LINK_ARTIFACT", 409, "the sender has no secret"),
    ] {
        let reply = ask(&listen, "POST", &format!("/api/test?{path}"), b"");
        assert_eq!((reply.status, json_of(&reply)), (status, json!({ "error": error })));
    }
}

#[test]
fn a_delivery_is_judged_again_after_the_secret_was_corrected() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    let start = |secret, options: &[&str]| {
        Listen::start_with(&store, options, &[("MLFLOW_WEBHOOK_SECRET", secret)])
    };
    let listen = start("a wrong secret", &[]);
    assert_eq!(listen.deliver(&signed(Sender::MLFLOW)).status, 401);
    assert_eq!(listen.deliver(&forged(Sender::MLFLOW)).status, 401);
    let judge =
        |listen: &Listen, id: u64| ask(listen, "POST", &format!("/api/deliveries/{id}/judge"), b"");
    let reply = judge(&listen, 1);
    let error = "still refused: signature does not match any configured secret: `x-mlflow-signature`. Correct the \
                 secret, start `verify listen` again, and judge again";
    assert_eq!((reply.status, json_of(&reply)), (409, json!({ "error": error })));
    drop(listen);
    let handler = Handler::start(ANSWER);
    let options = ["--forward-to", &*handler.url, "--keep", "2"];
    let listen = start("mlflow secret", &options);
    let judged = judge(&listen, 1);
    assert_eq!(judged.status, 200, "{judged:?}");
    let summary = &json_of(&judged)["summary"];
    assert_eq!(
        [&summary["verdict"]["is"], &summary["is_judged_again"], &summary["claim"]],
        [&json!("verified"), &json!(true), &Value::Null]
    );
    // It may be replayed from now on; what was forged may not.
    assert_eq!(ask(&listen, "POST", "/api/deliveries/1/replay", b"").status, 200);
    assert_eq!(judge(&listen, 2).status, 409);
    assert_eq!(ask(&listen, "POST", "/api/deliveries/2/replay", b"").status, 409);
    assert_eq!(handler.received().len(), 1);
    // It counts as a verified one.
    for _ in 0..2 {
        listen.deliver(&forged(Sender::MLFLOW));
    }
    assert_eq!(listen.ids(), [4, 3, 1]);
    drop(listen);
    assert_eq!(start("mlflow secret", &options).ids(), [4, 3, 1]);
}

#[test]
fn what_was_cleared_is_gone_and_its_numbers_are_not_given_again() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    let ids = |store: &Path| Listen::start(store, &[]).ids();
    let listen = Listen::start(&store, &[]);
    listen.deliver(&signed(Sender::DATABRICKS));
    listen.deliver(&forged(Sender::DATABRICKS));
    for _ in 0..2 {
        assert_eq!(ask(&listen, "DELETE", "/api/deliveries", b"").status, 200);
        assert_eq!(listen.ids(), [0; 0]);
    }
    assert_eq!(ask(&listen, "GET", "/api/deliveries/1", b"").status, 404);
    drop(listen);
    assert_eq!(ids(&store), [0; 0]);
    let listen = Listen::start(&store, &[]);
    listen.deliver(&signed(Sender::DATABRICKS));
    assert_eq!(listen.ids(), [3]);
}
