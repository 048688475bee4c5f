//! What a client may take, and what becomes of one that takes more.

use core::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{io::ErrorKind, sync::Arc};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Channel};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::client::TlsStream;

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
        [(Version::Http1, 12 * 1024, 80 * 1024), (Version::Http2, 8 * 1024, 20 * 1024)]
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
    // For as long as a handshake may take.
    let last = silent[599].try_read(&mut [0; 1]).unwrap_err();
    assert_eq!(last.kind(), ErrorKind::WouldBlock, "the last of them still has its place");
    let _ = timeout(PATIENCE, idle.read_to_end(&mut Vec::new())).await.expect("it hangs up");
    let ended = timeout(PATIENCE, silent[0].read(&mut [0; 1])).await.expect("it hangs up");
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
}

/// Each opens a request anew before the one before is too late, and sends nothing of its body.
async fn good_deliveries_are_answered_among(version: Version) {
    let _alone = CROWD.lock().await;
    let receiver = Receiver::start();
    let forged = Forged::new(version);
    let mut busy = Vec::new();
    for _ in 0..512 {
        busy.push(forged.begin(&receiver).await);
    }
    let renew = async {
        for number in 1.. {
            sleep(Duration::from_secs(3)).await;
            for stream in &mut busy {
                if forged.renew(stream, number).await.is_err() {
                    *stream = forged.begin(&receiver).await;
                }
            }
        }
    };
    let deliver = async {
        for _ in 0..3 {
            let delivery = mlflow("acme-mlflow");
            let answer = deliver(&receiver, Version::Http2, PATH, &delivery);
            let answer = timeout(Duration::from_secs(20), answer).await.unwrap();
            assert_eq!(answer.status, 204);
            sleep(Duration::from_secs(2)).await;
        }
    };
    tokio::select! {
        () = deliver => {}
        () = renew => {}
    }
}

/// A request that looks right, and whose body never comes.
struct Forged {
    version: Version,
    /// HTTP/1.1: all of it. HTTP/2: the block of headers.
    head: Vec<u8>,
}

impl Forged {
    fn new(version: Version) -> Self {
        let delivery = mlflow("another");
        let headers =
            delivery.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()));
        let mut head = Vec::new();
        if version == Version::Http1 {
            head.extend(
                format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n").bytes(),
            );
            headers.for_each(|(name, value)| head.extend([name, b": ", value, b"\r\n"].concat()));
            head.extend(b"\r\n");
        } else {
            // POST, https, and texts as they are, none of which is longer than 127.
            head.extend(b"\x83\x87");
            for (name, value) in
                [(&b":path"[..], PATH.as_bytes()), (b":authority", b"x")].into_iter().chain(headers)
            {
                let [name_len, value_len] =
                    [name, value].map(|text| u8::try_from(text.len()).unwrap());
                head.extend([&[0, name_len], name, &[value_len], value].concat());
            }
        }
        Self { version, head }
    }

    async fn begin(&self, receiver: &Receiver) -> TlsStream<TcpStream> {
        let mut stream = connect_tls(receiver, Some(self.version)).await.unwrap();
        if self.version == Version::Http2 {
            // An error is a connection that made room already.
            let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
            let _ = stream.write_all(hello).await;
        }
        let _ = self.renew(&mut stream, 0).await;
        stream
    }

    /// In HTTP/1.1 the first request is answered at last, and the next one is there already.
    async fn renew(&self, stream: &mut TlsStream<TcpStream>, number: u32) -> std::io::Result<()> {
        let mut sent = Vec::new();
        if self.version == Version::Http2 {
            let [_, length @ ..] = u32::try_from(self.head.len()).unwrap().to_be_bytes();
            sent.extend(length);
            // Headers, all of them, and not the end of the stream.
            sent.extend([1, 4]);
            sent.extend((number * 2 + 1).to_be_bytes());
        } else if number > 0 {
            sent.extend(b"012345678");
        }
        sent.extend(&self.head);
        stream.write_all(&sent).await?;
        stream.flush().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_deliveries_are_answered_among_512_busy_connections_of_http_2() {
    good_deliveries_are_answered_among(Version::Http2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn good_deliveries_are_answered_among_512_busy_connections_of_http_1() {
    good_deliveries_are_answered_among(Version::Http1).await;
}

/// A header that was sent once is a byte from then on, and 129 in memory: more than the budget of them.
#[tokio::test(flavor = "multi_thread")]
async fn slow_deliveries_are_answered_while_compressed_heads_fill_the_budget() {
    let _alone = CROWD.lock().await;
    let receiver = Receiver::start();
    let mut bomb = request(PATH, &mlflow("another"));
    for _ in 0..470 {
        bomb.headers_mut().append("a", HeaderValue::from_static(""));
    }
    let (head, _) = bomb.into_parts();
    // 200 connections of 8 streams of 61 kB: 98 MB. Who is refused comes again.
    let mut flood = JoinSet::new();
    let sent = Arc::new(AtomicUsize::new(0));
    for _ in 0..200 {
        let client = held_open(&receiver).await;
        for _ in 0..8 {
            let (mut client, head, sent) = (client.clone(), head.clone(), Arc::clone(&sent));
            flood.spawn(async move {
                while client.ready().await.is_ok() {
                    let (_never, body) = Channel::<Bytes, Infallible>::new(1);
                    sent.fetch_add(1, Ordering::Relaxed);
                    let _ = client.send_request(Request::from_parts(head.clone(), body)).await;
                }
            });
        }
    }
    let before = Instant::now();
    let mut slow = JoinSet::new();
    for _ in 0..4 {
        let mut client = held_open(&receiver).await;
        let (head, body) = request(PATH, &mlflow("acme-mlflow")).into_parts();
        slow.spawn(async move {
            let whole = body.collect().await.unwrap().to_bytes();
            let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
            let sending = async {
                sender.send_data(whole.slice(..1)).await.unwrap();
                sleep(Duration::from_secs(4)).await;
                let _ = sender.send_data(whole.slice(1..)).await;
                drop(sender);
            };
            let answer = client.send_request(Request::from_parts(head, body));
            let (answer, ()) = tokio::join!(answer, sending);
            answer.map(|answer| answer.status().as_u16()).unwrap_or(0)
        });
    }
    let answers = timeout(PATIENCE, slow.join_all()).await.unwrap();
    println!("{} heads by {:?}", sent.load(Ordering::Relaxed), before.elapsed());
    assert_eq!(answers, [204; 4]);
}

/// A client whose bodies come when they like.
async fn held_open(receiver: &Receiver) -> http2::SendRequest<Channel<Bytes>> {
    let stream = connect_tls(receiver, Some(Version::Http2)).await.unwrap();
    let builder = http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// RFC 9112, section 3.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_doubled_host_is_a_400_without_a_body() {
    let receiver = Receiver::start();
    for (hosts, status) in
        [("", 400), ("host: x\r\nhost: x\r\n", 400), ("host: a b\r\n", 400), ("host: x\r\n", 200)]
    {
        let mut stream = connect_tls(&receiver, None).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = String::new();
        let _ = timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer");
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
        assert!(status == 200 || answer.ends_with("\r\n\r\n"), "{answer}");
    }
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
