//! A client that speaks the version of HTTP that it is told to.

use std::{sync::Arc, time::SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header::HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use verify_toolkit::{Delivery, UnixTime, WireRequest};

use crate::receiver::{PATIENCE, Receiver};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

impl Version {
    pub(crate) const ALL: [Self; 2] = [Self::Http1, Self::Http2];
}

/// A connection.
pub(crate) enum Client {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// What came back, without the date.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    pub(crate) async fn connect(receiver: &Receiver, version: Version) -> Self {
        let stream = connect_tls(receiver, Some(version)).await.unwrap();
        let stream = TokioIo::new(stream);
        match version {
            Version::Http1 => {
                let (sender, connection) = http1::handshake(stream).await.unwrap();
                tokio::spawn(connection);
                Self::Http1(sender)
            }
            Version::Http2 => {
                let builder = http2::Builder::new(TokioExecutor::new());
                let (sender, connection) = builder.handshake(stream).await.unwrap();
                tokio::spawn(connection);
                Self::Http2(sender)
            }
        }
    }

    pub(crate) async fn send(
        &mut self,
        mut request: Request<Full<Bytes>>,
    ) -> hyper::Result<Answer> {
        let sent = async {
            match self {
                Self::Http1(sender) => {
                    request.headers_mut().insert(HOST, HeaderValue::from_static("127.0.0.1"));
                    sender.ready().await?;
                    sender.send_request(request).await
                }
                Self::Http2(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await
                }
            }
        };
        Answer::of(timeout(PATIENCE, sent).await.unwrap()?).await
    }

    pub(crate) async fn deliver(&mut self, path: &str, delivery: &WireRequest) -> Answer {
        self.send(request(path, delivery)).await.unwrap()
    }
}

impl Answer {
    async fn of(response: Response<Incoming>) -> hyper::Result<Self> {
        let (mut head, body) = response.into_parts();
        head.headers.remove("date");
        let body = body.collect().await?.to_bytes();
        Ok(Self { status: head.status.as_u16(), headers: head.headers, body })
    }
}

/// One delivery over a connection of its own.
pub(crate) async fn deliver(
    receiver: &Receiver,
    version: Version,
    path: &str,
    delivery: &WireRequest,
) -> Answer {
    Client::connect(receiver, version).await.deliver(path, delivery).await
}

/// Trusts the certificate that lies beside the receiver now.
pub(crate) async fn connect_tls(
    receiver: &Receiver,
    version: Option<Version>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&receiver.files.certificate()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = match version {
        Some(Version::Http1) => vec![b"http/1.1".to_vec()],
        Some(Version::Http2) => vec![b"h2".to_vec()],
        None => Vec::new(),
    };
    let socket = TcpStream::connect(&receiver.address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

pub(crate) fn request(path: &str, delivery: &WireRequest) -> Request<Full<Bytes>> {
    let mut request = Request::post(format!("https://127.0.0.1{path}"));
    for (name, value) in &delivery.headers {
        request = request.header(name.as_str(), value.as_slice());
    }
    request.body(Bytes::from(delivery.body.clone()).into()).unwrap()
}

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("https://127.0.0.1{path}")).body(Full::default()).unwrap()
}

/// A delivery of MLflow, signed now.
pub(crate) fn mlflow(secret: &str) -> WireRequest {
    Delivery::mlflow("{}").sign(secret, now()).unwrap()
}

pub(crate) fn now() -> UnixTime {
    UnixTime::try_from(SystemTime::now()).unwrap()
}
