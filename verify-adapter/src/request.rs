use core::task::{Context, Poll};

use bytes::Bytes;
use verify_core::Headers;

use crate::Refusal;

/// A request of a framework, with its body separate. An adapter implements this for its framework.
///
/// [`Arrival`](crate::Arrival) decides whether it is answered or handed on.
pub trait Request: Headers {
    /// What a [`Resolver`](crate::Resolver) and the callback see: the request without its body.
    type Head: ?Sized;
    /// The request that the inner service is called with.
    type Inner;
    /// The framework's response. A user may replace the answer to refused requests with it.
    type Response;
    /// The framework's answer to a refused request.
    type Answer;
    /// The error if a body breaks off.
    type Error;

    /// Returns what a resolver and the callback see.
    fn head(&self) -> &Self::Head;

    /// Calls `is_secret` with the name and the value of each header, and keeps the values for which it returns `true`
    /// out of `Debug`. Names are in lower case.
    fn hide(&mut self, is_secret: impl FnMut(&str, &[u8]) -> bool);

    /// Puts a value into the extensions of the request that the inner service gets.
    fn insert<T: Clone + Send + Sync + 'static>(inner: &mut Self::Inner, value: T);

    /// Removes a value from the extensions of the request.
    fn remove<T: Clone + Send + Sync + 'static>(&mut self);

    /// Returns the length of the body, if the framework knows it without a `Content-Length`.
    fn known_length(&self) -> Option<u64>;

    /// Polls the next chunk of the body, **exactly as sent**: not decompressed, not decoded. Is not
    /// called again after the end or an error.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>>;

    /// Makes the request for the inner service. Its body starts with what was read, and the framework's
    /// own limits on bodies are raised to `limit` bytes.
    fn into_inner(self, read: Read, limit: usize) -> Self::Inner;

    /// Answers a refused request: with the user's own response, or [`Refusal::answer`]. The refusal goes
    /// into its extensions.
    fn refuse(self, refusal: Refusal, own: Option<Self::Response>) -> Self::Answer;
}

/// The part of the body that was read, of a request that is handed on.
#[derive(Default)]
pub struct Read {
    /// In their order. Either may be empty.
    pub(crate) chunks: [Bytes; 2],
    pub(crate) is_complete: bool,
}

impl Read {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self { chunks: [body, Bytes::new()], is_complete: true }
    }

    /// Takes the next chunk of it. None is empty.
    pub fn next_chunk(&mut self) -> Option<Bytes> {
        self.chunks.iter_mut().find(|chunk| !chunk.is_empty()).map(core::mem::take)
    }

    /// Returns how many bytes are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.chunks.iter().map(Bytes::len).sum()
    }

    /// Returns whether this was the whole body. Then the rest must not be polled.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }
}

/// Shows nothing of the body.
impl core::fmt::Debug for Read {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Read").field("is_complete", &self.is_complete).finish_non_exhaustive()
    }
}

/// Returns the `Content-Length` of a request. Servers have checked that it is a number, and that it occurs once.
pub fn content_length(headers: &impl Headers) -> Option<u64> {
    parse_length(headers.values(CONTENT_LENGTH).next()?)
}

pub(crate) const AUTHORIZATION: &str = "authorization";
pub(crate) const CONTENT_LENGTH: &str = "content-length";

pub(crate) fn parse_length(value: &[u8]) -> Option<u64> {
    core::str::from_utf8(value).ok()?.parse().ok()
}
