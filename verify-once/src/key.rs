use core::fmt;

use verify_core::Receipt;

/// Under which a delivery is remembered: [`Receipt::replay_key`].
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Key([u8; 32]);

/// Who holds a claim. The caller makes it **before** it asks the store, so that a claim whose answer was
/// lost can still be released.
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

    /// Makes one that nobody else makes. `None` if the system gives no random bytes.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).ok().map(|()| Self(bytes))
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
