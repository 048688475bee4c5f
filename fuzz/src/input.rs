/// Reads a scenario from the bytes that a fuzzer chose.
///
/// Every sequence of bytes is one, and the end reads as zeros. Written out here, and not taken from a
/// crate, so that the corpus in git means the same after every update.
#[derive(Clone, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Starts at the first byte.
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// Returns whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Reads a number below `count`, which is at most 256.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// Reads a place in something that has `len` of them, and at least one.
    pub fn place(&mut self, len: usize) -> usize {
        self.number(2) as usize % len
    }

    /// Reads a number of so many bytes, the first of which counts least.
    pub fn number(&mut self, bytes: u32) -> u64 {
        (0..bytes).fold(0, |number, place| number | u64::from(self.byte()) << (8 * place))
    }

    /// Reads a length of one byte, and so many bytes, or what there is.
    pub fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        let (bytes, rest) = self.0.split_at(len);
        self.0 = rest;
        bytes
    }

    /// Reads bytes, most of the time made visible ASCII where they are not.
    pub fn word(&mut self) -> Vec<u8> {
        let raw = self.byte() & 7 == 7;
        let visible = |byte: &u8| match byte {
            b'!'..=b'~' => *byte,
            _ => b'!' + byte % 94,
        };
        let bytes = self.bytes();
        if raw { bytes.to_vec() } else { bytes.iter().map(visible).collect() }
    }

    /// Reads everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }
}
