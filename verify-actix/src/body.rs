use core::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::Payload,
    error::PayloadError,
};
use bytes::Bytes;
use futures_core::Stream;
use verify_adapter::Read;

/// Makes the body that the wrapped service gets: what was read, and in report-only mode then the rest
/// as it comes.
pub(crate) fn handed_on(read: Read, rest: Payload) -> Payload {
    let rest = if read.is_complete() { Payload::None } else { rest };
    Payload::Stream { payload: Box::pin(Continued { read, rest }) }
}

struct Continued {
    read: Read,
    rest: Payload,
}

impl Stream for Continued {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.read.next_chunk() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => Pin::new(&mut this.rest).poll_next(cx),
        }
    }
}

/// Ends a body where its head says that it does. actix reads the one of a request that asks for a WebSocket,
/// or to `CONNECT`, for as long as the connection is open.
pub(crate) fn bounded(payload: Payload, length: u64) -> Payload {
    Payload::Stream { payload: Box::pin(Bounded { payload, left: length }) }
}

struct Bounded {
    payload: Payload,
    left: u64,
}

impl Stream for Bounded {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { payload, left } = self.get_mut();
        if *left == 0 {
            return Poll::Ready(None);
        }
        Pin::new(payload).poll_next(cx).map_ok(|mut chunk| {
            chunk.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
            *left = left.saturating_sub(chunk.len() as u64);
            chunk
        })
    }
}

/// The body of an answer, which keeps the rest of the request's until it is sent.
///
/// Where a chunked one is dropped earlier, actix goes on reading it for as long as the client sends,
/// without any deadline. One that is there still makes actix close the connection.
pub(crate) struct HoldingBody<R> {
    body: BoxBody,
    _rest: R,
}

impl<R: Unpin + 'static> HoldingBody<R> {
    pub(crate) fn boxed(body: BoxBody, rest: R) -> BoxBody {
        BoxBody::new(Self { body, _rest: rest })
    }
}

impl<R: Unpin> MessageBody for HoldingBody<R> {
    type Error = Box<dyn core::error::Error>;

    fn size(&self) -> BodySize {
        match self.body.size() {
            // The box would let go of the rest.
            BodySize::None => BodySize::Sized(0),
            size => size,
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
