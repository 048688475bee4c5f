//! A small server that says what a test tells it to, and remembers what it was asked.

use core::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// What it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// With names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What it does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers.
    Answer(u16, &'static str, String),
    /// The same with another header.
    With(u16, String, String),
    /// Hangs up after it has read the request.
    HangUp,
    /// Announces so many bytes, or sends them without announcing.
    Flood { bytes: usize, announces: bool },
    /// Says nothing.
    Silence,
}

pub(crate) fn json(status: u16, body: &Value) -> Reply {
    Reply::Answer(status, "application/json", body.to_string())
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts it on the runtime of the test. It is told what was asked, and how often before.
    pub(crate) async fn start(
        reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (reply, memory) = (Arc::new(reply), Arc::clone(&asked));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (reply, memory) = (Arc::clone(&reply), Arc::clone(&memory));
                tokio::spawn(async move {
                    let mut stream = stream;
                    let Some(asked) = read(&mut stream).await else { return };
                    let before = {
                        let mut memory = memory.lock().unwrap();
                        memory.push(asked.clone());
                        memory.len() - 1
                    };
                    answer(&mut stream, reply(&asked, before)).await;
                });
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<Asked> {
    let mut received = Vec::new();
    let end = loop {
        if let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(received[..end].to_vec()).ok()?;
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, path) = (first.next()?, first.next()?);
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    while received.len() < end + length {
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&received[end..]).into_owned();
    Some(Asked { method, path, headers, body })
}

async fn answer(stream: &mut (impl tokio::io::AsyncWrite + Unpin), reply: Reply) {
    let head = |status: u16, more: &str, length: usize| {
        format!("HTTP/1.1 {status} x\r\n{more}\r\ncontent-length: {length}\r\n\r\n")
    };
    let bytes = match reply {
        Reply::Answer(status, kind, body) => {
            head(status, &format!("content-type: {kind}"), body.len()) + &body
        }
        Reply::With(status, header, body) => head(status, &header, body.len()) + &body,
        Reply::HangUp => return,
        Reply::Flood { bytes, announces } => {
            let announced = if announces { bytes } else { 0 };
            let head = match announces {
                true => head(200, "content-type: application/json", announced),
                false => "HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
            };
            let _ = stream.write_all(head.as_bytes()).await;
            let block = [b' '; 65536];
            for _ in 0..bytes.div_ceil(block.len()) {
                let chunk = if announces { &b""[..] } else { b"10000\r\n" };
                let after = if announces { &b""[..] } else { b"\r\n" };
                for part in [chunk, &block[..], after] {
                    // Who has enough hangs up.
                    if stream.write_all(part).await.is_err() {
                        return;
                    }
                }
            }
            return;
        }
        Reply::Silence => return core::future::pending().await,
    };
    let _ = stream.write_all(bytes.as_bytes()).await;
    let _ = stream.shutdown().await;
}
