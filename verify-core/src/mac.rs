//! HMAC-SHA256 (RFC 2104) on SHA-256's function for blocks: the key stands in two states, which are all that is copied,
//! and the bytes behind a message (FIPS 180-4, section 5.1.1) are laid out here.

use core::slice;

use sha2::block_api::compress256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroizing, optimization_barrier};

use crate::slots::Slots;

const BLOCK: usize = 64;
type Block = [u8; BLOCK];

/// A key, worked into a MAC: 64 bytes, so copying one costs less than keying it again.
#[derive(Clone)]
pub(crate) struct HmacSha256 {
    inner: State,
    outer: State,
}

/// What SHA-256 has made of whole blocks. Wiped when it is dropped.
#[derive(Clone)]
struct State([u32; 8]);

/// The 32 bytes that HMAC-SHA256 makes; "tag" is the usual word for what a MAC makes.
pub(crate) type Tag = [u8; 32];

/// The MACs of one delivery, one for each secret. All are fed the same bytes, so there is one block
/// for what does not fill a block yet.
pub(crate) struct Macs {
    states: Slots<State>,
    message: Message,
}

/// A message on its way through blocks.
struct Message {
    block: Block,
    /// How much of the block is the message's: less than all of it.
    filled: usize,
    /// With what was in the blocks before it.
    length: u64,
}

/// Works `key` into a MAC.
pub(crate) fn prepare(key: &[u8]) -> HmacSha256 {
    let mut block = Zeroizing::new([0; BLOCK]);
    match block.get_mut(..key.len()) {
        Some(place) => place.copy_from_slice(key),
        // A longer key is hashed first.
        None => block.split_at_mut(32).0.copy_from_slice(&sha256([key])),
    }
    let keyed = |pad: u8| {
        let mut padded = block.clone();
        padded.iter_mut().for_each(|byte| *byte ^= pad);
        let mut state = State::EMPTY;
        state.take(slice::from_ref(&*padded));
        state
    };
    HmacSha256 { inner: keyed(0x36), outer: keyed(0x5c) }
}

impl HmacSha256 {
    /// The tag of what the inner state was fed.
    fn tag(&self, inner: &State) -> Tag {
        let mut block = [0; BLOCK];
        inner.write(&mut block);
        mark_end(&mut block, 32);
        // With the block of the key.
        write_length(&mut block, 96);
        let mut outer = self.outer.clone();
        outer.take(slice::from_ref(&block));
        let mut tag = Tag::default();
        outer.write(&mut tag);
        tag
    }
}

impl State {
    /// FIPS 180-4, section 5.3.3.
    const EMPTY: Self = Self([
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ]);

    fn take(&mut self, blocks: &[Block]) {
        compress256(&mut self.0, blocks);
    }

    fn take_all<'m>(&mut self, mut message: Message, pieces: impl IntoIterator<Item = &'m [u8]>) {
        pieces.into_iter().for_each(|piece| message.take(piece, |blocks| self.take(blocks)));
        message.end(|blocks| self.take(blocks));
    }

    fn write(&self, bytes: &mut [u8]) {
        let (places, _) = bytes.as_chunks_mut::<4>();
        places.iter_mut().zip(self.0).for_each(|(place, word)| *place = word.to_be_bytes());
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.0 = [0; 8];
        // Seen from outside, so that it is done: all words at a time, where `zeroize` writes one after the other.
        optimization_barrier(&self.0);
    }
}

impl Message {
    /// Begins a message after so many blocks.
    const fn after(blocks: u64) -> Self {
        Self { block: [0; BLOCK], filled: 0, length: blocks.wrapping_mul(BLOCK as u64) }
    }

    /// Hands whole blocks on, and keeps the rest.
    fn take(&mut self, mut bytes: &[u8], mut hand_on: impl FnMut(&[Block])) {
        self.length = self.length.wrapping_add(bytes.len() as u64);
        if self.filled > 0 {
            let room = self.block.get_mut(self.filled..).unwrap_or_default();
            match bytes.split_at_checked(room.len()) {
                Some((now, later)) => {
                    room.copy_from_slice(now);
                    hand_on(slice::from_ref(&self.block));
                    bytes = later;
                }
                None => return self.keep(bytes),
            }
        }
        let (blocks, rest) = bytes.as_chunks();
        if !blocks.is_empty() {
            hand_on(blocks);
        }
        self.filled = 0;
        self.keep(rest);
    }

    /// Keeps bytes for which there is room.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.block.get_mut(self.filled..);
        if let Some(place) = room.and_then(|room| room.get_mut(..bytes.len())) {
            place.copy_from_slice(bytes);
            self.filled = self.filled.wrapping_add(bytes.len());
        }
    }

    /// Hands the last blocks on: the rest, the mark of the end, and the length.
    fn end(&self, hand_on: impl FnOnce(&[Block])) {
        let mut blocks = [self.block, [0; BLOCK]];
        let [first, second] = &mut blocks;
        mark_end(first, self.filled);
        if self.filled < BLOCK - 8 {
            write_length(first, self.length);
            hand_on(slice::from_ref(first));
        } else {
            write_length(second, self.length);
            hand_on(&blocks);
        }
    }
}

/// Marks the end of a message in its last block, which holds so many of its bytes.
fn mark_end(block: &mut Block, filled: usize) {
    let mut rest = block.get_mut(filled..).unwrap_or_default().iter_mut();
    if let Some(first) = rest.next() {
        *first = 0x80;
    }
    rest.for_each(|byte| *byte = 0);
}

/// Writes the length, in bits.
fn write_length(block: &mut Block, length: u64) {
    if let Some(place) = block.last_chunk_mut() {
        *place = length.wrapping_mul(8).to_be_bytes();
    }
}

impl Macs {
    pub(crate) fn new<'k>(keys: impl Iterator<Item = &'k HmacSha256>) -> Self {
        Self { states: keys.map(|key| key.inner.clone()).collect(), message: Message::after(1) }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let Self { states, message } = self;
        message.take(bytes, |blocks| states.iter_mut().for_each(|state| state.take(blocks)));
    }

    /// Ends them, in the order of their keys, which are those that they were made with. What has not been taken is not
    /// computed.
    pub(crate) fn finish<'m>(
        &'m mut self,
        keys: impl Iterator<Item = &'m HmacSha256>,
    ) -> impl Iterator<Item = Tag> {
        let Self { states, message } = self;
        let message = &*message;
        states.iter_mut().zip(keys).map(move |(state, key)| {
            message.end(|blocks| state.take(blocks));
            key.tag(state)
        })
    }
}

/// The tag of a message that is there as a whole, in pieces.
pub(crate) fn of<'m>(key: &HmacSha256, pieces: impl IntoIterator<Item = &'m [u8]>) -> Tag {
    let mut state = key.inner.clone();
    state.take_all(Message::after(1), pieces);
    key.tag(&state)
}

/// SHA-256 of a message that is there as a whole, in pieces.
pub(crate) fn sha256<'m>(pieces: impl IntoIterator<Item = &'m [u8]>) -> [u8; 32] {
    let mut state = State::EMPTY;
    state.take_all(Message::after(0), pieces);
    let mut digest = [0; 32];
    state.write(&mut digest);
    digest
}

/// Compares two tags in constant time.
pub(crate) fn is_equal(left: &Tag, right: &Tag) -> Choice {
    let (left, _) = left.as_chunks::<8>();
    let (right, _) = right.as_chunks::<8>();
    let difference = left.iter().zip(right).fold(0, |difference, (left, right)| {
        difference | (u64::from_ne_bytes(*left) ^ u64::from_ne_bytes(*right))
    });
    difference.ct_eq(&0)
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};

    use super::{HmacSha256, Macs, of, prepare, sha256};

    fn by_the_crate(key: &[u8], message: &[u8]) -> [u8; 32] {
        Hmac::<Sha256>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .into()
    }

    fn in_steps(keys: &[HmacSha256; 2], pieces: &[&[u8]]) -> [[u8; 32]; 2] {
        let mut macs = Macs::new(keys.iter());
        pieces.iter().for_each(|piece| macs.update(piece));
        let mut tags = macs.finish(keys.iter());
        [tags.next().unwrap(), tags.next().unwrap()]
    }

    #[test]
    fn every_length_cut_anywhere_has_the_tag_of_the_hmac_crate() {
        let bytes: [u8; 256] = core::array::from_fn(|place| place as u8);
        let keys = [prepare(b"first"), prepare(b"second")];
        for length in 0..=200 {
            let message = &bytes[..length];
            let expected = [by_the_crate(b"first", message), by_the_crate(b"second", message)];
            for cut in 0..=length {
                let (front, back) = message.split_at(cut);
                let (middle, back) = back.split_at(back.len() / 3);
                let pieces = [front, middle, back];
                assert_eq!(in_steps(&keys, &pieces), expected, "{length}, cut at {cut}");
                assert_eq!(of(&keys[0], pieces), expected[0], "{length}, cut at {cut}");
            }
            assert_eq!(sha256([message])[..], Sha256::digest(message)[..], "{length}");
        }
    }

    #[test]
    fn keys_of_every_length_are_those_of_the_hmac_crate() {
        let bytes: [u8; 256] = core::array::from_fn(|place| !(place as u8));
        for length in 0..=200 {
            let key = &bytes[..length];
            assert_eq!(of(&prepare(key), [b"message".as_slice()]), by_the_crate(key, b"message"));
        }
    }

    #[test]
    fn what_many_bytes_add_up_to_is_counted() {
        let bytes = [7; 1 << 17];
        assert_eq!(of(&prepare(b"key"), [bytes.as_slice()]), by_the_crate(b"key", &bytes));
    }
}
