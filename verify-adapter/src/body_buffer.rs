use core::mem;

use bytes::Bytes;
use verify_core::Buffer;

/// Keeps a body that is there in one chunk as it came, and copies others into segments of its own.
///
/// The chunks of a framework are windows into its read buffers: keeping one byte may keep many
/// kilobytes alive. Copying makes the memory held what [`capacity_after`](Self::capacity_after)
/// says it is.
pub(crate) struct BodyBuffer {
    /// Empty once there are several.
    one: Bytes,
    several: Segments,
}

/// Bytes in pieces of 4 to 64 KiB.
///
/// Not one allocation that grows: thousands of those in every size fragment the heap, and a flood
/// of forged bodies took a third more memory than the budget knew of. A body that was verified
/// gets one allocation of its whole size.
struct Segments {
    /// All full but the last, which has room for `capacity - len` more.
    list: Vec<Vec<u8>>,
    capacity: usize,
    len: usize,
    /// More is not needed: the announced length, or the limit.
    most: usize,
    /// Whether `most` was announced.
    announced: bool,
}

impl BodyBuffer {
    /// A chunk of a body of unknown length that is at least this large is kept as it came, in the
    /// hope that it is the whole body.
    const LARGE: usize = 16 * 1024;

    pub(crate) fn new(announced: Option<usize>, limit: usize) -> Self {
        let (most, announced) = (announced.unwrap_or(limit), announced.is_some());
        let several = Segments { list: Vec::new(), capacity: 0, len: 0, most, announced };
        Self { one: Bytes::new(), several }
    }

    /// How many bytes of memory the buffer has once `additional` more are in it.
    pub(crate) fn capacity_after(&self, additional: usize) -> usize {
        if self.keeps_whole(additional) {
            return additional;
        }
        self.several.capacity_after(self.one.len().saturating_add(additional))
    }

    /// How many bytes of memory the buffer has.
    pub(crate) fn memory(&self) -> usize {
        self.one.len().max(self.several.capacity)
    }

    /// Whether a chunk of this length is kept as it came.
    fn keeps_whole(&self, len: usize) -> bool {
        let is_first = self.one.is_empty() && self.several.len == 0;
        let may_be_all =
            if self.several.announced { len >= self.several.most } else { len >= Self::LARGE };
        is_first && may_be_all
    }
}

impl Buffer for BodyBuffer {
    type Chunk = Bytes;
    type Body = Bytes;

    fn push(&mut self, chunk: Bytes) {
        if self.keeps_whole(chunk.len()) {
            self.one = chunk;
        } else {
            self.several.append(&mem::take(&mut self.one));
            self.several.append(&chunk);
        }
    }

    fn into_body(self) -> Bytes {
        match <[Vec<u8>; 1]>::try_from(self.several.list) {
            Ok([only]) => only.into(),
            Err(list) if list.is_empty() => self.one,
            Err(list) => list.concat().into(),
        }
    }
}

impl Segments {
    const SMALLEST: usize = 4 * 1024;
    const LARGEST: usize = 64 * 1024;

    fn capacity_after(&self, additional: usize) -> usize {
        let mut capacity = self.capacity;
        while capacity < self.len.saturating_add(additional) {
            capacity += self.size_behind(capacity);
        }
        capacity
    }

    /// The size of the segment behind `capacity` bytes of others: as much again, so that little
    /// is held for a little, and no more than can still come.
    fn size_behind(&self, capacity: usize) -> usize {
        let size = capacity.clamp(Self::SMALLEST, Self::LARGEST);
        match self.most.saturating_sub(capacity) {
            // Longer than announced. The verifier's limit has the last word.
            0 => size,
            left => size.min(left),
        }
    }

    fn append(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.len == self.capacity {
                let size = self.size_behind(self.capacity);
                self.list.push(Vec::with_capacity(size));
                self.capacity += size;
            }
            let (now, later) = bytes.split_at(bytes.len().min(self.capacity - self.len));
            if let Some(last) = self.list.last_mut() {
                last.extend_from_slice(now);
            }
            self.len += now.len();
            bytes = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use verify_core::Buffer;

    use super::{BodyBuffer, Segments};

    #[test]
    fn what_it_holds_is_what_it_says() {
        for announced in [None, Some(1_000_000), Some(100)] {
            for size in [1, 100, 4095, 4096, 5000, 70_000] {
                let mut buffer = BodyBuffer::new(announced, 1_000_000);
                let mut sent = Vec::new();
                for byte in 0..20 {
                    let chunk = vec![byte; size];
                    sent.extend_from_slice(&chunk);
                    let said = buffer.capacity_after(chunk.len());
                    buffer.push(chunk.into());
                    let held: usize = buffer.several.list.iter().map(Vec::capacity).sum();
                    assert_eq!(buffer.memory(), said, "{announced:?}, {size} bytes");
                    assert_eq!(held + buffer.one.len(), said, "{announced:?}, {size} bytes");
                    assert!(buffer.several.list.iter().all(|piece| piece.capacity() <= 64 * 1024));
                }
                assert_eq!(buffer.into_body(), sent);
            }
        }
    }

    #[test]
    fn segments_grow_with_what_is_there_up_to_a_size_and_to_what_can_come() {
        let sizes = |most: usize| {
            let mut segments =
                Segments { list: Vec::new(), capacity: 0, len: 0, most, announced: true };
            segments.append(&vec![0; most]);
            segments.list.iter().map(|piece| piece.capacity() / 1024).collect::<Vec<_>>()
        };
        assert_eq!(sizes(300 * 1024), [4, 4, 8, 16, 32, 64, 64, 64, 44]);
        assert_eq!(sizes(3 * 1024), [3]);
    }

    #[test]
    fn a_large_chunk_of_unknown_length_may_be_the_whole_body() {
        for (len, copied) in [(16 * 1024 - 1, true), (16 * 1024, false)] {
            let chunk = Bytes::from(vec![b'x'; len]);
            let mut buffer = BodyBuffer::new(None, 1_000_000);
            buffer.push(chunk.clone());
            assert_eq!(buffer.into_body().as_ptr() != chunk.as_ptr(), copied, "{len}");
        }
    }
}
