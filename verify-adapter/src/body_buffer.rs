use bytes::Bytes;
use verify_core::Buffer;

/// Keeps a body of one chunk as it came, and copies one of several into a single allocation.
///
/// The chunks of a framework are windows into its read buffers: keeping one byte may keep many
/// kilobytes alive. Copying makes the memory held what [`capacity_after`](Self::capacity_after)
/// says it is.
#[derive(Debug)]
pub(crate) struct BodyBuffer {
    content: Content,
    /// More than this is never needed: the announced length, or the limit.
    most: usize,
}

#[derive(Debug)]
enum Content {
    One(Bytes),
    Several(Vec<u8>),
}

impl BodyBuffer {
    pub(crate) const fn new(most: usize) -> Self {
        Self { content: Content::One(Bytes::new()), most }
    }

    /// How many bytes of memory the buffer has once `additional` more are in it.
    pub(crate) fn capacity_after(&self, additional: usize) -> usize {
        let (len, capacity) = match &self.content {
            Content::One(chunk) if chunk.is_empty() => return additional,
            Content::One(chunk) => (chunk.len(), 0),
            Content::Several(bytes) => (bytes.len(), bytes.capacity()),
        };
        let needed = len.saturating_add(additional);
        if needed <= capacity {
            return capacity;
        }
        // Doubling keeps the copying linear; a head alone buys no memory.
        needed.saturating_mul(2).min(self.most).max(needed)
    }
}

impl Buffer for BodyBuffer {
    type Chunk = Bytes;
    type Body = Bytes;

    fn push(&mut self, chunk: Bytes) {
        let capacity = self.capacity_after(chunk.len());
        match &mut self.content {
            Content::One(first) if first.is_empty() => *first = chunk,
            Content::One(first) => {
                let mut bytes = Vec::with_capacity(capacity);
                bytes.extend_from_slice(first);
                bytes.extend_from_slice(&chunk);
                self.content = Content::Several(bytes);
            }
            Content::Several(bytes) => {
                bytes.reserve_exact(capacity.saturating_sub(bytes.len()));
                bytes.extend_from_slice(&chunk);
            }
        }
    }

    fn into_body(self) -> Bytes {
        match self.content {
            Content::One(chunk) => chunk,
            Content::Several(bytes) => bytes.into(),
        }
    }
}
