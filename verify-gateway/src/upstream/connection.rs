//! One connection to a service, in HTTP/1.1: a delivery goes over it, and its answer is read. Heads of answers are parsed by
//! httparse. Nobody reads the body of an answer, so it is let by.

use core::{
    future::poll_fn,
    mem::MaybeUninit,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};
use std::io;

use bytes::{Buf, Bytes, buf::Chain};
use http::{HeaderValue, StatusCode};
use httparse::{Header, ParserConfig, Response, Status};
use tokio::{
    io::{AsyncRead as _, AsyncWrite as _, ReadBuf},
    task::coop::unconstrained,
};

use super::{Said, Trouble, connector::Stream};

/// The largest head of an answer of which all is read, in bytes.
pub(super) const HEAD: usize = 16 * 1024;
/// The most headers of such an answer.
const HEADERS: usize = 100;
/// The most that a service may say before it answers.
const INTERIM: usize = 32;
/// Of the body of an answer: so much is let by, which is more than anybody answers a webhook.
const BODY: usize = 16 * 1024 * 1024;

/// A connection.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// What came, in its first bytes. Between two deliveries there is none.
    buffer: Box<[u8]>,
    came: usize,
}

/// A request on its way.
struct Sending {
    rest: Chain<Bytes, Bytes>,
    length: usize,
}

/// What is left of a request and its answer.
pub(super) struct Left {
    sending: Sending,
    body: Rest,
    /// Of the body of the answer.
    skipped: usize,
    /// Whether the connection stays open.
    stays: bool,
}

/// The head of an answer.
struct Head {
    length: usize,
    said: Said,
    stays: bool,
    body: Rest,
}

/// What is left of the body of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rest {
    Bytes(u64),
    /// A line with the size of a chunk comes next.
    Chunk,
    OfChunk(u64),
    /// The end of the line after a chunk.
    AfterChunk,
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

    /// Sends a request. Returns what is answered, and what is left of both. `None`: nothing of it was written.
    pub(super) async fn ask(
        &mut self,
        head: Bytes,
        body: Bytes,
    ) -> Result<(Said, Left), Option<Trouble>> {
        let length = head.len().saturating_add(body.len());
        let mut sending = Sending { rest: head.chain(body), length };
        let mut interim = 0;
        let head = loop {
            let is_full = self.came == self.buffer.len();
            match parse(self.bytes(), is_full).map_err(|Unreadable| Trouble::Unreadable)? {
                Some(head) => {
                    self.forget(head.length);
                    // What is said in between means nothing yet.
                    if !head.said.status.is_informational() {
                        break head;
                    }
                    interim += 1;
                    if interim > INTERIM {
                        return Err(Some(Trouble::Unreadable));
                    }
                }
                None => poll_fn(|context| self.poll(context, &mut sending))
                    .await
                    .map_err(|_| sending.was_begun().then_some(Trouble::Broken))?,
            }
        };
        let Head { said, stays, body, .. } = head;
        Ok((said, Left { sending, body, skipped: 0, stays }))
    }

    /// Sends what is left, and lets the body of the answer by. Returns whether another request may go over it.
    pub(super) fn poll_finish(&mut self, context: &mut Context<'_>, left: &mut Left) -> Poll<bool> {
        loop {
            let Ok(taken) = left.body.take(self.bytes()) else { return Poll::Ready(false) };
            self.forget(taken);
            left.skipped = left.skipped.saturating_add(taken);
            if left.body == Rest::Bytes(0) {
                let sent = ready!(left.sending.poll(&mut self.stream, context));
                return Poll::Ready(sent.is_ok() && left.stays && self.is_ready());
            }
            let is_too_much = left.skipped > BODY || self.came == self.buffer.len();
            if is_too_much || ready!(self.poll(context, &mut left.sending)).is_err() {
                return Poll::Ready(false);
            }
        }
    }

    /// Sends what can be sent, and is ready once more has come: a service may answer before it has read everything.
    fn poll(&mut self, context: &mut Context<'_>, sending: &mut Sending) -> Poll<io::Result<()>> {
        match sending.poll(&mut self.stream, context) {
            Poll::Ready(Err(error)) if !sending.was_begun() => Poll::Ready(Err(error)),
            // What it said before it closed may still come.
            _ => self.poll_more(context),
        }
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

    /// Returns whether a request may go over it: the service has not closed it, and has said nothing that it was not asked.
    pub(super) fn is_ready(&mut self) -> bool {
        if self.came > 0 {
            return false;
        }
        // A task that used up what it may do in one go would be told that nothing came.
        let more = pin!(unconstrained(poll_fn(|context| self.poll_more(context))));
        more.poll(&mut Context::from_waker(Waker::noop())).is_pending()
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

impl Left {
    /// How much memory is held until the end, in bytes.
    pub(super) fn memory(&self) -> usize {
        let is_sent = !self.sending.rest.has_remaining();
        let unsent = if is_sent { 0 } else { self.sending.length };
        unsent.saturating_add(HEAD)
    }
}

impl Sending {
    /// Is ready once all is sent.
    fn poll(
        &mut self,
        stream: &mut Box<dyn Stream>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.has_remaining() {
            let mut slices = [io::IoSlice::new(&[]); 2];
            let count = self.rest.chunks_vectored(&mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            let mut stream = Pin::new(&mut *stream);
            let written = match slices {
                [one] => stream.as_mut().poll_write(context, one),
                all => stream.as_mut().poll_write_vectored(context, all),
            };
            let written = ready!(written)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.rest.advance(written);
            if !self.rest.has_remaining() {
                // Without its memory: the answer may take long.
                self.rest = Bytes::new().chain(Bytes::new());
            }
        }
        Pin::new(stream).poll_flush(context)
    }

    fn was_begun(&self) -> bool {
        self.rest.remaining() < self.length
    }
}

/// Parses the head of an answer. `None`: it is not complete, and `is_full` says that no more can come. Of a head that cannot
/// be read the status counts if that can be read: it says what became of the delivery.
fn parse(bytes: &[u8], is_full: bool) -> Result<Option<Head>, Unreadable> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS];
    let mut parsed = Response::new(&mut []);
    let complete = ParserConfig::default().parse_response_with_uninit_headers(
        &mut parsed,
        bytes,
        &mut headers,
    );
    if complete == Ok(Status::Partial) && !is_full {
        return Ok(None);
    }
    // Three digits with more behind them are none. Empty lines may come before them.
    let end_of_code = bytes.trim_ascii_start().get("HTTP/1.1 200".len());
    let is_code = end_of_code.is_none_or(|end| matches!(end, b' ' | b'\r' | b'\n'));
    let code = parsed.code.filter(|_| is_code);
    let status = code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.filter(|status| *status != StatusCode::SWITCHING_PROTOCOLS);
    let status = status.ok_or(Unreadable)?;
    let Ok(Status::Complete(length)) = complete else {
        let said = Said { status, retry_after: None };
        let head = Head { length: bytes.len(), said, stays: false, body: Rest::UntilClosed };
        return if status.is_informational() { Err(Unreadable) } else { Ok(Some(head)) };
    };
    let values = |name| values(parsed.headers, name);
    let closes = values("connection")
        .flat_map(|value| value.split(|byte| *byte == b','))
        .any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"));
    let mut lengths = values("content-length");
    let one_length = lengths.next().filter(|first| lengths.all(|other| other == *first));
    let one_length = one_length.filter(|value| value.iter().all(u8::is_ascii_digit));
    let one_length = one_length.and_then(|value| str::from_utf8(value).ok()?.parse().ok());
    let mut codings = values("transfer-encoding");
    let body = match (codings.next(), codings.next(), one_length) {
        (Some(coding), None, _) if coding.eq_ignore_ascii_case(b"chunked") => Rest::Chunk,
        (None, _, Some(length)) => Rest::Bytes(length),
        _ => Rest::UntilClosed,
    };
    let has_none = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let (body, stays) = match (has_none, body) {
        (true, body) => {
            let announced = values("content-length").chain(values("transfer-encoding")).next();
            // Some servers send what they announce all the same.
            (Rest::Bytes(0), announced.is_none() || body == Rest::Bytes(0))
        }
        (false, body) => (body, body != Rest::UntilClosed),
    };
    // Digits alone: a time of day is of no use to a sender, and one that is far off loses the delivery.
    let wait = values("retry-after")
        .next()
        .filter(|wait| (1..=6).contains(&wait.len()) && wait.iter().all(u8::is_ascii_digit));
    let retry_after = wait.and_then(|wait| HeaderValue::from_bytes(wait).ok());
    Ok(Some(Head {
        length,
        said: Said { status, retry_after },
        stays: parsed.version == Some(1) && !closes && stays,
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
                    // httparse takes a line without a digit for zero.
                    _ if rest.first().is_some_and(|first| !first.is_ascii_hexdigit()) => {
                        return Err(Unreadable);
                    }
                    Ok(Status::Complete((length, size))) => {
                        *self = if size == 0 { Self::LastLine } else { Self::OfChunk(size) };
                        length
                    }
                    Ok(Status::Partial) => return Ok(taken),
                    Err(_) => return Err(Unreadable),
                },
                Self::OfChunk(0) => {
                    *self = Self::AfterChunk;
                    0
                }
                Self::OfChunk(left) => {
                    let some = some(left);
                    *self = Self::OfChunk(left - some as u64);
                    if some == 0 {
                        return Ok(taken);
                    }
                    some
                }
                Self::AfterChunk => match rest {
                    [b'\r', b'\n', ..] => {
                        *self = Self::Chunk;
                        2
                    }
                    [] | [b'\r'] => return Ok(taken),
                    _ => return Err(Unreadable),
                },
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
