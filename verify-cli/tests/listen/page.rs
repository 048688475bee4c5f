//! The page's port: who may ask, and what comes along with each answer.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
};

use tempfile::tempdir;
use verify_toolkit::{Capture, Sender, WireRequest};

use crate::process::{Handler, Listen, exchange, signed};

#[test]
fn asks_by_another_name_are_refused() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let port = listen.page.split(':').next_back().unwrap();
    let status = |host: Option<&str>| {
        let host = host.map_or(String::new(), |host| format!("Host: {host}\r\n"));
        let request = format!("GET /api/deliveries HTTP/1.1\r\n{host}\r\n");
        exchange(&listen.page, request.as_bytes()).status
    };
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.1.2.3"] {
        assert_eq!(status(Some(&format!("{host}:{port}"))), 200, "{host}");
    }
    // Names that a site could point here, and addresses of other machines.
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.localhost",
        "192.0.2.1",
        "0.0.0.0",
        "[2001:db8::1]",
        "",
    ] {
        assert_eq!(status(Some(host)), 421, "{host}");
    }
    // No host at all, or more than one: the server refuses these before the page is asked.
    for host in [None, Some("a b"), Some("evil.example\r\nHost: localhost")] {
        assert_eq!(status(host), 400, "{host:?}");
    }
}

#[test]
fn other_sites_change_nothing_and_read_nothing() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(b"HTTP/1.1 204 No Content\r\n\r\n");
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &handler.url]);
    assert_eq!(listen.deliver(&signed(Sender::DATABRICKS)).status, 204);
    let own = format!("http://{}", listen.page);
    let other_port = format!("{own}1");
    for (headers, may_read, may_change) in [
        (&[][..], true, false),
        (&[("origin", &*own)], true, true),
        (&[("origin", &own), ("sec-fetch-site", "same-origin")], true, true),
        (&[("sec-fetch-site", "same-origin")], true, true),
        // Typed into the browser.
        (&[("sec-fetch-site", "none")], true, false),
        (&[("sec-fetch-site", "cross-site")], false, false),
        (&[("sec-fetch-site", "same-site")], false, false),
        (&[("origin", "http://evil.example")], false, false),
        (&[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")], false, false),
        (&[("origin", &other_port)], false, false),
        (&[("origin", "null")], false, false),
        (&[("origin", "")], false, false),
        (&[("origin", &own), ("origin", "http://evil.example")], false, false),
        // Told twice is not told.
        (&[("sec-fetch-site", "cross-site"), ("sec-fetch-site", "cross-site")], false, false),
        (&[("sec-fetch-site", "none"), ("sec-fetch-site", "none")], false, false),
        (&[("origin", &own), ("origin", &own), ("sec-fetch-site", "same-origin")], false, false),
    ] {
        let read = listen.ask("GET", "/api/deliveries/1", headers);
        assert_eq!(read.status, if may_read { 200 } else { 403 }, "{headers:?}");
        let before = handler.received().len();
        let replayed = listen.ask("POST", "/api/deliveries/1/replay", headers);
        assert_eq!(replayed.status, if may_change { 200 } else { 403 }, "{headers:?}");
        assert_eq!(handler.received().len(), before + usize::from(may_change), "{headers:?}");
    }
    // A link from another site may lead to the page: it says nothing by itself.
    assert_eq!(listen.ask("GET", "/", &[("sec-fetch-site", "cross-site")]).status, 200);
}

#[test]
fn every_answer_carries_the_policy() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    listen.deliver(&signed(Sender::DATABRICKS));
    let refused = [("origin", "http://evil.example")];
    for (method, path, headers) in [
        ("GET", "/", &[][..]),
        ("GET", "/api/deliveries", &[]),
        ("GET", "/api/deliveries/1/capture", &[]),
        ("GET", "/api/deliveries/99", &[]),
        ("GET", "/nowhere", &[]),
        ("POST", "/", &[]),
        ("GET", "/api/deliveries", &refused),
    ] {
        let reply = listen.ask(method, path, headers);
        let policy = reply.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'; script-src 'sha256-",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{path}");
    }
    // Where deliveries go to there is no page.
    for path in ["/", "/api/deliveries"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(exchange(&listen.address, request.as_bytes()).status, 404);
    }
}

#[test]
fn what_happens_is_streamed() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let mut stream = TcpStream::connect(&listen.page).unwrap();
    stream.set_read_timeout(Some(core::time::Duration::from_secs(20))).unwrap();
    stream.write_all(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == ": connected"));
    listen.deliver(&signed(Sender::DATABRICKS));
    let data = lines.find(|line| line.starts_with("data: ")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&data[6..]).unwrap();
    assert_eq!((&summary["id"], &summary["verdict"]["is"]), (&1.into(), &"verified".into()));
}

#[test]
fn a_capture_is_the_delivery() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let sent = signed(Sender::MLFLOW);
    listen.deliver(&sent);
    let reply = listen.ask("GET", "/api/deliveries/1/capture", &[]);
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"mlflow-1.json\""));
    let capture = Capture::from_json(&reply.body).unwrap();
    assert_eq!((capture.sender.as_str(), &capture.request.body), ("mlflow", &sent.body));
    assert_eq!(capture.secret, None);
    for (name, value) in &sent.headers {
        assert_eq!(capture.request.header(name).collect::<Vec<_>>(), [value.as_slice()], "{name}");
    }
}

/// Whoever says no: the guard, the router, or what is behind it.
#[test]
fn every_error_has_one_form() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let own = format!("http://{}", listen.page);
    let own = [("origin", own.as_str())];
    for (method, path, headers, status, error) in [
        // As curl asks without more.
        (
            "POST",
            "/api/deliveries/1/replay",
            &[][..],
            403,
            "not from another site: a script sends this address as its `Origin`",
        ),
        ("GET", "/api/deliveries/1", &[], 404, "no delivery of this number is kept, or no more"),
        ("GET", "/api/deliveries/x", &[], 400, "Invalid URL: Cannot parse `x` to a `u64`"),
        (
            "GET",
            "/api/search",
            &[],
            400,
            "Failed to deserialize query string: missing field `text`",
        ),
        ("GET", "/nowhere", &[], 404, "not found"),
        ("POST", "/api/deliveries", &own, 405, "method not allowed"),
    ] {
        let reply = listen.ask(method, path, headers);
        assert_eq!(reply.status, status, "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body, serde_json::json!({ "error": error }), "{path}");
    }
    let reply = listen.ask("POST", "/api/deliveries", &own);
    assert_eq!(reply.header("allow"), Some("GET,HEAD,DELETE"));
    let reply = exchange(&listen.page, b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert!(reply.body.starts_with(b"{\"error\":\"ask for this page by its address"));
}

/// What the documentation says there is.
#[test]
fn the_api_is_the_documented_one() {
    let folder = tempdir().unwrap();
    let handler = Handler::start(b"HTTP/1.1 204 No Content\r\n\r\n");
    let listen = Listen::start(&folder.path().join("store"), &["--forward-to", &handler.url]);
    listen.deliver(&signed(Sender::DATABRICKS));
    let own = format!("http://{}", listen.page);
    let document = include_str!("../../../verify-listen/README.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let routes: Vec<_> = rows.filter_map(|(route, _)| route.split_once(" /api/")).collect();
    assert_eq!(routes.len(), 12);
    for (method, path) in routes {
        let path = format!("/api/{path}").replace("{id}", "1").replace("TEXT", "x");
        let path = path.replace("SENDER", "databricks").replace("EVENT", "COMMENT_CREATED");
        if path == "/api/live" {
            continue;
        }
        assert_eq!(listen.ask(method, &path, &[("origin", &own)]).status, 200, "{path}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    let own = format!("http://{}", listen.page);
    let ask = |path: &str| {
        let reply = listen.ask("POST", path, &[("origin", &own)]);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    assert_eq!(
        ask("/api/deliveries/1/replay"),
        (404, r#"{"error":"no delivery of this number is kept, or no more"}"#.to_owned())
    );
    listen.deliver(&signed(Sender::DATABRICKS));
    assert_eq!(
        ask("/api/deliveries/1/replay"),
        (409, r#"{"error":"there is no handler: start with `--forward-to URL`"}"#.to_owned())
    );
    let unsigned = WireRequest { headers: Vec::new(), ..signed(Sender::DATABRICKS) };
    listen.deliver(&unsigned);
    assert_eq!(
        ask("/api/deliveries/2/replay"),
        (
            409,
            r#"{"error":"it did not verify, and no handler is given such a delivery"}"#.to_owned()
        )
    );
}
