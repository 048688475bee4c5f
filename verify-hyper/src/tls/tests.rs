//! What takes minutes, on a clock that runs by itself.

use http_body_util::Full;
use hyper::{body::Bytes, client::conn};
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{PrivatePkcs8KeyDer, ServerName},
    },
};

use super::*;
use crate::{Crowd, Guest};

/// How long a connection may last, and how long one may take that makes room for others, or that is to stop.
const CONNECTION_AGE: Duration = Duration::from_secs(300);
const GOODBYE_DEADLINE: Duration = Duration::from_secs(1);
const STOP_DEADLINE: Duration = Duration::from_secs(25);

/// A connection, and the client's configuration for it.
struct Conversation {
    client: DuplexStream,
    config: ClientConfig,
    server: JoinHandle<()>,
    stop: watch::Sender<bool>,
    crowd: Crowd,
}

async fn begin(protocol: &[u8]) -> Conversation {
    begin_with(protocol, Duration::ZERO).await
}

/// One whose requests take so long.
async fn begin_with(protocol: &[u8], time: Duration) -> Conversation {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let provider = Arc::new(ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    tls.alpn_protocols = vec![protocol.to_vec()];
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];

    let (client, socket) = duplex(64 * 1024);
    let (stop, stopping) = watch::channel(false);
    // As if each were a verified delivery.
    let answer = move |request: Request<Incoming>| async move {
        let _held = request.extensions().get::<Guest>().cloned().map(Guest::hold);
        sleep(time).await;
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ok")))
    };
    let crowd = Crowd::new(1);
    let place = crowd.enter().await;
    let app = tower::service_fn(answer);
    let tls = Some(Arc::new(tls));
    let server = tokio::spawn(converse(Server::new(), socket, tls, app, place, stopping));
    Conversation { client, config, server, stop, crowd }
}

/// What a client of HTTP/2 begins with: the preface, and settings without any.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The client's side after the handshake.
async fn shaken(client: DuplexStream, config: ClientConfig) -> TlsStream<DuplexStream> {
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, client).await.unwrap()
}

async fn lasts(server: JoinHandle<()>) -> Duration {
    let start = Instant::now();
    timeout(CONNECTION_AGE * 2, server).await.expect("an end").unwrap();
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_a_deadline() {
    let Conversation { client: _client, server, stop: _stop, .. } = begin(HTTP_2).await;
    assert_eq!(lasts(server).await.as_secs(), HANDSHAKE_DEADLINE.as_secs());
}

/// HTTP/2 has no deadline for heads, and its client answers each ping.
#[tokio::test(start_paused = true)]
async fn a_connection_of_http_2_that_is_merely_open_has_an_end() {
    let Conversation { client, config, server, stop: _stop, .. } = begin(HTTP_2).await;
    let stream = TokioIo::new(shaken(client, config).await);
    let (_sender, connection) =
        conn::http2::handshake::<_, _, Full<Bytes>>(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let lasted = lasts(server).await;
    assert!((CONNECTION_AGE..=CONNECTION_AGE + STOP_DEADLINE).contains(&lasted), "{lasted:?}");
}

/// A client that is gone without a word, as behind a cable that was pulled.
#[tokio::test(start_paused = true)]
async fn a_client_of_http_2_that_answers_no_ping_is_given_up_on() {
    let Conversation { client, config, server, stop: _stop, .. } = begin(HTTP_2).await;
    let mut stream = shaken(client, config).await;
    stream.write_all(HELLO).await.unwrap();
    stream.flush().await.unwrap();
    let lasted = lasts(server).await;
    assert!((PING..=PING * 3).contains(&lasted), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_makes_room_for_others() {
    for protocol in [HTTP_2, b"http/1.1"] {
        let Conversation { client, config, server, stop: _stop, crowd } = begin(protocol).await;
        let _stream = shaken(client, config).await;
        let _newcomer = tokio::spawn(async move { crowd.enter().await });
        assert!(lasts(server).await <= GOODBYE_DEADLINE);
    }
}

/// Its client had not heard yet that it is to make room.
#[tokio::test(start_paused = true)]
async fn a_request_that_crosses_the_goodbye_is_answered() {
    let time = GOODBYE_DEADLINE * 3;
    let Conversation { client, config, server, stop: _stop, crowd } =
        begin_with(HTTP_2, time).await;
    let mut stream = shaken(client, config).await;
    stream.write_all(HELLO).await.unwrap();
    stream.flush().await.unwrap();
    // Time passes once nobody has anything to do: the server has read it, and then has said goodbye.
    sleep(GOODBYE_DEADLINE / 2).await;
    let _newcomer = tokio::spawn(async move { crowd.enter().await });
    sleep(GOODBYE_DEADLINE / 2).await;
    // Headers, at once the end of stream 1: POST, https, / and an authority.
    let request = b"\0\0\x06\x01\x05\0\0\0\x01\x83\x87\x84\x41\x01x";
    stream.write_all(request).await.unwrap();
    stream.flush().await.unwrap();
    let lasted = lasts(server).await;
    assert!(lasted >= time, "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_makes_room_for_others() {
    let Conversation { client: _client, server, stop: _stop, crowd, .. } = begin(HTTP_2).await;
    let _newcomer = tokio::spawn(async move { crowd.enter().await });
    assert_eq!(lasts(server).await, Duration::ZERO);
}

/// What is idle when everything is to stop holds nothing up.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_of_http_1_ends_when_it_is_to_stop() {
    let Conversation { client, config, server, stop, .. } = begin(b"http/1.1").await;
    let _stream = shaken(client, config).await;
    stop.send_replace(true);
    assert!(lasts(server).await < Duration::from_secs(10));
}
