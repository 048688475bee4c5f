//! What a client may take, and what becomes of one that takes more.

use core::time::Duration;
use std::io::ErrorKind;

use http::{HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use crate::{
    client::{Client, Version, connect_tls, deliver, mlflow, request},
    receiver::{PATIENCE, Receiver},
};

const PATH: &str = "/webhooks/acme/mlflow";

/// For a test with more connections than there are places: of 1024 files, a process has enough for one of
/// these.
static CROWD: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn heads_have_a_limit_in_both_versions() {
    let receiver = Receiver::start();
    // Of 100 headers, which is what hyper takes in HTTP/1.1.
    let with_headers = |total: usize| {
        let mut request = request(PATH, &mlflow("acme-mlflow"));
        for index in 0..64 {
            let name = HeaderName::try_from(format!("x-{index}")).unwrap();
            let value = "x".repeat(total / 64);
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    };
    for (version, good, bad) in
        [(Version::Http1, 48 * 1024, 160 * 1024), (Version::Http2, 8 * 1024, 20 * 1024)]
    {
        let mut client = Client::connect(&receiver, version).await;
        assert_eq!(client.send(with_headers(good)).await.unwrap().status, 204, "{version:?}");
        let answer = client.send(with_headers(bad)).await;
        let is_refused = match &answer {
            Ok(answer) => answer.status == 431,
            // Hung up on while it still sends, a client of HTTP/1.1 may not see the answer.
            Err(_) => version == Version::Http1,
        };
        assert!(is_refused, "{version:?} {answer:?}");
    }
}

/// A head that is small on the wire and large in memory: one value, referred to again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_head_counts_as_what_it_unpacks_to() {
    let receiver = Receiver::start();
    let delivery = mlflow("acme-mlflow");
    let mut bomb = request(PATH, &delivery);
    let value: HeaderValue = "x".repeat(2000).parse().unwrap();
    for _ in 0..200 {
        bomb.headers_mut().append("x-bomb", value.clone());
    }
    let mut client = Client::connect(&receiver, Version::Http2).await;
    assert!(client.send(bomb).await.is_err(), "the connection is ended");
    assert_eq!(deliver(&receiver, Version::Http2, PATH, &delivery).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_tls_or_chooses_another_protocol_is_hung_up_on() {
    let receiver = Receiver::start();
    let mut plain = TcpStream::connect(&receiver.address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut answer)).await.expect("it hangs up");
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    assert_eq!(deliver(&receiver, Version::Http1, PATH, &mlflow("acme-mlflow")).await.status, 204);
}

/// Silent before their handshake, or after it: whoever has been so the longest loses its place.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_make_room_for_others() {
    let _alone = CROWD.lock().await;
    let receiver = Receiver::start();
    let mut idle = connect_tls(&receiver, Some(Version::Http2)).await.unwrap();
    // The receiver is in the middle of its greeting, and after the handshake.
    idle.read_u8().await.unwrap();
    // As many as there may be, and some.
    let mut silent = Vec::new();
    for _ in 0..600 {
        silent.push(TcpStream::connect(&receiver.address).await.unwrap());
    }
    let delivery = mlflow("acme-mlflow");
    let answer = deliver(&receiver, Version::Http2, PATH, &delivery);
    assert_eq!(timeout(PATIENCE, answer).await.expect("a place").status, 204);
    let _ = timeout(PATIENCE, idle.read_to_end(&mut Vec::new())).await.expect("it hangs up");
    let ended = timeout(PATIENCE, silent[0].read(&mut [0; 1])).await.expect("it hangs up");
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    let last = silent[599].try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(last.kind(), ErrorKind::WouldBlock, "the last of them still has its place");
}

/// Where all others are busy, and one that is done leaves: nobody is asked to make room after that.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_waited_for_a_place_keeps_it() {
    let _alone = CROWD.lock().await;
    let receiver = Receiver::start();
    let delivery = mlflow("acme-mlflow");
    let mut head = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for (name, value) in &delivery.headers {
        head.push_str(&format!("{name}: {}\r\n", str::from_utf8(value).unwrap()));
    }
    let (begin, end) = delivery.body.split_at(1);
    let begun = [format!("{head}content-length: 2\r\n\r\n").as_bytes(), begin].concat();
    let mut busy = Vec::new();
    for _ in 0..512 {
        let mut stream = connect_tls(&receiver, None).await.unwrap();
        stream.write_all(&begun).await.unwrap();
        stream.flush().await.unwrap();
        busy.push(stream);
    }
    // The deadline of the others is nearer.
    let mut last = busy.pop().unwrap();
    // Until the receiver has read them, and then, until it knows of the other one.
    let moment = Duration::from_millis(300);
    sleep(moment).await;
    let leave = async {
        sleep(moment).await;
        last.write_all(end).await.unwrap();
        last.flush().await.unwrap();
        let mut answer = Vec::new();
        let _ = last.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 204 "), "{answer:?}");
    };
    let one_more = async { deliver(&receiver, Version::Http1, PATH, &delivery).await };
    let (answer, ()) = tokio::join!(one_more, leave);
    assert_eq!(answer.status, 204);
}

/// Silent in HTTP/2, where they answer nothing of what a goodbye asks: each takes its whole deadline.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_do_not_say_goodbye_hold_up_no_others() {
    let _alone = CROWD.lock().await;
    let receiver = Receiver::start();
    let mut silent = Vec::new();
    for _ in 0..512 {
        let mut stream = connect_tls(&receiver, Some(Version::Http2)).await.unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
        stream.flush().await.unwrap();
        silent.push(stream);
    }
    let mut before = Vec::new();
    for _ in 0..40 {
        before.push(TcpStream::connect(&receiver.address).await.unwrap());
    }
    let begun = Instant::now();
    let answer = deliver(&receiver, Version::Http2, PATH, &mlflow("acme-mlflow")).await;
    assert_eq!(answer.status, 204);
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_is_given_up_on() {
    let receiver = Receiver::start();
    let mut stream = connect_tls(&receiver, None).await.unwrap();
    stream.write_all(b"POST /webhooks/acme/mlflow HTTP/1.1\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it hangs up");
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{answer:?}");
}

/// A client could fill the log with what h2 warns of, such as an answer to a ping that nobody sent.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_to_h2_is_not_in_the_log() {
    let receiver = Receiver::start();
    let mut stream = connect_tls(&receiver, Some(Version::Http2)).await.unwrap();
    let ping =
        |flags: u8, payload: &[u8; 8]| [&[0, 0, 8, 6, flags, 0, 0, 0, 0], &payload[..]].concat();
    let settings = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let sent = [&settings[..], &ping(1, b"unasked!"), &ping(0, b"pingpong")].concat();
    stream.write_all(&sent).await.unwrap();
    stream.flush().await.unwrap();
    let mut answered = Vec::new();
    while !answered.windows(8).any(|window| window == b"pingpong") {
        let read = timeout(PATIENCE, stream.read_buf(&mut answered)).await.unwrap().unwrap();
        assert!(read > 0, "the connection ended");
    }
    // The next line is the one about the files.
    receiver.reload();
}
