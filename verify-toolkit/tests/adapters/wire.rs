//! How deliveries come over the wire.

use core::time::Duration;

use tokio::{io::AsyncWriteExt, net::TcpStream};
use verify_toolkit::{Sender, WireRequest};

use crate::{
    SECRET,
    client::Client,
    server::{Adapter, Server},
    signed, verifier,
};

/// The request with its body in chunks of this size.
fn chunked(request: &WireRequest, size: usize) -> Vec<u8> {
    let bare = WireRequest { body: Vec::new(), ..request.clone() };
    let head = String::from_utf8(bare.to_http("receiver")).unwrap();
    let mut text =
        head.replace("Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n").into_bytes();
    for chunk in request.body.chunks(size) {
        text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        text.extend_from_slice(chunk);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"0\r\n\r\n");
    text
}

#[tokio::test]
async fn the_size_of_chunks_makes_no_difference() {
    let body: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
    for adapter in Adapter::ALL {
        let server = Server::start(adapter, verifier(Sender::MLFLOW, &[SECRET])).await;
        let mut client = Client::new(&server.address);
        let mut accepted = 0;
        for size in [1, 2, 3, 63, 64, 65, 4095, 4096, 4097, 65_536, usize::MAX] {
            let genuine = signed(Sender::MLFLOW, SECRET, body.as_slice());
            assert_eq!(client.send(&chunked(&genuine, size)).await, 204, "{adapter:?}, {size}");
            accepted += 1;
            assert_eq!(server.handled(), accepted);

            let mut forged = genuine;
            forged.body[70_000] ^= 1;
            let status = Client::new(&server.address).send(&chunked(&forged, size)).await;
            assert_eq!(status, 401, "{adapter:?}, {size}");
            assert_eq!(server.handled(), accepted);
        }
    }
}

#[tokio::test]
async fn a_sender_that_goes_away_half_way_leaves_nothing_behind() {
    for adapter in Adapter::ALL {
        let server = Server::start(adapter, verifier(Sender::MLFLOW, &[SECRET])).await;
        let request = signed(Sender::MLFLOW, SECRET, vec![b'x'; 300_000]);
        let text = request.to_http(&server.address);
        let mut started = Vec::new();
        for _ in 0..100 {
            let mut stream = TcpStream::connect(&server.address).await.unwrap();
            stream.write_all(&text[..text.len() - 1]).await.unwrap();
            started.push(stream);
        }
        eventually(|| server.budget.used() >= 100 * 300_000).await;
        drop(started);
        eventually(|| server.budget.used() == 0).await;
        assert_eq!(server.handled(), 0);
        assert_eq!(Client::new(&server.address).post(&request).await, 204, "{adapter:?}");
    }
}

/// Waits for what is to happen, however long it takes.
async fn eventually(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("it to happen");
}
