use core::mem;

use bytes::Bytes;
use verify_core::Buffer;

/// Keeps a body of one chunk as it came, and copies one of several into segments of its own.
///
/// The chunks of a framework are windows into its read buffers: keeping one byte may keep many
/// kilobytes alive. Copying makes the memory held what [`capacity_after`](Self::capacity_after)
/// says it is.
#[derive(Debug)]
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
#[derive(Debug)]
struct Segments {
    /// All full but the last, which has room for `capacity - len` more.
    list: Vec<Vec<u8>>,
    capacity: usize,
    len: usize,
    /// More is not needed: the announced length, or the limit.
    most: usize,
}

impl BodyBuffer {
    pub(crate) const fn new(most: usize) -> Self {
        Self {
            one: Bytes::new(),
            several: Segments { list: Vec::new(), capacity: 0, len: 0, most },
        }
    }

    /// How many bytes of memory the buffer has once `additional` more are in it.
    pub(crate) fn capacity_after(&self, additional: usize) -> usize {
        match self.one.len() {
            0 if self.several.len == 0 => additional,
            one => self.several.capacity_after(one.saturating_add(additional)),
        }
    }
}

impl Buffer for BodyBuffer {
    type Chunk = Bytes;
    type Body = Bytes;

    fn push(&mut self, chunk: Bytes) {
        if self.one.is_empty() && self.several.len == 0 {
            self.one = chunk;
        } else {
            self.several.append(&mem::take(&mut self.one));
            self.several.append(&chunk);
        }
    }

    fn into_body(self) -> Bytes {
        if self.several.len == 0 { self.one } else { self.several.list.concat().into() }
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
