use hmac::{
    Hmac, KeyInit,
    block_api::HmacCore,
    digest::{
        FixedOutput, Update,
        block_api::{Buffer, CoreProxy, FixedOutputCore, UpdateCore},
    },
};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

use crate::slots::Slots;

/// HMAC-SHA256 with its key worked in, and fed whole blocks: copying it costs less than keying it
/// again.
pub(crate) type HmacSha256 = HmacCore<Sha256>;

/// The 32 bytes that HMAC-SHA256 makes; "tag" is the usual word for what a MAC makes.
pub(crate) type Tag = [u8; 32];

/// The MACs of one delivery, one for each secret. All are fed the same bytes, so there is one block
/// for what does not fill a block yet.
pub(crate) struct Macs {
    keyed: Slots<HmacSha256>,
    block: Buffer<HmacSha256>,
}

/// Works `key` into a MAC.
pub(crate) fn prepare(key: &[u8]) -> HmacSha256 {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length: RFC 2104, section 2")]
    HmacSha256::new_from_slice(key).expect("a key of any length")
}

impl Macs {
    pub(crate) fn new<'k>(keyed: impl Iterator<Item = &'k HmacSha256>) -> Self {
        Self { keyed: keyed.cloned().collect(), block: Buffer::<HmacSha256>::default() }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let Self { keyed, block } = self;
        block.digest_blocks(bytes, |blocks| {
            keyed.iter_mut().for_each(|mac| mac.update_blocks(blocks));
        });
    }

    /// Ends them, in their order. What has not been taken is not computed.
    pub(crate) fn finish(&mut self) -> impl Iterator<Item = Tag> {
        let Self { keyed, block } = self;
        keyed.iter_mut().map(|mac| {
            let mut tag = Tag::default();
            mac.finalize_fixed_core(&mut block.clone(), (&mut tag).into());
            tag
        })
    }
}

/// The tag of a message that is there as a whole, in pieces.
pub(crate) fn of<'m>(key: &HmacSha256, message: impl IntoIterator<Item = &'m [u8]>) -> Tag {
    let mut mac = Hmac::<Sha256>::compose(key.clone(), Buffer::<HmacSha256>::default());
    message.into_iter().for_each(|piece| mac.update(piece));
    mac.finalize_fixed().into()
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
