//! One request and its answer, as bytes on a connection.

use core::time::Duration;
use std::io;

use httparse::Status;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    select,
    sync::oneshot,
    time::timeout,
};

use crate::{
    attack::{Answer, Attempt, Framing, Outcome, Step},
    request::join_chunks,
};

/// The most that is read of an answer.
pub(crate) const MOST: usize = 64 * 1024;
/// How long a body is held back that waits to be asked for.
const CONTINUE: Duration = Duration::from_secs(1);

/// Sends a request, and returns as soon as there is an answer, whether or not all was sent.
pub(super) async fn exchange(
    stream: impl AsyncRead + AsyncWrite,
    host: &str,
    attempt: &Attempt,
) -> io::Result<Option<Answer>> {
    let (mut read, mut write) = split(stream);
    let (asked, is_asked_for) = oneshot::channel();
    let mut reading = core::pin::pin!(read_answer(&mut read, asked));
    select! {
        answer = &mut reading => answer,
        // An error is a receiver that has read enough.
        _ = send(&mut write, host, attempt, is_asked_for) => reading.await,
    }
}

/// Sends these bytes, and returns the answer.
pub(crate) async fn exchange_bytes(
    stream: impl AsyncRead + AsyncWrite,
    bytes: &[u8],
) -> io::Result<Option<Answer>> {
    let (mut read, mut writer) = split(stream);
    // An error is a receiver that has read enough.
    let _ = write(&mut writer, bytes).await;
    read_answer(&mut read, oneshot::channel().0).await
}

/// The first of the answers in what was received, whether it says that it is the last, and its length
/// without the body.
pub(crate) fn first_answer(received: &[u8]) -> (Outcome, bool, usize) {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Response::new(&mut headers);
    match head.parse(received) {
        Ok(Status::Complete(length)) => {
            let headers: Vec<_> =
                headers_of(&head).map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
            let answer = Answer::new(head.code.unwrap_or_default(), headers, Vec::new());
            let closes = |(name, value): &(String, Vec<u8>)| {
                name == "connection" && value.eq_ignore_ascii_case(b"close")
            };
            let is_last = answer.headers.iter().any(closes);
            (Outcome::Answered(answer), is_last, length)
        }
        _ if received.is_empty() => (Outcome::Silent, false, 0),
        _ => (Outcome::Closed, false, 0),
    }
}

async fn send(
    to: &mut (impl AsyncWrite + Unpin),
    host: &str,
    attempt: &Attempt,
    is_asked_for: oneshot::Receiver<()>,
) -> io::Result<()> {
    let mut buffer = head(host, attempt);
    if attempt.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("expect")) {
        write(to, &buffer).await?;
        buffer.clear();
        // A server may also leave the client to its own patience.
        let _ = timeout(CONTINUE, is_asked_for).await;
    }
    let is_chunked = attempt.framing == Framing::Chunked;
    for step in &attempt.body {
        match step {
            Step::BreakOff => {
                write(to, &buffer).await?;
                return to.shutdown().await;
            }
            Step::Data(data) if is_chunked => {
                buffer.extend_from_slice(format!("{:x}\r\n", data.len()).as_bytes());
                buffer.extend_from_slice(data);
                buffer.extend_from_slice(b"\r\n");
            }
            Step::Data(data) => buffer.extend_from_slice(data),
            Step::Stall => return write(to, &buffer).await,
            Step::Trailers(trailers) => {
                buffer.extend_from_slice(b"0\r\n");
                trailers.iter().for_each(|trailer| put(&mut buffer, trailer));
                buffer.extend_from_slice(b"\r\n");
                return write(to, &buffer).await;
            }
        }
        // Together with the head, if it is small: a server that refuses the head and closes has
        // then read all there is, and its answer is not lost in a reset.
        if buffer.len() > MOST {
            to.write_all(&buffer).await?;
            buffer.clear();
        }
    }
    if is_chunked {
        buffer.extend_from_slice(b"0\r\n\r\n");
    }
    write(to, &buffer).await
}

/// Writes what the receiver is to have before anything else happens: TLS holds bytes back.
async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

pub(crate) fn head(host: &str, attempt: &Attempt) -> Vec<u8> {
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
    read: &mut (impl AsyncRead + Unpin),
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
    read: &mut (impl AsyncRead + Unpin),
    mut received: Vec<u8>,
    status: u16,
    headers: &[(String, Vec<u8>)],
) -> io::Result<Vec<u8>> {
    if matches!(status, 204 | 304) {
        return Ok(Vec::new());
    }
    let value_of = |wanted: &str| {
        let header = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        header.and_then(|(_, value)| core::str::from_utf8(value).ok())
    };
    let is_chunked = value_of("transfer-encoding").is_some();
    // Chunks say themselves where they end.
    let length = value_of("content-length").filter(|_| !is_chunked);
    let length = length.and_then(|length| length.parse().ok());
    loop {
        // However it is cut, it is the same answer.
        let mut joined = Vec::new();
        let is_complete = is_chunked && join_chunks(&received, &mut joined).is_some();
        let is_whole = is_complete || length.is_some_and(|length| received.len() >= length);
        // A body that ends in a reset is as long as it is.
        if is_whole || received.len() >= MOST || !matches!(more(read, &mut received).await, Ok(1..))
        {
            let mut body = if is_chunked { joined } else { received };
            body.truncate(length.unwrap_or(MOST).min(MOST));
            return Ok(body);
        }
    }
}

async fn more(read: &mut (impl AsyncRead + Unpin), received: &mut Vec<u8>) -> io::Result<usize> {
    received.reserve(4096);
    read.read_buf(received).await
}
