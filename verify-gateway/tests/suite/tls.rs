//! Behind a certificate of its own.

use core::time::Duration;
use std::sync::{Arc, Mutex, mpsc};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use verify_core::{Secret, Sender, Signer, UnixTime};

use crate::{
    gateway::{Gateway, Place, alias, secret},
    upstream::Upstream,
};

/// Writes a certificate, which is an authority of its own, and its key, and names them in the settings.
fn place(upstream: &Upstream) -> Place {
    let place = Place::of_all(&upstream.url("/"), "");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = place.write("certificate.pem", &made.cert.pem());
    let key = place.write("key.pem", &made.signing_key.serialize_pem());
    let tls = format!("[tls]\ncertificate_file = \"{certificate}\"\nkey_file = \"{key}\"\n");
    place.edit(|config| config + &tls);
    place
}

async fn connect(gateway: &Gateway, place: &Place, protocol: &str) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(place.path("certificate.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.into()];
    let stream = TcpStream::connect(gateway.address()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

fn request(gateway: &Gateway, version: usize) -> Request<Full<Bytes>> {
    let body = alias(version);
    let signer =
        Signer::new(Sender::MLFLOW, Secret::new(secret(&Sender::MLFLOW)).unwrap()).unwrap();
    let signed = signer.sign(UnixTime::now().unwrap(), "an-id", body.as_bytes()).unwrap();
    let uri = format!("{}/webhooks/mlflow", gateway.url);
    let request = Request::post(uri).header("host", "127.0.0.1");
    let request = signed.iter().fold(request, |request, (name, value)| request.header(name, value));
    request.body(Full::from(body)).unwrap()
}

#[tokio::test]
async fn both_versions_of_http_are_spoken() {
    let upstream = Upstream::new();
    let place = place(&upstream);
    let gateway = place.start();
    assert!(gateway.url.starts_with("https://"), "{}", gateway.url);

    let stream = TokioIo::new(connect(&gateway, &place, "http/1.1").await);
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let answer: Response<Incoming> = sender.send_request(request(&gateway, 1)).await.unwrap();
    assert_eq!(answer.status(), 204);

    let stream = TokioIo::new(connect(&gateway, &place, "h2").await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = request(&gateway, 2);
    request.headers_mut().remove("host");
    assert_eq!(sender.send_request(request).await.unwrap().status(), 204);
    assert_eq!(upstream.reached().len(), 2);
}

/// What the service has begun goes on, and the next try of the sender is told so.
#[tokio::test]
async fn a_sender_that_hangs_up_undoes_nothing() {
    let upstream = Upstream::new();
    let (go, gone) = mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    upstream.behave(move |_| (gone.lock().unwrap().recv().map_or(500, |()| 204), String::new()));
    let place = place(&upstream);
    let gateway = place.start();
    for (version, protocol) in [(1, "http/1.1"), (2, "h2")] {
        let stream = TokioIo::new(connect(&gateway, &place, protocol).await);
        let mut request = request(&gateway, version);
        match protocol {
            "h2" => {
                let opened = http2::handshake(TokioExecutor::new(), stream).await;
                let (mut sender, connection) = opened.unwrap();
                tokio::spawn(connection);
                request.headers_mut().remove("host");
                let answer = tokio::spawn(async move { sender.send_request(request).await });
                until(|| upstream.reached().len() == version).await;
                // The stream is reset, and the connection goes on.
                answer.abort();
            }
            _ => {
                let (mut sender, connection) = http1::handshake(stream).await.unwrap();
                let connection = tokio::spawn(connection);
                let answer = tokio::spawn(async move { sender.send_request(request).await });
                until(|| upstream.reached().len() == version).await;
                answer.abort();
                connection.abort();
            }
        }
        // Until the gateway knows.
        tokio::time::sleep(Duration::from_millis(300)).await;
        go.send(()).unwrap();
        let forwarded = || gateway.log().matches("outcome=\"forwarded\" status=204").count();
        until(|| forwarded() == version).await;
    }
    assert_eq!(upstream.reached().len(), 2);
}

/// Otherwise its claim would hold it back until a lease ends, and then it would be handed on again.
#[cfg(unix)]
#[tokio::test]
async fn a_stop_waits_for_what_goes_on_without_its_sender() {
    let upstream = Upstream::new();
    upstream.behave(|_| {
        std::thread::sleep(Duration::from_secs(3));
        (204, String::new())
    });
    let place = place(&upstream);
    let claims = place.path("claims.db");
    place.edit(|config| config.replace("\"memory\"", &format!("\"sqlite:{}\"", claims.display())));
    let mut gateway = place.start();
    let request = || {
        let mut request = request(&gateway, 1);
        request.headers_mut().remove("host");
        request
    };
    let again = request();
    let stream = TokioIo::new(connect(&gateway, &place, "h2").await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let (connection, delivery) = (tokio::spawn(connection), request());
    let answer = tokio::spawn(async move { sender.send_request(delivery).await });
    until(|| upstream.reached().len() == 1).await;
    answer.abort();
    connection.abort();
    tokio::time::sleep(Duration::from_millis(300)).await;
    gateway.signal("TERM");
    assert!(tokio::task::spawn_blocking(move || gateway.process.wait()).await.unwrap().is_ok());

    let gateway = place.start();
    let stream = TokioIo::new(connect(&gateway, &place, "h2").await);
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(sender.send_request(again).await.unwrap().status(), 204);
    assert_eq!(upstream.reached().len(), 1, "it was handled, and is known");
}

async fn until(condition: impl Fn() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.unwrap();
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_mistake_in_its_line() {
    let upstream = Upstream::new();
    let place = place(&upstream);
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    place.write("key.pem", &other.signing_key.serialize_pem());
    assert!(place.mistakes().contains("it is the key of another certificate"));
    place.write("certificate.pem", "x");
    assert!(place.mistakes().contains("it has no certificate or key in PEM"));
}
