//! How it ends.

use core::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};
use tokio_rustls::client::TlsStream;

use crate::{
    client::{Client, Version, connect_tls, mlflow, request},
    receiver::Receiver,
};

/// Once it refuses connections, it is stopping.
async fn is_stopping(receiver: &Receiver) {
    while TcpStream::connect(&receiver.address).await.is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
}

/// Sends the head of a delivery whose body has two bytes, and waits until they are asked for.
async fn begin(receiver: &Receiver) -> TlsStream<TcpStream> {
    let delivery = mlflow("acme-mlflow");
    let headers: String = delivery
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", core::str::from_utf8(value).unwrap()))
        .collect();
    let mut stream = connect_tls(receiver, Some(Version::Http1)).await.unwrap();
    let head = format!(
        "POST /webhooks/acme/mlflow HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\
         expect: 100-continue\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut interim).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_flight_is_finished() {
    for signal in ["TERM", "INT"] {
        let mut receiver = Receiver::start();
        let mut stream = begin(&receiver).await;
        // Idle ones do not hold it up.
        let mut idle = Client::connect(&receiver, Version::Http2).await;

        receiver.signal(signal);
        is_stopping(&receiver).await;
        stream.write_all(b"{}").await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 204");
        assert!(receiver.process.wait().unwrap().success());
        let late = request("/webhooks/acme/mlflow", &mlflow("acme-mlflow"));
        assert!(idle.send(late).await.is_err());
        assert_eq!(receiver.line()["tenant"], "acme");
    }
}

#[test]
fn a_signal_is_heeded_as_soon_as_it_says_that_it_listens() {
    for _ in 0..50 {
        let mut receiver = Receiver::start();
        receiver.signal("TERM");
        assert!(receiver.process.wait().unwrap().success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_wait_for_anyone() {
    let mut receiver = Receiver::start();
    // In the middle of a handshake.
    let _idle = TcpStream::connect(&receiver.address).await.unwrap();
    let mut stream = begin(&receiver).await;
    receiver.signal("TERM");
    is_stopping(&receiver).await;
    assert!(receiver.process.try_wait().unwrap().is_none(), "it waits for the first client");
    receiver.signal("TERM");
    assert!(receiver.process.wait().unwrap().success());
    // Nobody waited for it to time out.
    let ended = stream.read(&mut [0; 1]).await;
    assert!(!matches!(ended, Ok(1..)), "the first client was answered");
}
