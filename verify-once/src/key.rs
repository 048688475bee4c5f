use core::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use std::sync::OnceLock;

use verify_core::Receipt;

/// The key under which a delivery is remembered: [`Receipt::replay_key`].
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key([u8; 32]);

/// Identifies who holds a claim. The caller makes the token **before** it asks the store, so that it can
/// still release a claim whose answer was lost.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Token([u8; 16]);

impl Key {
    /// Takes a key of a store.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes that a store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<&Receipt> for Key {
    fn from(receipt: &Receipt) -> Self {
        Self(receipt.replay_key())
    }
}

impl Token {
    /// Takes 16 bytes that nobody else uses.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Makes one that nobody else makes: random bytes that this process drew once, plus a number. `None` if the system
    /// gives no random bytes.
    pub(crate) fn fresh() -> Option<Self> {
        static PROCESS: OnceLock<u128> = OnceLock::new();
        static NEXT: AtomicU64 = AtomicU64::new(0);

        let process = match PROCESS.get() {
            Some(process) => *process,
            None => {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes).ok()?;
                *PROCESS.get_or_init(|| u128::from_ne_bytes(bytes))
            }
        };
        let number = NEXT.fetch_add(1, Relaxed);
        Some(Self(process.wrapping_add(number.into()).to_ne_bytes()))
    }

    /// Returns the bytes that a store keeps.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Without the bytes: whoever reads a log is not to settle a claim.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

/// Without the bytes.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}
