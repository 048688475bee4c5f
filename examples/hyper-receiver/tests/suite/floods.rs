//! Floods of frames that HTTP/2 allows, over one connection each.

use core::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::{
    client::{Version, connect_tls, deliver, mlflow},
    receiver::{PATIENCE, Receiver},
};

const PATH: &str = "/webhooks/acme/mlflow";

/// A frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

/// `GET https://x/healthz`.
fn health() -> Vec<u8> {
    b"\x82\x87\x04\x08/healthz\x41\x01x".to_vec()
}

struct Flood {
    name: &'static str,
    /// What comes first, and then the frames with these numbers again and again.
    begin: Vec<u8>,
    frames: fn(u32) -> Vec<u8>,
    /// Whether the connection has to end.
    ends: bool,
}

fn floods() -> Vec<Flood> {
    let settings = frame(SETTINGS, 0, 0, b"");
    // Nothing of a body may be sent to this client.
    let window_of_0 = frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\0");
    vec![
        Flood {
            name: "rapid reset",
            begin: settings.clone(),
            frames: |number| {
                let stream = number * 2 + 1;
                let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
                [frame(HEADERS, 5, stream, &health()), reset].concat()
            },
            ends: false,
        },
        Flood {
            name: "continuations without end",
            begin: [settings.clone(), frame(HEADERS, 1, 1, b"\x82\x87")].concat(),
            frames: |_| frame(CONTINUATION, 0, 1, b""),
            ends: true,
        },
        Flood {
            name: "pings",
            begin: settings.clone(),
            frames: |_| frame(PING, 0, 0, b"pingpong"),
            ends: false,
        },
        Flood {
            name: "settings",
            begin: settings,
            frames: |_| frame(SETTINGS, 0, 0, b""),
            ends: false,
        },
        Flood {
            name: "requests whose answer nobody takes",
            begin: window_of_0,
            frames: |number| frame(HEADERS, 5, number * 2 + 1, &health()),
            ends: false,
        },
        Flood {
            name: "window updates of nothing",
            begin: frame(SETTINGS, 0, 0, b""),
            frames: |_| frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0"),
            ends: true,
        },
    ]
}

/// Of each flood up to 40,000 frames, as fast as they are taken, and of no answer a byte read meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn floods_of_frames_take_neither_memory_nor_places() {
    let receiver = Receiver::start();
    for Flood { name, begin, frames, ends } in floods() {
        let mut stream = connect_tls(&receiver, Some(Version::Http2)).await.unwrap();
        let flood = async {
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
            stream.write_all(&begin).await?;
            for first in (0..40_000).step_by(100) {
                let sent = (first..first + 100).flat_map(frames).collect::<Vec<_>>();
                stream.write_all(&sent).await?;
            }
            stream.flush().await
        };
        // Where the receiver does not take them any more, as long as nobody reads its answers.
        let _ = timeout(Duration::from_secs(5), flood).await;
        let answer = deliver(&receiver, Version::Http2, PATH, &mlflow("acme-mlflow")).await;
        assert_eq!(answer.status, 204, "{name}");
        if ends {
            let mut rest = Vec::new();
            let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect(name);
        }
        if cfg!(target_os = "linux") {
            let peak = receiver.peak();
            println!("{name}: a peak of {peak} KiB so far");
            assert!(peak < 64 * 1024, "{name}: {peak} KiB");
        }
    }
}
