//! `verify listen` from outside: over sockets, and through a restart.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

mod page;
#[cfg(unix)]
mod place;
mod process;
#[cfg(unix)]
mod register;
mod sign;
mod start;

use core::time::Duration;

use tempfile::tempdir;
use verify_toolkit::{Delivery, Sender, UnixTime, WireRequest, attack::Target, samples};

use process::{Handler, Listen, exchange, sign, signed};

const NO_CONTENT: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// A genuine delivery, changed after it was signed.
fn forged(sender: Sender) -> WireRequest {
    let mut request = signed(sender);
    request.body.push(b' ');
    request
}

#[test]
fn records_what_is_verified_and_what_is_refused() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let genuine = signed(Sender::MLFLOW);
    assert_eq!(listen.deliver(&genuine).status, 204);
    let line = listen.line();
    assert!(line.contains("  verified  mlflow      budget_policy.exceeded"), "{line}");

    let refused = listen.deliver(&forged(Sender::DATABRICKS));
    assert_eq!((refused.status, refused.body.len()), (401, 0));
    assert_eq!(refused.header("www-authenticate"), Some("HMAC-SHA256, Bearer"));
    let line = listen.line();
    assert!(line.contains("  refused   databricks  signature does not match"), "{line}");

    let shown = listen.json("/api/deliveries/1");
    assert_eq!(shown["body"]["text"].as_str().unwrap().as_bytes(), genuine.body);
    assert_eq!(shown["summary"]["verdict"]["is"], "verified");
    let shown = listen.json("/api/deliveries/2");
    assert_eq!(shown["body"]["text"].as_str().unwrap().as_bytes(), forged(Sender::DATABRICKS).body);
    assert_eq!(shown["summary"]["verdict"]["code"], "signature_mismatch");
    assert_eq!(shown["summary"]["is_cut_off"], false);
}

#[test]
fn records_refused_bodies_however_they_are_refused() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let body = vec![b'x'; 700_000];
    let large = vec![b'x'; 1_200_000];
    let unsigned =
        |body: &[u8]| Delivery::databricks(body).with_path("/webhooks/databricks").unsigned();
    assert_eq!(listen.deliver(&unsigned(&body)).status, 401);
    assert_eq!(listen.deliver(&unsigned(&large)).status, 413);
    let get = WireRequest { method: "GET".to_owned(), ..unsigned(b"") };
    assert_eq!(listen.deliver(&get).status, 401);
    let http = signed(Sender::DATABRICKS).to_http("localhost");
    assert_eq!(exchange(&listen.address, &http[..http.len() - 10]).status, 400);

    // What broke off is recorded behind its answer.
    let lines: Vec<_> = (0..4).map(|_| listen.line()).collect();
    assert!(lines[3].contains("body ended before it was complete"), "{lines:?}");
    for (id, code, len, is_cut_off) in [
        (1, "header_missing", 700_000, false),
        (2, "body_too_large", 1024 * 1024, true),
        (3, "wrong_method", 0, false),
        (4, "body_broken", 0, true),
    ] {
        let summary = &listen.json(&format!("/api/deliveries/{id}"))["summary"];
        assert_eq!(summary["verdict"]["code"], code);
        assert_eq!(summary["body_len"], len, "{code}");
        assert_eq!(summary["is_cut_off"], is_cut_off, "{code}");
    }
}

#[test]
fn what_comes_by_mistake_is_shown_as_what_it_is() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let genuine = signed(Sender::MLFLOW);
    let get = WireRequest { method: "GET".to_owned(), ..genuine.clone() };
    assert_eq!(listen.deliver(&get).status, 405);
    let astray = WireRequest { path: "/webhook/mlflow".to_owned(), ..genuine };
    assert_eq!(listen.deliver(&astray).status, 404);
    let nobody =
        WireRequest { path: "/favicon.ico".to_owned(), headers: Vec::new(), ..astray.clone() };
    assert_eq!(listen.deliver(&nobody).status, 404);
    let unset = WireRequest { path: "/webhooks/wandb".to_owned(), ..nobody.clone() };
    assert_eq!(listen.deliver(&unset).status, 404);
    for (id, sender, code, status, subject) in [
        (
            4,
            "wandb",
            "sender_without_secret",
            404,
            "no secret is set for wandb, so nothing of it is verified",
        ),
        (1, "mlflow", "wrong_method", 405, "method is GET, and senders deliver by POST"),
        (2, "mlflow", "unknown_path", 404, "no sender delivers to this path: /webhook/mlflow"),
        (3, "unknown", "unknown_path", 404, "no sender delivers to this path: /favicon.ico"),
    ] {
        let shown = listen.json(&format!("/api/deliveries/{id}"));
        let summary = &shown["summary"];
        assert_eq!((&summary["sender"], &summary["subject"]), (&sender.into(), &subject.into()));
        assert_eq!(summary["verdict"]["is"], "refused");
        assert_eq!(
            (&summary["verdict"]["code"], &summary["verdict"]["status"]),
            (&code.into(), &status.into())
        );
        assert_eq!(shown["body"]["text"].as_str().unwrap().as_bytes(), astray.body);
        // The signature of a genuine delivery that went astray is not the reason.
        let origin = format!("http://{}", listen.page);
        let ask = |what| {
            listen.ask("POST", &format!("/api/deliveries/{id}/{what}"), &[("origin", &origin)])
        };
        let explained: serde_json::Value = serde_json::from_slice(&ask("explain").body).unwrap();
        let text = explained["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("refused: {subject}\n")), "{text}");
        assert!(!text.contains("verified: "), "{text}");
        // No secret makes it one that was delivered.
        assert_eq!(ask("judge").status, 409, "{code}");
    }
}

#[test]
fn a_restart_loses_nothing() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    for round in 1..=5 {
        let listen = Listen::start(&store, &[]);
        assert_eq!(listen.ids(), (1..round).rev().collect::<Vec<_>>());
        assert_eq!(listen.deliver(&signed(Sender::DATABRICKS)).status, 204);
        listen.kill();
    }
}

#[test]
fn forwards_byte_for_byte_and_answers_what_the_handler_answers() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(
        b"HTTP/1.1 202 Accepted\r\nx-answer: yes\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
    );
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &handler.url]);
    let delivery = Delivery::databricks(&b"{\"a\" :\xff\0}\r\n"[..])
        .with_header("x-twice", "1")
        .with_header("X-Twice", &b" \xe9"[..])
        .with_header("connection", "x-hop, Content-Type,x-databricks-signature")
        .with_header("x-hop", "of this connection");
    let mut request = sign(delivery, Sender::DATABRICKS);
    request.path += "?a=%20b&c";
    let reply = listen.deliver(&request);
    assert_eq!((reply.status, &*reply.body), (202, &b"ok"[..]));
    assert_eq!(reply.header("x-answer"), Some("yes"));

    let [received] = &handler.received()[..] else { panic!("not one delivery") };
    let received = WireRequest::from_http(received).unwrap();
    assert_eq!((received.method, received.path), (request.method.clone(), request.path.clone()));
    assert_eq!(received.body, request.body);
    let host = handler.url.replace("http://", "");
    let sent = request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    let mut expected: Vec<_> =
        sent.filter(|(name, _)| name != "connection" && name != "x-hop").collect();
    expected.push(("host".to_owned(), host.into_bytes()));
    expected.push(("content-length".to_owned(), request.body.len().to_string().into_bytes()));
    for header in &mut expected {
        header.1 = header.1.trim_ascii().to_vec();
    }
    let mut headers = received.headers;
    let via = headers.iter().position(|(name, _)| name == "via").unwrap();
    assert!(headers.remove(via).1.starts_with(b"1.1 verify-listen-"));
    headers.sort();
    expected.sort();
    assert_eq!(headers, expected);

    let line = listen.line();
    assert!(line.contains("forwarded: 202 in "), "{line}");
    let handled = &listen.json("/api/deliveries/1")["summary"]["handled"];
    assert_eq!(handled[0]["outcome"]["answered"]["body"], "ok");
}

#[test]
fn what_comes_back_goes_no_further() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(NO_CONTENT);
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &handler.url]);
    assert_eq!(listen.deliver(&signed(Sender::MLFLOW)).status, 204);
    let mut back = WireRequest::from_http(&handler.received()[0]).unwrap();
    back.headers.retain(|(name, _)| name != "host");
    assert_eq!(listen.deliver(&back).status, 508);
    // In one line with those of others on the way.
    let via = back.headers.iter_mut().find(|(name, _)| name == "via").unwrap();
    via.1 = [b"1.1 one, ", &via.1[..], b", 2 another"].concat();
    assert_eq!(listen.deliver(&back).status, 508);
    assert_eq!((listen.ids(), handler.received().len()), (vec![1], 1));
    // Of another process it is a delivery.
    back.headers.retain(|(name, _)| name != "via");
    back.headers.push(("via".to_owned(), b"1.1 verify-listen-0".to_vec()));
    assert_eq!(listen.deliver(&back).status, 204);
}

#[test]
fn a_url_with_a_path_is_where_all_go() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(NO_CONTENT);
    let url = format!("{}/hook?x=1", handler.url);
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &url]);
    assert_eq!(listen.deliver(&signed(Sender::MLFLOW)).status, 204);
    assert!(handler.received()[0].starts_with(b"POST /hook?x=1 HTTP/1.1\r\n"));
}

#[test]
fn a_handler_that_is_down_makes_the_sender_come_again() {
    let folder = tempdir().unwrap();
    for (url, why) in [
        // A port that nobody can have.
        ("http://127.0.0.1:1".to_owned(), "the handler is down"),
        (Handler::start(b"").url, "the handler hung up without an answer"),
        (Handler::start(b"no http\r\n\r\n").url, "the handler hung up without an answer"),
    ] {
        let store = folder.path().join(url.replace('/', ""));
        let listen = Listen::start(&store, &["--forward-to", &url]);
        let reply = listen.deliver(&signed(Sender::MLFLOW));
        assert_eq!(reply.status, 503);
        // By its age; the machine may be slow.
        let wait: u32 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((5..=30).contains(&wait), "{wait}");
        let line = listen.line();
        assert!(line.contains(&format!("not forwarded: {why}")), "{line}");
        assert!(
            listen.json("/api/deliveries/1")["summary"]["handled"][0]["outcome"]["failed"]
                .as_str()
                .unwrap()
                .starts_with(why)
        );
    }
}

/// The attack matrix, with a handler behind: it sees the genuine ones, and no other.
#[tokio::test]
async fn no_attack_reaches_the_handler() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    let store = folder.path().join("store");
    let listen = Listen::start(&store, &["--forward-to", &handler.url, "--keep", "1000"]);
    let url = format!("http://{}/webhooks/mlflow", listen.address);
    // The answer to a body that stalls takes 10 s.
    let target =
        Target::new(Sender::MLFLOW, "mlflow secret").with_patience(Duration::from_secs(60));
    let report = target.attack_url(&url).await.unwrap();
    assert!(report.is_hardened(), "{report}");
    let list = listen.json("/api/deliveries");
    let all = list["deliveries"].as_array().unwrap();
    let is = |verdict: &str| all.iter().filter(|one| one["verdict"]["is"] == verdict).count();
    assert_eq!(handler.received().len(), is("verified"));
    assert!(is("verified") > 20 && is("refused") > 100, "{} {}", is("verified"), is("refused"));
}

#[test]
fn what_is_kept_is_bounded() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    let options = ["--keep", "3", "--keep-mib", "1"];
    let listen = Listen::start(&store, &options);
    for _ in 0..5 {
        assert_eq!(listen.deliver(&signed(Sender::MLFLOW)).status, 204);
    }
    for _ in 0..40 {
        assert_eq!(listen.deliver(&forged(Sender::MLFLOW)).status, 401);
    }
    assert_eq!(listen.ids(), [45, 44, 43, 5, 4, 3]);
    // By bytes: two of them are more than a MiB.
    let large = Delivery::databricks(vec![b'x'; 600_000]).with_path("/webhooks/databricks");
    for _ in 0..40 {
        assert_eq!(listen.deliver(&large.clone().unsigned()).status, 401);
    }
    assert_eq!(listen.ids(), [85, 5, 4, 3]);
    let size = std::fs::metadata(&store).unwrap().len();
    assert!(size < 8 * 1024 * 1024, "{size}");
    listen.kill();
    assert_eq!(Listen::start(&store, &options).ids(), [85, 5, 4, 3]);
}

#[test]
fn a_long_path_is_listed_by_its_beginning() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let mut request = forged(Sender::MLFLOW);
    request.path += &format!("?{}", "x".repeat(30_000));
    assert_eq!(listen.deliver(&request).status, 401);
    let list = listen.json("/api/deliveries");
    assert_eq!(list["deliveries"][0]["path"], request.path[..512]);
}

#[test]
fn nothing_of_a_delivery_reaches_the_terminal_but_text() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let sample = samples::find("databricks", "REGISTERED_MODEL_CREATED").unwrap();
    let mut body: serde_json::Value = serde_json::from_str(sample.body).unwrap();
    body["model_name"] = "\u{1b}[31m\u{202e}\n\u{7}".into();
    let body = body.to_string();
    let request = sign(Delivery::databricks(body), Sender::DATABRICKS);
    assert_eq!(listen.deliver(&request).status, 204);
    let line = listen.line();
    assert!(line.ends_with(r"REGISTERED_MODEL_CREATED \u{1b}[31m\u{202e}\n\u{7}"), "{line}");
    let stray = WireRequest { path: "/wrong".to_owned(), ..request };
    assert_eq!(listen.deliver(&stray).status, 404);
    let line = listen.line();
    assert!(line.ends_with("  databricks  no sender delivers to this path: /wrong  404"), "{line}");
    let long = format!("/{}", "x".repeat(9000));
    listen.deliver(&WireRequest { path: long.clone(), method: "X".repeat(900), ..stray });
    let line = listen.line();
    assert!(line.ends_with(&format!(" no sender delivers to this path: {}..  404", &long[..64])));
    assert_eq!(listen.json("/api/deliveries/3")["summary"]["method"], "X".repeat(16));
}

#[test]
fn a_late_delivery_is_refused_and_recorded() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &["--json"]);
    let old = UnixTime::from_secs(1_700_000_000);
    let delivery = Delivery::mlflow("{}").with_path("/webhooks/mlflow");
    assert_eq!(listen.deliver(&delivery.sign("mlflow secret", old).unwrap()).status, 401);
    let line: serde_json::Value = serde_json::from_str(&listen.line()).unwrap();
    assert_eq!(line["verdict"]["code"], "timestamp_too_old");
    assert_eq!(line["id"], 1);
}
