//! The same comparisons done wrong, each in a way that receivers do them. All must be reported.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::{
    memcheck,
    wire::{Delivery, Wire},
};

type HmacSha256 = Hmac<Sha256>;

/// What is wrong, and a comparison that has it. What comes out is not branched on.
type Leak<A> = (&'static str, fn(&A) -> u8);

/// What a receiver holds at the moment of the comparison.
pub(crate) struct Signature {
    wire: Wire,
    /// Under two secrets, the second of which is the sender's: secret.
    expected: [[u8; 32]; 2],
    /// As it was sent.
    text: Vec<u8>,
    tag: [u8; 32],
}

pub(crate) struct Token {
    expected: Vec<u8>,
    presented: Vec<u8>,
}

pub(crate) const SIGNATURES: &[Leak<Signature>] = &[
    ("stops at the first byte that differs", |signature| {
        stops_early(&signature.expected[1], &signature.tag)
    }),
    ("compares bytes with `==`", |signature| compares(&signature.expected[1], &signature.tag)),
    ("compares text with `==`", |signature| {
        let expected = signature.wire.encode(&signature.expected[1]);
        u8::from(expected.into_bytes() == signature.text)
    }),
    ("writes hex by a table", |signature| {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = |tag: &[u8; 32]| -> Vec<u8> {
            tag.iter()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .map(|n| DIGITS[usize::from(n)])
                .collect()
        };
        digits(&signature.expected[1]).ct_eq(&digits(&signature.tag)).unwrap_u8()
    }),
    ("stops at the first secret that fits", |signature| {
        let fits = |expected: &[u8; 32]| bool::from(expected.ct_eq(&signature.tag));
        u8::from(signature.expected.iter().any(fits))
    }),
    ("looks up the secret's label too early", |signature| {
        let labels = black_box(["old", "new", "none"]);
        let mut place = 2;
        for (expected, number) in signature.expected.iter().zip(0_u8..) {
            place.conditional_assign(&number, expected.ct_eq(&signature.tag));
        }
        labels[usize::from(place)].as_bytes()[0]
    }),
    ("does more if a secret fits", |signature| {
        let found = |found, expected: &[u8; 32]| found | expected.ct_eq(&signature.tag);
        match signature.expected.iter().fold(Choice::from(0), found).into() {
            true => black_box(signature.tag).iter().fold(1, |sum, byte| sum ^ byte),
            false => 0,
        }
    }),
];

pub(crate) const TOKENS: &[Leak<Token>] = &[
    ("stops at the first character that differs", |token| {
        stops_early(&token.expected, &token.presented)
    }),
    ("compares tokens with `==`", |token| compares(&token.expected, &token.presented)),
    ("compares digests with `==`", |token| {
        let [left, right] = [&token.expected, &token.presented].map(Sha256::digest);
        compares(&left, &right)
    }),
];

/// The black boxes hide the lengths: of two arrays, the optimiser makes a comparison without branches,
/// in which there is nothing to find.
fn compares(expected: &[u8], presented: &[u8]) -> u8 {
    u8::from(black_box(expected) == black_box(presented))
}

/// The black box keeps the loop, as above.
fn stops_early(expected: &[u8], presented: &[u8]) -> u8 {
    for (left, right) in expected.iter().zip(presented) {
        if black_box(left) != right {
            return 0;
        }
    }
    1
}

impl Signature {
    pub(crate) fn new(wire: &Wire, secrets: [&str; 2], delivery: &Delivery) -> Self {
        let (text, tag) = wire.signature(delivery);
        let expected = secrets.map(|secret| {
            let mut secret = secret.as_bytes().to_vec();
            memcheck::mark_secret(&mut secret);
            let mac = HmacSha256::new_from_slice(&secret).unwrap().chain_update(wire.message());
            mac.finalize().into_bytes().into()
        });
        Self { wire: *wire, expected, text, tag }
    }
}

impl Token {
    pub(crate) fn new(expected: &str, presented: &str) -> Self {
        let mut expected = expected.as_bytes().to_vec();
        memcheck::mark_secret(&mut expected);
        Self { expected, presented: presented.into() }
    }
}
