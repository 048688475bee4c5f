//! A server on a socket of its own, deliveries for it, and a client that writes raw bytes.

use core::{convert::Infallible, net::SocketAddr, time::Duration};
use std::time::{Instant, UNIX_EPOCH};

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tower::Service;
use verify_axum::{Clock, Secret, Sender, UnixTime, Verifier};
use verify_core::Signer;

pub(crate) const SECRET: &str = "not a real secret";
pub(crate) const NOW: u64 = 1_795_290_782;
pub(crate) const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";

pub(crate) fn verifier(sender: Sender) -> Verifier {
    verifier_with(sender, SECRET)
}

pub(crate) fn verifier_with(sender: Sender, secret: &str) -> Verifier {
    Verifier::builder(sender).secret(Secret::new(secret).unwrap()).build().unwrap()
}

pub(crate) fn clock_at(seconds: u64) -> Clock {
    Clock::new(move || UNIX_EPOCH + Duration::from_secs(seconds))
}

pub(crate) fn clock() -> Clock {
    clock_at(NOW)
}

/// The headers that make `body` verify at [`NOW`].
pub(crate) fn signed(sender: Sender, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(sender, Secret::new(secret).unwrap()).unwrap();
    let headers = signer.sign(UnixTime::from_secs(NOW), ID, body).unwrap();
    headers.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// Builds a request that a verifier with [`SECRET`] accepts.
pub(crate) fn delivery(sender: Sender, body: impl Into<Vec<u8>>) -> Request<Body> {
    let body = body.into();
    let mut request = Request::post("/");
    for (name, value) in signed(sender, SECRET, &body) {
        request = request.header(name, value);
    }
    request.header("content-length", body.len()).body(body.into()).unwrap()
}

/// Writes the head of an HTTP/1.1 request.
pub(crate) fn head(path: &str, headers: &[(&str, String)]) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {path} HTTP/1.1\r\nHost: receiver\r\n{headers}\r\n")
}

/// Writes the head of a delivery of `body`, with its `Content-Length`.
pub(crate) fn signed_head(sender: Sender, secret: &str, body: &[u8]) -> String {
    let mut headers = signed(sender, secret, body);
    headers.push(("content-length", body.len().to_string()));
    head("/", &headers)
}

/// Serves HTTP/1.1 and HTTP/2 with bare hyper until the test ends.
pub(crate) async fn serve<S, B>(service: S) -> SocketAddr
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                // An error is a client that went away, which some tests do.
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    address
}

/// A connection on which every byte is ours.
pub(crate) struct Raw {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let (read, write) = TcpStream::connect(address).await.unwrap().into_split();
        Self { read, write }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.write.write_all(bytes.as_ref()).await.unwrap();
        self
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn end(&mut self) -> &mut Self {
        self.write.shutdown().await.unwrap();
        self
    }

    /// Reads the head of a response, and as much of a body as `Content-Length` announces.
    pub(crate) async fn read(&mut self) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && self.read.read(&mut byte).await.unwrap_or(0) > 0 {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.read.read_exact(&mut body).await.unwrap();
        (head, body)
    }

    pub(crate) async fn response(&mut self) -> String {
        let (head, body) = self.read().await;
        head + core::str::from_utf8(&body).unwrap()
    }

    pub(crate) async fn status(&mut self) -> u16 {
        let (head, _) = self.read().await;
        head.split(' ').nth(1).expect("a status line").parse().unwrap()
    }

    /// Sends a byte every now and then until the response comes.
    pub(crate) async fn response_to_a_drip(mut self) -> String {
        let mut write = self.write;
        let drip = tokio::spawn(async move {
            while write.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut head = String::new();
        let _ = self.read.read_to_string(&mut head).await;
        drip.abort();
        head
    }
}

/// A response without what the clock makes different.
pub(crate) fn without_date(response: &str) -> String {
    response.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

/// Waits until `done` says so. For what another task does soon, not for how long it takes.
pub(crate) async fn eventually(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
