//! A server in front of a sound receiver that has limits for what is held open, or lacks one of them: for
//! what a receiver is asked about its connections.

use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use crate::receiver::{PATH, Receiver};

/// What a server lacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// It takes few connections, and waits for those there are.
    Connections,
    /// Heads have no deadline.
    HeadDeadline,
    /// Each piece that comes puts a deadline off, and heads have no limit.
    Deadline,
    /// The rest of a body that nobody wants is read, however long it takes.
    Unread,
    /// `Host` is not looked at.
    Host,
    /// A connection that it says it closes stays open.
    Close,
    /// What offers another protocol has no body.
    Upgrade,
}

impl Lack {
    pub(crate) const ALL: [(Self, &str); 7] = [
        (Self::Connections, "The server takes 32 connections, and those that stall keep them."),
        (Self::HeadDeadline, "The server has no deadline for heads."),
        (Self::Deadline, "The server has no limit for heads, and a deadline for pauses only."),
        (Self::Unread, "The server reads what nobody wants, without a deadline."),
        (Self::Host, "The server does not look at `Host`."),
        (Self::Close, "The server answers on a connection that it said it closes."),
        (Self::Upgrade, "The server gives the body to the protocol that a request offers."),
    ];
}

const DEADLINE: Duration = Duration::from_secs(1);
const NEVER: Duration = Duration::from_secs(3600);

/// Serves until the test ends.
pub(crate) async fn serve(receiver: Receiver, lack: Option<Lack>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{PATH}", listener.local_addr().unwrap());
    let receiver = Arc::new(receiver);
    let is_crowded = lack == Some(Lack::Connections);
    let room = Arc::new(Semaphore::new(if is_crowded { 32 } else { 1024 }));
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (receiver, room) = (Arc::clone(&receiver), Arc::clone(&room));
            tokio::spawn(async move {
                let _place = room.acquire().await;
                let mut connection = Connection { socket, text: Vec::new(), lack };
                while connection.answer(&receiver).await.is_some() && lack == Some(Lack::Close) {}
            });
        }
    });
    url
}

struct Connection {
    socket: TcpStream,
    text: Vec<u8>,
    lack: Option<Lack>,
}

impl Connection {
    async fn answer(&mut self, receiver: &Receiver) -> Option<()> {
        let patience = match self.lack {
            Some(Lack::HeadDeadline | Lack::Deadline) => NEVER,
            _ => DEADLINE,
        };
        let end = timeout(patience, self.head()).await.ok()??;
        let head = String::from_utf8_lossy(&self.text[..end]).into_owned();
        self.text.drain(..end);
        let mut lines = head.trim_end().split("\r\n");
        let [_, path, _] = lines.next()?.split(' ').collect::<Vec<_>>()[..] else {
            return self.say(400).await;
        };
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        let values = |name: &str| {
            let named = headers.iter().filter(move |header| header.0.eq_ignore_ascii_case(name));
            named.map(|header| header.1).collect::<Vec<_>>()
        };
        if values("host").len() != 1 && self.lack != Some(Lack::Host) {
            return self.say(400).await;
        }
        if path != PATH {
            self.say(404).await?;
            if self.lack == Some(Lack::Unread) {
                while self.more().await? {}
            }
            return None;
        }
        if values(receiver.sender.signature_header()).is_empty() {
            return self.say(401).await;
        }
        let takes = values("upgrade").is_empty() || self.lack != Some(Lack::Upgrade);
        let length = values("content-length").first().and_then(|length| length.parse().ok());
        let length = length.filter(|_| takes).unwrap_or(0);
        let patience = match self.lack {
            Some(Lack::Connections | Lack::Deadline) => NEVER,
            _ => DEADLINE,
        };
        let reading = async {
            while self.text.len() < length && self.more().await? {}
            Some(())
        };
        if timeout(patience, reading).await.ok()?.is_none() {
            return self.say(503).await;
        }
        let mut request = Request::post(PATH);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let body = Bytes::from(self.text.drain(..length.min(self.text.len())).collect::<Vec<_>>());
        let status = receiver.receive(request.body(Full::new(body)).ok()?).await.status();
        self.say(status.as_u16()).await
    }

    /// Reads a head, and returns its length.
    async fn head(&mut self) -> Option<usize> {
        loop {
            if let Some(end) = self.text.windows(4).position(|window| window == b"\r\n\r\n") {
                return Some(end + 4);
            }
            if self.text.len() > 64 * 1024 && self.lack != Some(Lack::Deadline) {
                return None;
            }
            self.more().await.filter(|is_more| *is_more)?;
        }
    }

    async fn more(&mut self) -> Option<bool> {
        Some(self.socket.read_buf(&mut self.text).await.ok()? > 0)
    }

    async fn say(&mut self, status: u16) -> Option<()> {
        let answer =
            format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        self.socket.write_all(answer.as_bytes()).await.ok()
    }
}
