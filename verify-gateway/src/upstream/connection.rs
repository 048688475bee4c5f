//! One connection to a service, in HTTP/1.1: a delivery goes over it, and its answer is read. Heads of answers are parsed by
//! httparse. Nobody reads the body of an answer, so it is let by.

use core::{
    future::poll_fn,
    mem::MaybeUninit,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};
use std::io;

use bytes::{Buf, buf::Chain};
use http::{HeaderValue, StatusCode};
use httparse::{Header, ParserConfig, Response, Status};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::{Said, Trouble, connector::Stream};

/// The largest head of an answer, in bytes.
pub(super) const HEAD: usize = 16 * 1024;
/// The most headers of an answer.
const HEADERS: usize = 100;
/// Of the body of an answer: so much is let by to use the connection again.
const BODY: usize = 64 * 1024;

/// A connection.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What came, in its first bytes. Between two deliveries there is none.
    buffer: Box<[u8]>,
    came: usize,
}

/// A request on its way.
struct Sending<'r> {
    rest: Chain<&'r [u8], &'r [u8]>,
    length: usize,
    /// The service takes no more of it.
    is_broken: bool,
}

/// The head of an answer.
struct Head {
    length: usize,
    said: Said,
    /// Whether the connection stays open.
    stays: bool,
    body: Rest,
}

/// What is left of the body of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rest {
    Bytes(u64),
    /// A line with the size of a chunk comes next.
    Chunk,
    /// Of a chunk and the end of its line.
    OfChunk(u64),
    /// The line after the last chunk.
    LastLine,
    UntilClosed,
}

/// Bytes that are no HTTP.
struct Unreadable;

impl Connection {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream, buffer: vec![0; HEAD].into(), came: 0 }
    }

    /// Sends a request. Returns what is answered, and whether another request may go over this connection. `None`: nothing
    /// of it was written.
    pub(super) async fn ask(
        &mut self,
        head: &[u8],
        body: &[u8],
    ) -> Result<(Said, bool), Option<Trouble>> {
        let length = head.len().saturating_add(body.len());
        let mut sending = Sending { rest: head.chain(body), length, is_broken: false };
        let head = loop {
            match parse(self.bytes()).map_err(|Unreadable| Trouble::Unreadable)? {
                Some(head) => {
                    self.forget(head.length);
                    // What is said in between means nothing yet.
                    if !head.said.status.is_informational() {
                        break head;
                    }
                }
                None if self.came == self.buffer.len() => return Err(Some(Trouble::Unreadable)),
                None => poll_fn(|context| self.poll(context, &mut sending))
                    .await
                    .map_err(|_| sending.was_begun().then_some(Trouble::Broken))?,
            }
        };
        let was_sent = !sending.rest.has_remaining();
        Ok((head.said, was_sent && head.stays && self.skip(head.body).await))
    }

    /// Sends what can be sent, and is ready once more has come: a service may answer before it has read everything.
    fn poll(
        &mut self,
        context: &mut Context<'_>,
        sending: &mut Sending<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(error)) = sending.poll(&mut self.stream, context) {
            if !sending.was_begun() {
                return Poll::Ready(Err(error));
            }
            // What it said before it closed may still come.
            sending.is_broken = true;
        }
        self.poll_more(context)
    }

    /// Is ready once more has come.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let room = self.buffer.get_mut(self.came..).unwrap_or_default();
        let mut read = ReadBuf::new(room);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut read))?;
        match read.filled().len() {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            more => {
                self.came += more;
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Lets a body by. Returns whether it came to its end.
    async fn skip(&mut self, mut rest: Rest) -> bool {
        let mut skipped = 0;
        loop {
            let Ok(taken) = rest.take(self.bytes()) else { return false };
            self.forget(taken);
            skipped += taken;
            if rest == Rest::Bytes(0) {
                return true;
            }
            let is_too_much = skipped > BODY || self.came == self.buffer.len();
            if is_too_much || poll_fn(|context| self.poll_more(context)).await.is_err() {
                return false;
            }
        }
    }

    /// Returns whether a request may go over it: the service has not closed it, and has said nothing that it was not asked.
    pub(super) fn is_ready(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        self.came == 0 && self.poll_more(&mut context).is_pending()
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.came).unwrap_or_default()
    }

    /// Forgets the first bytes of what came.
    fn forget(&mut self, length: usize) {
        self.buffer.copy_within(length..self.came, 0);
        self.came -= length;
    }
}

impl Sending<'_> {
    /// Is ready once all is written.
    fn poll(
        &mut self,
        stream: &mut Box<dyn Stream>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_broken {
            return Poll::Ready(Ok(()));
        }
        while self.rest.has_remaining() {
            let mut slices = [io::IoSlice::new(&[]); 2];
            let count = self.rest.chunks_vectored(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            let written = ready!(Pin::new(&mut *stream).poll_write_vectored(context, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.advance(written);
        }
        Pin::new(stream).poll_flush(context)
    }

    fn was_begun(&self) -> bool {
        self.rest.remaining() < self.length
    }
}

/// Parses the head of an answer. `None`: it is not complete.
fn parse(bytes: &[u8]) -> Result<Option<Head>, Unreadable> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = Response::new(&mut []);
    let status = ParserConfig::default().parse_response_with_uninit_headers(
        &mut parsed,
        bytes,
        &mut headers,
    );
    let Status::Complete(length) = status.map_err(|_| Unreadable)? else { return Ok(None) };
    let status = parsed.code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.filter(|status| *status != StatusCode::SWITCHING_PROTOCOLS);
    let values = |name| values(parsed.headers, name);
    let closes = values("connection")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"));
    let mut lengths = values("content-length");
    let one_length = lengths.next().filter(|first| lengths.all(|other| other == *first));
    let one_length = one_length.filter(|value| value.iter().all(u8::is_ascii_digit));
    let one_length = one_length.and_then(|value| str::from_utf8(value).ok()?.parse().ok());
    let mut codings = values("transfer-encoding");
    let body = match (status, codings.next(), one_length) {
        (Some(StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED), _, _) => Rest::Bytes(0),
        (_, Some(coding), _) if coding.eq_ignore_ascii_case(b"chunked") => Rest::Chunk,
        (_, None, Some(length)) => Rest::Bytes(length),
        _ => Rest::UntilClosed,
    };
    // Digits alone: a time of day is of no use to a sender, and one that is far off loses the delivery.
    let wait = values("retry-after")
        .next()
        .filter(|wait| (1..=6).contains(&wait.len()) && wait.iter().all(u8::is_ascii_digit));
    Ok(Some(Head {
        length,
        said: Said {
            status: status.ok_or(Unreadable)?,
            retry_after: wait.and_then(|wait| HeaderValue::from_bytes(wait).ok()),
        },
        stays: parsed.version == Some(1) && !closes && body != Rest::UntilClosed,
        body,
    }))
}

fn values<'h>(headers: &'h [Header<'_>], name: &'static str) -> impl Iterator<Item = &'h [u8]> {
    let named = headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
    named.map(|header| header.value)
}

impl Rest {
    /// Takes what it can of what came, and returns how much that was.
    fn take(&mut self, came: &[u8]) -> Result<usize, Unreadable> {
        let mut taken = 0;
        loop {
            let rest = came.get(taken..).unwrap_or_default();
            let some = |of: u64| usize::try_from(of).unwrap_or(usize::MAX).min(rest.len());
            taken += match *self {
                Self::Bytes(left) => {
                    *self = Self::Bytes(left - some(left) as u64);
                    return Ok(taken + some(left));
                }
                Self::UntilClosed => return Ok(came.len()),
                Self::Chunk => match httparse::parse_chunk_size(rest) {
                    Ok(Status::Complete((length, 0))) => {
                        *self = Self::LastLine;
                        length
                    }
                    Ok(Status::Complete((length, size))) => {
                        *self = Self::OfChunk(size.saturating_add(2));
                        length
                    }
                    Ok(Status::Partial) => return Ok(taken),
                    Err(_) => return Err(Unreadable),
                },
                Self::OfChunk(left) if left > some(left) as u64 => {
                    *self = Self::OfChunk(left - some(left) as u64);
                    return Ok(taken + some(left));
                }
                Self::OfChunk(left) => {
                    *self = Self::Chunk;
                    some(left)
                }
                Self::LastLine => match rest {
                    [b'\r', b'\n', ..] => {
                        *self = Self::Bytes(0);
                        return Ok(taken + 2);
                    }
                    [] | [b'\r'] => return Ok(taken),
                    // Trailers. Servers rarely send any.
                    _ => return Err(Unreadable),
                },
            };
        }
    }
}

#[cfg(test)]
mod tests;
