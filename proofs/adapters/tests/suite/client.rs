//! A sender: one connection, one delivery after the other.

use core::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use verify_toolkit::WireRequest;

pub(crate) struct Client {
    address: String,
    stream: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None }
    }

    /// Sends a delivery and returns the status. On a new connection, if the last one was closed.
    pub(crate) async fn post(&mut self, request: &WireRequest) -> u16 {
        let text = request.to_http(&self.address);
        self.send(&text).await
    }

    /// Sends what is to stand on the wire.
    pub(crate) async fn send(&mut self, text: &[u8]) -> u16 {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => TcpStream::connect(&self.address).await.unwrap(),
        };
        // An error is a receiver that has read enough.
        let _ = stream.write_all(text).await;
        let (status, is_kept) = read_head(&mut stream).await;
        self.stream = is_kept.then_some(stream);
        status
    }
}

/// Reads a response without a body: its status, and whether the connection can be used again.
async fn read_head(stream: &mut TcpStream) -> (u16, bool) {
    let mut head = Vec::new();
    let reading = async {
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).await.expect("a response");
            head.push(byte[0]);
        }
    };
    timeout(Duration::from_secs(60), reading).await.expect("an answer");
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    // A refusal ends the connection with one adapter and not with the other.
    (status, status == 204 && !head.contains("connection: close"))
}
