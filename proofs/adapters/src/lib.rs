//! A client that writes raw bytes, deliveries for it, and a log that can be read: for the suite of both adapters, which is in `tests`, and
//! for the adapters' own tests.

#![expect(clippy::missing_panics_doc, reason = "whatever goes wrong fails a test")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod log;

use core::{net::SocketAddr, time::Duration};
use std::time::{Instant, UNIX_EPOCH};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use verify_adapter::Clock;
use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

pub use log::Log;

/// The secret of all deliveries that do not say otherwise.
pub const SECRET: &str = "not a real secret";
/// When they were signed.
pub const NOW: u64 = 1_795_290_782;
/// Their id.
pub const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";

/// Makes a verifier with [`SECRET`].
#[must_use]
pub fn verifier(sender: Sender) -> Verifier {
    verifier_with(sender, SECRET)
}

/// Makes a verifier with another secret.
#[must_use]
pub fn verifier_with(sender: Sender, secret: &str) -> Verifier {
    Verifier::builder(sender).secret(Secret::new(secret).unwrap()).build().unwrap()
}

/// Makes a clock that stands still.
#[must_use]
pub fn clock_at(seconds: u64) -> Clock {
    Clock::new(move || UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Makes a clock that stands at [`NOW`].
#[must_use]
pub fn clock() -> Clock {
    clock_at(NOW)
}

/// Returns the headers that make `body` verify at [`NOW`].
#[must_use]
pub fn signed(sender: Sender, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(sender, Secret::new(secret).unwrap()).unwrap();
    let headers = signer.sign(UnixTime::from_secs(NOW), ID, body).unwrap();
    headers.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// The same, and the `Content-Length`.
#[must_use]
pub fn signed_with_length(
    sender: Sender,
    secret: &str,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let mut headers = signed(sender, secret, body);
    headers.push(("content-length", body.len().to_string()));
    headers
}

/// Writes the head of an HTTP/1.1 request.
#[must_use]
pub fn head(path: &str, headers: &[(&str, String)]) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {path} HTTP/1.1\r\nHost: receiver\r\n{headers}\r\n")
}

/// Writes the head of a delivery of `body`, with its `Content-Length`.
#[must_use]
pub fn signed_head(sender: Sender, secret: &str, body: &[u8]) -> String {
    head("/", &signed_with_length(sender, secret, body))
}

/// A connection on which every byte is ours.
#[derive(Debug)]
pub struct Raw {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
}

impl Raw {
    /// Connects to a server.
    pub async fn connect(address: SocketAddr) -> Self {
        let (read, write) = TcpStream::connect(address).await.unwrap().into_split();
        Self { read, write }
    }

    /// Sends these bytes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.write.write_all(bytes.as_ref()).await.unwrap();
        self
    }

    /// Sends what the server may not want any more: it may have answered, and closed the connection.
    pub async fn offer(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.write.write_all(bytes.as_ref()).await;
        self
    }

    /// Says that nothing more will be sent.
    pub async fn end(&mut self) -> &mut Self {
        self.write.shutdown().await.unwrap();
        self
    }

    /// Reads the head of a response, and as much of a body as `Content-Length` announces.
    pub async fn read(&mut self) -> (String, Vec<u8>) {
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

    /// Reads a response whose body is text.
    pub async fn response(&mut self) -> String {
        let (head, body) = self.read().await;
        head + core::str::from_utf8(&body).unwrap()
    }

    /// Reads a response for its status.
    pub async fn status(&mut self) -> u16 {
        let (head, _) = self.read().await;
        head.split(' ').nth(1).expect("a status line").parse().unwrap()
    }

    /// Reads what comes until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.read.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }

    /// Sends `bytes` every now and then until the server closes the connection, and returns what
    /// came meanwhile.
    pub async fn response_to_a_drip(mut self, bytes: &'static [u8]) -> String {
        let mut write = self.write;
        let drip = tokio::spawn(async move {
            while write.write_all(bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut head = Vec::new();
        let _ = self.read.read_to_end(&mut head).await;
        drip.abort();
        String::from_utf8(head).unwrap()
    }
}

/// Sends a request on a connection of its own, and returns the response.
pub async fn ask(address: SocketAddr, head: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> String {
    Raw::connect(address).await.send(head).await.send(body).await.response().await
}

/// Returns a response without what the clock makes different.
#[must_use]
pub fn without_date(response: &str) -> String {
    response.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

/// Waits until `done` says so. For what another task does soon, not for how long it takes.
pub async fn eventually(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
