//! Single requests to a URL, with and without TLS.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tls_server;

use core::time::Duration;
use std::io::ErrorKind;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use verify_toolkit::{
    Delivery, Endpoint, TlsError, UnixTime, UrlError, WireRequest, attack::Outcome,
};

const PATIENCE: Duration = Duration::from_secs(30);

fn request() -> WireRequest {
    Delivery::wandb("{}").sign("shared", UnixTime::from_secs(0)).unwrap()
}

#[tokio::test]
async fn a_certificate_is_trusted_when_it_is_said_so() {
    for host in ["localhost", "127.0.0.1"] {
        let (address, pem) = tls_server::start(host).await;
        let endpoint = Endpoint::new(&format!("https://{host}:{}/hook", address.port())).unwrap();

        let error = endpoint.send(&request(), PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
        assert_eq!(TlsError::of(&error), Some(TlsError::UnknownAuthority), "{error}");
        assert_eq!(
            error.to_string(),
            "the receiver's certificate is not from an authority that is trusted"
        );
        assert_eq!(endpoint.attempt(&(&request()).into(), PATIENCE).await, Outcome::Closed);

        let endpoint = endpoint.with_authority(pem.as_bytes()).unwrap();
        endpoint.check(PATIENCE).await.unwrap();
        assert_eq!(endpoint.send(&request(), PATIENCE).await.unwrap().status, 204);
    }
}

#[tokio::test]
async fn a_certificate_is_for_one_host() {
    let (address, pem) = tls_server::start("other.example").await;
    let endpoint = Endpoint::new(&format!("https://{address}/")).unwrap();
    let endpoint = endpoint.with_authority(pem.as_bytes()).unwrap();
    let error = endpoint.check(PATIENCE).await.unwrap_err();
    assert_eq!(error.to_string(), "the receiver's certificate is for another host");
}

#[tokio::test]
async fn what_speaks_no_tls_is_told_in_our_own_words() {
    for (answer, said) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "what answers does not speak TLS"),
        // An alert: the version is not supported.
        (&[21, 3, 3, 0, 2, 2, 70], "TLS could not be agreed upon: both sides need TLS 1.2 or 1.3"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            stream.write_all(answer).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        let endpoint = Endpoint::new(&format!("https://{address}/")).unwrap();
        assert_eq!(endpoint.check(PATIENCE).await.unwrap_err().to_string(), said);
    }
}

#[tokio::test]
async fn any_certificate_will_do_where_it_is_said_so() {
    let (address, _) = tls_server::start("other.example").await;
    let endpoint = Endpoint::new(&format!("https://{address}/")).unwrap();
    assert_eq!(endpoint.check(PATIENCE).await.unwrap_err().kind(), ErrorKind::InvalidData);
    let endpoint = endpoint.dangerous_without_verification();
    assert_eq!(endpoint.send(&request(), PATIENCE).await.unwrap().status, 204);
}

#[test]
fn what_is_no_certificate_is_an_error() {
    let endpoint = Endpoint::new("https://localhost/").unwrap();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    for pem in ["", "text", garbage, cut] {
        let refused = endpoint.clone().with_authority(pem.as_bytes());
        assert!(matches!(refused, Err(UrlError::Certificates)), "{pem}");
    }
}

#[tokio::test]
async fn no_answer_is_told_from_a_slow_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::new(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let request = request();

    let silent = endpoint.send(&request, Duration::from_millis(20)).await;
    assert_eq!(silent.unwrap_err().kind(), ErrorKind::TimedOut);
    drop(listener.accept().await.unwrap());

    let closing = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        while !received.ends_with(b"{}") && socket.read_buf(&mut received).await.unwrap() > 0 {}
        received
    };
    let (closed, received) = tokio::join!(endpoint.send(&request, PATIENCE), closing);
    assert_eq!(closed.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    let host = format!("host: {}\r\n", listener.local_addr().unwrap());
    assert!(String::from_utf8(received).unwrap().contains(&host));

    let nobody = Endpoint::new("http://127.0.0.1:1/").unwrap();
    let refused = nobody.send(&request, PATIENCE).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

/// However an answer in chunks ends, no chunk line is taken for a part of it.
#[tokio::test]
async fn an_answer_in_chunks_is_joined_as_far_as_it_came() {
    let chunk = [b"7530\r\n", vec![b'x'; 30_000].as_slice(), b"\r\n"].concat();
    for (chunks, end, least) in
        [(4, "0\r\n\r\n", 64_000), (2, "7530\r\nxx", 60_002), (1, "", 30_000)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n";
        let answer = [head.as_bytes(), &chunk.repeat(chunks), end.as_bytes()].concat();
        let answering = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut received = Vec::new();
            while !received.ends_with(b"{}") && socket.read_buf(&mut received).await.unwrap() > 0 {}
            // Who has read enough hangs up.
            let _ = socket.write_all(&answer).await;
        };
        let request = request();
        let endpoint = Endpoint::new(&url).unwrap();
        let (answer, ()) = tokio::join!(endpoint.send(&request, PATIENCE), answering);
        let body = answer.unwrap().body;
        assert!(body.iter().all(|byte| *byte == b'x'), "{chunks}");
        assert!((least..=64 * 1024).contains(&body.len()), "{chunks}: {}", body.len());
    }
}

#[test]
fn a_url_has_a_scheme_and_a_host() {
    for url in [
        "",
        "/hook",
        "localhost:8080",
        "http://",
        "http:///hook",
        "http://me:secret@host/",
        "http://host:99999/",
        "http://host:/",
        "http://host/\u{fc}",
    ] {
        assert!(matches!(Endpoint::new(url), Err(UrlError::Malformed)), "{url}");
    }
    assert!(matches!(Endpoint::new("ftp://host/"), Err(UrlError::NotHttp)));
    for (url, path) in [
        ("http://host", "/"),
        ("http://host?x=1", "/?x=1"),
        ("https://host:1/a/b?c=d", "/a/b?c=d"),
        ("http://[::1]:8080/", "/"),
        ("https://[::1]", "/"),
    ] {
        assert_eq!(Endpoint::new(url).unwrap().path(), path);
    }
}
