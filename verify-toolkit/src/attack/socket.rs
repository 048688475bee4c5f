use core::{fmt, time::Duration};
use std::io;

use http::Uri;
use httparse::Status;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    select,
    sync::oneshot,
    time::timeout,
};

use super::{Answer, Attempt, Framing, Outcome, Report, Step, Target};
use crate::request::unchunked;

/// The most that is read of an answer.
const MOST: usize = 64 * 1024;
/// How long a body is held back that waits to be asked for.
const CONTINUE: Duration = Duration::from_secs(1);

impl Target {
    /// Runs every case over a socket against the receiver behind `http://host:port/path`. The path
    /// takes the place of the target's.
    ///
    /// # Errors
    ///
    /// The URL is not one of this form, or nobody listens there.
    pub async fn attack_url(&self, url: &str) -> Result<Report, UrlError> {
        let url: Uri = url.parse().map_err(|_| UrlError::Malformed)?;
        if url.scheme_str() != Some("http") {
            return Err(UrlError::NotHttp);
        }
        let host = url.host().ok_or(UrlError::Malformed)?;
        let address = format!("{host}:{}", url.port_u16().unwrap_or(80));
        TcpStream::connect(&address).await.map_err(UrlError::Unreachable)?;
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let target = self.clone().with_path(path);
        let report = target.attack_with(|attempt| {
            let (address, patience) = (address.clone(), target.patience);
            async move {
                match timeout(patience, answer(&address, &attempt)).await {
                    Ok(Ok(Some(answer))) => Outcome::Answered(answer),
                    Ok(Ok(None) | Err(_)) => Outcome::Closed,
                    Err(_) => Outcome::Silent,
                }
            }
        });
        Ok(report.await)
    }
}

/// Sends a request, and returns as soon as there is an answer, whether or not all was sent.
async fn answer(address: &str, attempt: &Attempt) -> io::Result<Option<Answer>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut read, mut write) = stream.split();
    let (asked, is_asked_for) = oneshot::channel();
    let mut reading = core::pin::pin!(read_answer(&mut read, asked));
    select! {
        answer = &mut reading => answer,
        // An error is a receiver that has read enough.
        _ = send(&mut write, address, attempt, is_asked_for) => reading.await,
    }
}

async fn send(
    write: &mut WriteHalf<'_>,
    host: &str,
    attempt: &Attempt,
    is_asked_for: oneshot::Receiver<()>,
) -> io::Result<()> {
    let mut buffer = head(host, attempt);
    if attempt.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("expect")) {
        write.write_all(&buffer).await?;
        buffer.clear();
        // A server may also leave the client to its own patience.
        let _ = timeout(CONTINUE, is_asked_for).await;
    }
    let is_chunked = attempt.framing == Framing::Chunked;
    for step in &attempt.body {
        match step {
            Step::BreakOff => {
                write.write_all(&buffer).await?;
                return write.shutdown().await;
            }
            Step::Data(data) if is_chunked => {
                buffer.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
                buffer.extend_from_slice(data);
                buffer.extend_from_slice(b"\r\n");
            }
            Step::Data(data) => buffer.extend_from_slice(data),
            Step::Stall => return write.write_all(&buffer).await,
            Step::Trailers(trailers) => {
                buffer.extend_from_slice(b"0\r\n");
                trailers.iter().for_each(|trailer| put(&mut buffer, trailer));
                buffer.extend_from_slice(b"\r\n");
                return write.write_all(&buffer).await;
            }
        }
        // Together with the head, if it is small: a server that refuses the head and closes has
        // then read all there is, and its answer is not lost in a reset.
        if buffer.len() > MOST {
            write.write_all(&buffer).await?;
            buffer.clear();
        }
    }
    if is_chunked {
        buffer.extend_from_slice(b"0\r\n\r\n");
    }
    write.write_all(&buffer).await
}

fn head(host: &str, attempt: &Attempt) -> Vec<u8> {
    let Attempt { method, path, .. } = attempt;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
    attempt.headers.iter().for_each(|header| put(&mut head, header));
    let framing = match attempt.framing {
        Framing::Chunked => "transfer-encoding: chunked\r\n\r\n".to_owned(),
        Framing::Length(length) => format!("content-length: {length}\r\n\r\n"),
        Framing::Raw => "\r\n".to_owned(),
    };
    head.extend_from_slice(framing.as_bytes());
    head
}

fn put(buffer: &mut Vec<u8>, (name, value): &(String, Vec<u8>)) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        buffer.extend_from_slice(part);
    }
}

/// Reads until there is an answer, or no more to read.
async fn read_answer(
    read: &mut ReadHalf<'_>,
    asked: oneshot::Sender<()>,
) -> io::Result<Option<Answer>> {
    let mut asked = Some(asked);
    let mut received = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut head = httparse::Response::new(&mut headers);
        match head.parse(&received) {
            Err(_) => return Ok(None),
            Ok(Status::Partial) if received.len() > MOST => return Ok(None),
            Ok(Status::Partial) => {
                if more(read, &mut received).await? == 0 {
                    return Ok(None);
                }
            }
            Ok(Status::Complete(length)) => {
                let status = head.code.unwrap_or_default();
                let headers: Vec<_> = headers_of(&head)
                    .map(|(name, value)| (name.to_owned(), value.to_vec()))
                    .collect();
                received.drain(..length);
                if status >= 200 {
                    let body = read_body(read, received, status, &headers).await?;
                    return Ok(Some(Answer::new(status, headers, body)));
                }
                // 100: the body is asked for. Who no longer waits has sent it already.
                asked.take().map(|asked| asked.send(()));
            }
        }
    }
}

fn headers_of<'h>(
    head: &'h httparse::Response<'_, 'h>,
) -> impl Iterator<Item = (&'h str, &'h [u8])> {
    head.headers.iter().map(|header| (header.name, header.value))
}

async fn read_body(
    read: &mut ReadHalf<'_>,
    mut received: Vec<u8>,
    status: u16,
    headers: &[(String, Vec<u8>)],
) -> io::Result<Vec<u8>> {
    if matches!(status, 204 | 304) {
        return Ok(Vec::new());
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|(_, value)| core::str::from_utf8(value).ok()?.parse().ok());
    let is_chunked = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    loop {
        // However it is cut, it is the same answer.
        if let Some(body) = is_chunked.then(|| unchunked(&received).ok()).flatten() {
            return Ok(body);
        }
        let is_whole = length.is_some_and(|length| received.len() >= length);
        // A body that ends in a reset is as long as it is.
        if is_whole || received.len() >= MOST || !matches!(more(read, &mut received).await, Ok(1..))
        {
            received.truncate(length.unwrap_or(MOST).min(MOST));
            return Ok(received);
        }
    }
}

async fn more(read: &mut ReadHalf<'_>, received: &mut Vec<u8>) -> io::Result<usize> {
    received.reserve(4096);
    read.read_buf(received).await
}

/// Why a URL cannot be attacked.
#[derive(Debug)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL with a host.
    Malformed,
    /// It begins with something else than `http://`.
    NotHttp,
    /// Nobody listens there.
    Unreachable(io::Error),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not a URL such as `http://127.0.0.1:8080/path`"),
            Self::NotHttp => f.write_str("not an `http` URL"),
            Self::Unreachable(_) => f.write_str("nobody listens there"),
        }
    }
}

impl core::error::Error for UrlError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            _ => None,
        }
    }
}
