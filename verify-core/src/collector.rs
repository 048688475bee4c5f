use core::{borrow::Borrow, fmt};

use crate::{Pending, Rejection, Verified, Verifier};

/// Keeps a body while it is verified. `Vec<u8>` is a buffer, with the feature `alloc`.
///
/// An adapter implements it for its framework's bytes, so that a [`Verified`] body is made of
/// exactly the chunks that were hashed. **The implementation must promise this**:
/// [`into_body`](Self::into_body) returns the chunks that were pushed, in their order, and nothing
/// else. This crate trusts no other outside code with the content of a `Verified`. So the method that takes
/// a buffer is called [`Pending::dangerous_collect_with`].
pub trait Buffer {
    /// A piece of the body as it arrives.
    type Chunk: AsRef<[u8]>;
    /// The whole body.
    type Body;

    /// Adds a chunk after the chunks before it.
    fn push(&mut self, chunk: Self::Chunk);

    /// Makes the body from the added chunks.
    fn into_body(self) -> Self::Body;
}

#[cfg(feature = "alloc")]
impl Buffer for alloc::vec::Vec<u8> {
    type Chunk = Self;
    type Body = Self;

    fn push(&mut self, mut chunk: Self) {
        self.append(&mut chunk);
    }

    fn into_body(self) -> Self {
        self
    }
}

/// A [`Pending`] delivery whose body is kept as it is fed.
#[must_use = "a delivery is verified by `finish` only"]
pub struct Collector<V, B> {
    pending: Pending<V>,
    buffer: B,
}

/// A body that was **not** verified, given back by [`Collector::finish`].
pub struct Unverified<B> {
    rejection: Rejection,
    buffer: B,
}

impl<V: Borrow<Verifier>> Pending<V> {
    /// Keeps the body while it is verified.
    #[cfg(feature = "alloc")]
    pub fn collect(self) -> Collector<V, alloc::vec::Vec<u8>> {
        self.dangerous_collect_with(alloc::vec::Vec::new())
    }

    /// Keeps the body in `buffer` while it is verified. The [`Verified`] body holds what this
    /// buffer returns: see the promise in [`Buffer`].
    pub fn dangerous_collect_with<B: Buffer>(self, buffer: B) -> Collector<V, B> {
        Collector::new(self, buffer)
    }
}

impl<V: Borrow<Verifier>, B: Buffer> Collector<V, B> {
    const fn new(pending: Pending<V>, buffer: B) -> Self {
        Self { pending, buffer }
    }

    /// Takes the next chunk of the body: see [`Pending::feed`]. A refused chunk is not kept.
    ///
    /// # Errors
    ///
    /// As [`Pending::feed`].
    pub fn feed(&mut self, chunk: B::Chunk) -> Result<(), Rejection> {
        self.pending.feed(chunk.as_ref())?;
        self.buffer.push(chunk);
        Ok(())
    }

    /// Compares: see [`Pending::finish`].
    ///
    /// # Errors
    ///
    /// As [`Pending::finish`], with what was kept.
    pub fn finish(mut self) -> Result<Verified<B::Body>, Unverified<B>> {
        match self.pending.judge() {
            Ok(receipt) => Ok(Verified::new(receipt, self.buffer.into_body())),
            Err(rejection) => Err(Unverified { rejection, buffer: self.buffer }),
        }
    }

    /// Returns how many more bytes of body are within the limit.
    pub fn room(&self) -> usize {
        self.pending.room()
    }

    /// Returns the buffer, to look at its content.
    pub const fn buffer(&self) -> &B {
        &self.buffer
    }

    /// Gives up, and returns what was kept. **It was not verified.**
    pub fn dangerous_into_unverified(self) -> B {
        self.buffer
    }
}

impl<B> Unverified<B> {
    /// Returns why the body was refused.
    #[must_use]
    pub const fn rejection(&self) -> Rejection {
        self.rejection
    }

    /// Returns what was kept. **It was not verified.**
    #[must_use]
    pub fn dangerous_into_unverified(self) -> B {
        self.buffer
    }
}

impl<V, B> fmt::Debug for Collector<V, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("pending", &self.pending).finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Unverified<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("rejection", &self.rejection).finish_non_exhaustive()
    }
}
