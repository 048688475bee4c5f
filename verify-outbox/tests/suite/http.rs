//! What the client does with what services answer, over real sockets.

use core::time::Duration;
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, crypto::ring, pki_types::PrivatePkcs8KeyDer,
};
use verify_outbox::{
    CloudEvents, Endpoint, EndpointError, Http, HttpError, Outbox, Outcome, Policy,
};

/// A service that answers one request, and hands out what it was sent.
fn serve(
    answer: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (Endpoint, thread::JoinHandle<String>) {
    serve_at("/services/secret-path", answer)
}

fn serve_at(
    path: &str,
    answer: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (Endpoint, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{}") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).unwrap();
            if length == 0 {
                break;
            }
            request.extend_from_slice(&piece[..length]);
        }
        answer(&mut stream);
        String::from_utf8(request).unwrap()
    });
    (Endpoint::new(&url).unwrap(), served)
}

fn post(answer: &'static str) -> (Outcome, String) {
    let (endpoint, served) = serve(move |stream| stream.write_all(answer.as_bytes()).unwrap());
    let answer = http().post(&endpoint, &[("x-extra", "1")], b"{}").unwrap();
    (answer.outcome(), served.join().unwrap().to_ascii_lowercase())
}

fn http() -> Http {
    Http::new("tests/1", Duration::from_secs(30))
}

#[test]
fn a_secret_that_is_echoed_is_struck() {
    let body = r#"{"path": "/services/a-path-that-is-long", "token": "t0ken-of-twenty-bytes", "and": "Bearer"}"#;
    let answer = format!("HTTP/1.1 404 Not Found\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let (endpoint, served) = serve_at("/services/a-path-that-is-long?x=1", move |stream| {
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let headers = [("authorization", "Bearer t0ken-of-twenty-bytes")];
    let reason = http().post(&endpoint, &headers, b"{}").unwrap().reason();
    served.join().unwrap();
    assert_eq!(reason, r#"HTTP 404: {"path": "/services/***", "token": "***", "and": "Bearer"}"#);
}

/// No search for a secret finds each form in which a service may repeat it. The list is not complete,
/// and need not be: what is no word of an error is not shown.
#[test]
fn a_secret_that_is_echoed_in_another_form_is_not_shown() {
    const TOKEN: &str = "github_pat_11ABCdef_0aB9zQ7xK2mN4vR6t";
    // As a part of something longer, a token has one of three forms.
    let base64 = |shift: usize, token: &str| base64(&format!("{}{token}", "x".repeat(shift)));
    let hex = |token: &str| token.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let joined =
        |form: fn(u8) -> String, by: &str| TOKEN.bytes().map(form).collect::<Vec<_>>().join(by);
    for form in [
        TOKEN.to_ascii_uppercase(),
        TOKEN.to_ascii_lowercase(),
        TOKEN.chars().rev().collect(),
        base64(0, TOKEN),
        base64(1, TOKEN),
        base64(2, TOKEN),
        base64(0, &format!("Bearer {TOKEN}")).replace('+', "-").replace('/', "_"),
        hex(TOKEN),
        hex(TOKEN).to_ascii_uppercase(),
        joined(|byte| format!("%{byte:02X}"), ""),
        joined(|byte| format!("\\u{byte:04x}"), ""),
        joined(|byte| format!("&#{byte};"), ""),
        joined(|byte| byte.to_string(), ", "),
        joined(|byte| char::from(byte).to_string(), " "),
        joined(|byte| format!("{byte:02x}"), " "),
        TOKEN[..20].to_owned(),
        TOKEN[20..].to_owned(),
    ] {
        let body = format!(r#"{{"message":"Bad credentials","token":"{form}"}}"#);
        let length = body.len();
        let answer = format!("HTTP/1.1 401 No\r\ncontent-length: {length}\r\n\r\n{body}");
        let (endpoint, served) = serve(move |stream| stream.write_all(answer.as_bytes()).unwrap());
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("authorization", authorization.as_str())];
        let reason = http().post(&endpoint, &headers, b"{}").unwrap().reason();
        served.join().unwrap();
        let echoed = reason.strip_prefix(r#"HTTP 401: {"message":"Bad credentials","token":""#);
        let shown = echoed.unwrap().trim_end_matches(r#""}"#);
        // What is left shows where the punctuation was.
        let left: Vec<_> = shown.split(|char: char| !char.is_ascii_alphanumeric()).collect();
        assert!(left.iter().all(|word| word.is_empty()), "{form}: {reason}");
    }
}

/// With padding.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(*three.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            encoded.push(if at <= three.len() { digit.into() } else { '=' });
        }
    }
    encoded
}

fn later(after: Option<u64>, reason: &str) -> Outcome {
    Outcome::Later { after: after.map(Duration::from_secs), reason: reason.to_owned() }
}

#[test]
fn an_answer_is_done_later_or_dead() {
    let dead = |reason: &str| Outcome::Dead { reason: reason.to_owned() };
    for (answer, outcome) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Outcome::Done),
        ("HTTP/1.1 204 No Content\r\n\r\n", Outcome::Done),
        ("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", Outcome::Accepted),
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 10\r\n\r\nno_service",
            dead("HTTP 404: no_service"),
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            dead("HTTP 302"),
        ),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 30\r\ncontent-length: 12\r\n\r\nrate_limited",
            later(Some(30), "HTTP 429: rate_limited"),
        ),
        (
            "HTTP/1.1 503 Down\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 0\r\n\r\n",
            later(Some(0), "HTTP 503"),
        ),
        (
            "HTTP/1.1 500 No\r\nretry-after: soon\r\ncontent-length: 0\r\n\r\n",
            later(None, "HTTP 500"),
        ),
        // What is said is shown to people, in terminals too.
        (
            "HTTP/1.1 400 No\r\ncontent-length: 9\r\n\r\n\x1b[2J\u{202e}\n\n",
            dead("HTTP 400: ?[***?"),
        ),
    ] {
        assert_eq!(post(answer).0, outcome, "{answer}");
    }
}

#[test]
fn a_request_is_what_it_was_told_to_be() {
    let (_, request) = post("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut head = head.lines();
    assert_eq!((head.next(), body), (Some("post /services/secret-path http/1.1"), "{}"));
    let head: Vec<_> = head.collect();
    for header in
        ["content-type: application/json", "content-length: 2", "user-agent: tests/1", "x-extra: 1"]
    {
        assert!(head.contains(&header), "{header} in {head:?}");
    }
}

#[test]
fn a_long_answer_is_not_read_to_its_end() {
    let (endpoint, _served) = serve(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 500 No\r\ncontent-length: 100000000\r\n\r\n");
        // Nobody reads the rest.
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    assert_eq!(http().post(&endpoint, &[], b"{}").unwrap().outcome(), later(None, "HTTP 500"));
}

#[test]
fn no_answer_is_later_and_its_reason_holds_no_url() {
    let slow = Http::new("tests/1", Duration::from_millis(200));
    let (endpoint, _served) = serve(|stream| {
        let _ = stream.read(&mut [0]);
    });
    let error = slow.post(&endpoint, &[], b"{}").unwrap_err();
    assert_eq!(
        (&error, Outcome::from(error.clone())),
        (&HttpError::Timeout, later(None, "it took too long"))
    );

    let (endpoint, _served) = serve(|_| {});
    let error = http().post(&endpoint, &[], b"{}").unwrap_err();
    assert!(matches!(error, HttpError::Broken(_)), "{error}");
    assert!(!error.to_string().contains("secret-path"), "{error}");

    let endpoint = Endpoint::new("http://127.0.0.1:1/secret-path").unwrap();
    let error = http().post(&endpoint, &[], b"{}").unwrap_err();
    assert_eq!(error, HttpError::Connect("connection refused".to_owned()));
}

/// Our own words, and not those of the TLS library.
const NO_TLS: &str = "the connection broke: TLS failed: the service does not speak it at this port, or its \
                      certificate is not valid for this host and time, or its authority is not trusted";

#[test]
fn a_server_without_tls_gets_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut begun = [0; 1024];
        let length = stream.read(&mut begun).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").unwrap();
        begun[..length].to_vec()
    });
    let endpoint = Endpoint::new(&format!("https://localhost:{port}/secret-path")).unwrap();
    let error = http().post(&endpoint, &[], b"{}").unwrap_err();
    assert_eq!(error.to_string(), NO_TLS);
    let begun = served.join().unwrap();
    assert_eq!(begun[0], 22, "the first byte of a TLS handshake");
    assert!(!begun.windows(11).any(|window| window == b"secret-path"));
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut server = ServerConnection::new(Arc::new(config)).unwrap();
        while server.is_handshaking() {
            server.complete_io(&mut stream)?;
        }
        Ok::<_, std::io::Error>(())
    });
    let endpoint = Endpoint::new(&format!("https://localhost:{port}/secret-path")).unwrap();
    let error = http().post(&endpoint, &[], b"{}").unwrap_err();
    assert_eq!(error.to_string(), NO_TLS);
    assert!(served.join().unwrap().is_err(), "it went on");
}

#[test]
fn a_url_is_https_or_of_this_machine_and_does_not_show() {
    for (url, expected) in [
        ("https://hooks.slack.com/services/T0/B0/x", Ok("hooks.slack.com")),
        ("http://localhost:8080/x", Ok("localhost")),
        ("http://127.0.0.1/x", Ok("127.0.0.1")),
        ("http://[::1]:80/x", Ok("[::1]")),
        ("http://hooks.slack.com/services/x", Err(EndpointError::NotEncrypted)),
        ("http://localhost.example.com/x", Err(EndpointError::NotEncrypted)),
        ("http://192.168.1.1/x", Err(EndpointError::NotEncrypted)),
        ("https://name:password@example.com/x", Err(EndpointError::UserInfo)),
        ("ftp://example.com/x", Err(EndpointError::Invalid)),
        // Others would be asked at the port of the scheme.
        ("https://example.com:99999/x", Err(EndpointError::Invalid)),
        ("https://example.com:/x", Err(EndpointError::Invalid)),
        ("https://:443/x", Err(EndpointError::Invalid)),
        ("https://example.com/\u{fc}", Err(EndpointError::Invalid)),
        ("hooks.slack.com/services/x", Err(EndpointError::Invalid)),
        ("/services/x", Err(EndpointError::Invalid)),
        ("", Err(EndpointError::Invalid)),
    ] {
        let endpoint = Endpoint::new(url);
        assert_eq!(
            endpoint.as_ref().map(Endpoint::host).map_err(|error| *error),
            expected,
            "{url}"
        );
    }
    let endpoint = Endpoint::new("https://hooks.slack.com/services/secret").unwrap();
    assert_eq!(format!("{endpoint:?}"), r#"Endpoint { host: "hooks.slack.com", .. }"#);
}

#[tokio::test]
async fn a_delivery_is_posted_as_a_cloud_event_byte_for_byte() {
    let (endpoint, served) = serve(|stream| stream.write_all(b"HTTP/1.1 204 x\r\n\r\n").unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (outbox, mut workers) = Outbox::builder(folder.path().join("outbox.db")).open().unwrap();
    let event_of = |_: &verify_outbox::Delivery| Some("model version\n".to_owned());
    let events = CloudEvents::new(http(), endpoint, "/models", event_of);
    workers.add("there", Policy::default(), events).unwrap();
    let body = " { \"odd\":\t{}";
    outbox.keep(&crate::common::verified(body), crate::common::there()).await.unwrap();
    let request = tokio::task::spawn_blocking(move || served.join().unwrap()).await.unwrap();
    let (head, sent) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(sent, body);
    let headers: Vec<_> = head.lines().filter(|line| line.starts_with("ce-")).collect();
    let id = headers.iter().find_map(|line| line.strip_prefix("ce-id: ")).unwrap();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    for expected in [
        "ce-specversion: 1.0",
        "ce-source: /models",
        "ce-type: mlflow.model%20version%0A",
        "ce-time: 2026-11-21T19:41:41Z",
    ] {
        assert!(headers.contains(&expected), "{head}");
    }
    assert!(head.to_ascii_lowercase().contains("content-type: application/json"), "{head}");
}
