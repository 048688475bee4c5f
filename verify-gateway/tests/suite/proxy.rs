//! What is verified is handed on, and the answer of the service says what became of it.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::thread;

use verify_core::{Secret, Sender, UnixTime, Verifier};

use crate::{
    gateway::{Place, alias, example, route, secret, signed, wait_until},
    upstream::Upstream,
};

const MLFLOW: &Sender = &Sender::MLFLOW;

#[test]
fn a_delivery_of_each_sender_arrives_with_what_is_known_of_it() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/hook?x=1"), "").start();
    for sender in Sender::ALL {
        assert_eq!(
            gateway.send(sender, "an-id", &example(sender)).status,
            204,
            "{}",
            sender.name()
        );
        let reached = upstream.reached().pop().unwrap();
        assert_eq!(reached.path, "/hook?x=1");
        assert_eq!(reached.body, example(sender).as_bytes());
        assert_eq!(reached.header("verify-sender"), Some(sender.name()));
        assert_eq!(reached.header("verify-attempt"), Some("1"));
        assert_eq!(reached.header("verify-key").unwrap().len(), 64);
        assert_eq!(reached.header("content-type"), Some("application/json"));
        let id = sender.delivery_id_header().map(|_| "an-id");
        assert_eq!(reached.header("verify-delivery-id"), id);
        let signed_at = reached.header("verify-signed-at");
        let signed_at: Option<u64> = signed_at.map(|time| time.parse().unwrap());
        assert_eq!(signed_at.is_some(), sender.timestamp_header().is_some());
        if let Some(signed_at) = signed_at {
            assert!(UnixTime::now().unwrap().as_secs().abs_diff(signed_at) < 120);
        }
    }
    let events: Vec<_> =
        upstream.reached().iter().map(|r| r.header("verify-event").map(str::to_owned)).collect();
    assert!(events.iter().filter(|event| event.is_some()).count() >= 3, "{events:?}");
}

#[test]
fn no_header_of_the_sender_goes_along_unless_it_is_listed() {
    let upstream = Upstream::new();
    let more = "forward_headers = [\"traceparent\", \"x-many\", \"X-Many\", \"content-type\"]";
    let gateway = Place::of_all(&upstream.url("/"), more).start();
    let headers = "Verify-Sender: wandb\r\nverify-attempt: 9\r\nVERIFY-TENANT: root\r\nverify-secret-thing: x\r\n\
                   authorization: Bearer t\r\ncookie: a=b\r\nx-forwarded-for: 1.2.3.4\r\ntraceparent: 00-1\r\n\
                   x-many: 1\r\nx-many: 2\r\nuser-agent: mlflow\r\ntransfer-encoding-x: y\r\n";
    assert_eq!(gateway.send_with(MLFLOW, "an-id", &alias(1), headers).status, 204);
    let reached = upstream.reached().pop().unwrap();
    let names: Vec<_> = reached.headers.keys().map(String::as_str).collect();
    let expected = [
        "content-length",
        "content-type",
        "host",
        "traceparent",
        "user-agent",
        "verify-attempt",
        "verify-delivery-id",
        "verify-event",
        "verify-key",
        "verify-sender",
        "verify-signed-at",
        "x-many",
    ];
    assert_eq!(names, expected);
    assert_eq!(reached.header("verify-sender"), Some("mlflow"));
    assert_eq!(reached.header("verify-attempt"), Some("1"));
    assert_eq!(reached.header("x-many"), Some("1 AND 2"));
    assert_eq!(reached.header("user-agent"), Some("verify-gateway"));
}

#[test]
fn a_delivery_is_handed_on_once_and_again_after_a_failure() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    let attempts = || -> Vec<_> {
        let reached = upstream.reached();
        reached.iter().map(|reached| reached.header("verify-attempt").unwrap().to_owned()).collect()
    };
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    let send = || gateway.request("POST", "/webhooks/mlflow", &headers, &alias(1));
    for (answered, passed, waits) in [(500, 500, true), (503, 503, true), (429, 429, true)] {
        upstream.answer(answered);
        let answer = send();
        assert_eq!(answer.status, passed);
        assert_eq!(answer.header("retry-after").is_some(), waits);
        assert_eq!(answer.body(), "");
    }
    upstream.behave(|_| (503, "retry-after: 17\r\n".to_owned()));
    assert_eq!(send().header("retry-after"), Some("17"));
    upstream.answer(200);
    assert_eq!(send().status, 200);
    assert_eq!(attempts(), ["1", "2", "3", "4", "5"]);
    // It was handled: nobody is asked again.
    upstream.answer(500);
    assert_eq!(send().status, 204);
    assert_eq!(attempts().len(), 5);
    wait_until(|| gateway.log().contains("outcome=\"done\""));
}

/// A person has to look: an automation whose payload never changes sends the same bytes for another event.
#[test]
fn what_may_be_another_delivery_with_the_same_bytes_is_a_warning() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    for (sender, warnings) in [(MLFLOW, 0), (&Sender::WANDB, 1)] {
        let headers = signed(sender, &secret(sender), "an-id", &example(sender));
        let path = format!("/webhooks/{}", sender.name());
        for _ in 0..2 {
            assert_eq!(gateway.request("POST", &path, &headers, &example(sender)).status, 204);
        }
        wait_until(|| gateway.log().matches("outcome=\"done\"").count() == 1 + warnings);
        let warned = "reason=\"repeated, or another delivery with the same bytes\"";
        assert_eq!(gateway.log().matches(warned).count(), warnings, "{}", gateway.log());
    }
}

#[test]
fn a_final_refusal_of_the_service_is_final() {
    let upstream = Upstream::new();
    upstream.answer(422);
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    for _ in 0..2 {
        assert_eq!(gateway.request("POST", "/webhooks/mlflow", &headers, &alias(1)).status, 422);
    }
    assert_eq!(upstream.reached().len(), 1);
}

#[test]
fn a_service_that_is_not_there_or_redirects_is_503_and_the_delivery_may_come_again() {
    let upstream = Upstream::new();
    let nobody = "http://127.0.0.1:1/";
    let routes = route(MLFLOW, &upstream.url("/x"), "") + &route(&Sender::DATABRICKS, nobody, "");
    let gateway = Place::new(&routes).start();
    upstream.behave(|_| (307, "location: /x/\r\n".to_owned()));
    let answer = gateway.send(MLFLOW, "an-id", &alias(1));
    assert_eq!((answer.status, answer.header("location")), (503, None));
    assert!(answer.header("retry-after").is_some());
    let answer = gateway.send(&Sender::DATABRICKS, "", &example(&Sender::DATABRICKS));
    assert_eq!(answer.status, 503);
    assert!(answer.header("retry-after").is_some());
    wait_until(|| {
        let log = gateway.log();
        log.contains("the upstream redirects") && log.contains("no connection to the upstream")
    });
}

/// In the time in which a delivery is handled its copies are told to come again, and the service sees one of them.
#[test]
fn copies_at_the_same_time_reach_the_service_once() {
    let upstream = Upstream::new();
    upstream.behave(|_| {
        thread::sleep(Duration::from_millis(800));
        (204, String::new())
    });
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    let (handled, later) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let answer = gateway.request("POST", "/webhooks/mlflow", &headers, &alias(1));
                match answer.status {
                    204 => handled.fetch_add(1, Ordering::SeqCst),
                    503 => later.fetch_add(1, Ordering::SeqCst),
                    other => panic!("{other}"),
                };
            });
        }
    });
    assert_eq!(upstream.reached().len(), 1);
    assert!(handled.load(Ordering::SeqCst) >= 1);
}

/// An event is text of whoever sends it.
#[test]
fn no_name_of_an_event_makes_a_header() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    let sender = &Sender::STANDARD_WEBHOOKS;
    let body = r#"{"type":"a\r\nverify-sender: root b","timestamp":"2022-11-03T20:26:10.344522Z","data":{}}"#;
    assert_eq!(gateway.send(sender, "1", body).status, 204);
    let reached = upstream.reached().pop().unwrap();
    assert_eq!(reached.header("verify-sender"), Some(sender.name()));
    assert_eq!(reached.header("verify-event"), Some("a%0D%0Averify-sender:%20root%20b"));
    let long = body.replace("root", &"x".repeat(100_000));
    assert_eq!(gateway.send(sender, "2", &long).status, 204);
    assert_eq!(upstream.reached().pop().unwrap().header("verify-event"), None);
}

#[test]
fn what_is_forwarded_is_signed_anew() {
    let upstream = Upstream::new();
    let scheme = Sender::STANDARD_WEBHOOKS;
    let place = Place::new("");
    let own = scheme.secret_encoding().write(b"between the gateway and the service");
    let file = place.write("resign", &own);
    let resign = format!("resign = \"standard-webhooks\"\nresign_secret_file = \"{file}\"");
    place.edit(|config| config + &route(MLFLOW, &upstream.url("/"), &resign));
    let gateway = place.start();
    upstream.answer(500);
    let headers = signed(MLFLOW, &secret(MLFLOW), "an-id", &alias(1));
    for _ in 0..2 {
        gateway.request("POST", "/webhooks/mlflow", &headers, &alias(1));
    }
    let verifier = Verifier::builder(scheme).secret(Secret::new(&own).unwrap()).build().unwrap();
    let ids: Vec<_> = upstream
        .reached()
        .iter()
        .map(|reached| {
            let headers: Vec<_> = reached
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let now = UnixTime::now().unwrap();
            let verified = verifier.verify(now, &headers, reached.body.as_slice()).unwrap();
            verified.receipt().delivery_id().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "a second try is known by its id");
    assert_eq!(Some(ids[0].as_str()), upstream.reached()[0].header("verify-key"));
}

/// Databricks signs no time, and who recorded a delivery could send it again once it is forgotten.
#[test]
fn what_happened_longer_ago_than_is_known_is_not_handed_on() {
    let upstream = Upstream::new();
    let gateway = Place::of_all(&upstream.url("/"), "").start();
    assert_eq!(gateway.send(&Sender::DATABRICKS, "", Sender::DATABRICKS.example()).status, 204);
    assert!(upstream.reached().is_empty());
    wait_until(|| gateway.log().contains("outcome=\"outdated\""));
}
