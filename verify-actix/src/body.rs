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
use verify_adapter::Unverified;

/// Makes the body that the wrapped service gets: what was verified.
pub(crate) fn verified(body: Bytes) -> Payload {
    if body.is_empty() { Payload::None } else { body.into() }
}

/// Makes the one of a refused request: what was read, and then the rest as it comes.
pub(crate) fn unverified(unverified: Unverified, rest: Payload) -> Payload {
    let rest = if unverified.is_complete { Payload::None } else { rest };
    let read = [Some(unverified.read), unverified.refused].map(|chunk| chunk.unwrap_or_default());
    Payload::Stream { payload: Box::pin(Continued { read, rest }) }
}

struct Continued {
    read: [Bytes; 2],
    rest: Payload,
}

impl Stream for Continued {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        match this.read.iter_mut().find(|chunk| !chunk.is_empty()) {
            Some(chunk) => Poll::Ready(Some(Ok(core::mem::take(chunk)))),
            None => Pin::new(&mut this.rest).poll_next(cx),
        }
    }
}

/// The body of a refusal, which keeps the rest of the request's until it is sent.
///
/// Where a chunked one is dropped earlier, actix goes on reading it for as long as the client sends,
/// without any deadline. One that is there still makes actix close the connection.
pub(crate) struct RefusalBody {
    pub(crate) body: BoxBody,
    pub(crate) _unread: Payload,
}

impl MessageBody for RefusalBody {
    type Error = Box<dyn core::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(cx)
    }
}
