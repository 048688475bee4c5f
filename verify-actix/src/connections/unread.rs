use core::{
    cell::RefCell,
    pin::Pin,
    task::{Context, Poll},
};
use std::rc::Rc;

use actix_web::{
    HttpMessage as _,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
};
use bytes::Bytes;
use futures_core::Stream;

/// What a handler leaves unread of a body of HTTP/1.1. Clones share it.
#[derive(Clone)]
pub(super) struct Unread(Rc<RefCell<Payload>>);

impl Unread {
    /// Keeps a hand on the body of a request, if there is one.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.take_payload();
        if !matches!(payload, Payload::H1 { .. }) {
            request.set_payload(payload);
            return None;
        }
        let unread = Self(Rc::new(RefCell::new(payload)));
        request.set_payload(Payload::Stream { payload: Box::pin(unread.clone()) });
        Some(unread)
    }

    /// Returns whether there is something left.
    pub(super) fn is_left(&self) -> bool {
        !matches!(*self.0.borrow(), Payload::None)
    }
}

impl Stream for Unread {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut payload = self.0.borrow_mut();
        let polled = Pin::new(&mut *payload).poll_next(cx);
        if !matches!(polled, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            *payload = Payload::None;
        }
        polled
    }
}
