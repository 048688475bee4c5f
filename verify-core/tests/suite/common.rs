//! HMAC and encodings as the textbook has them, so that the crate is not measured by its own code.

use sha2::{Digest, Sha256};

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Standard base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let quartet = |chunk: &[u8]| {
        let bits = (0..3).fold(0, |bits, place| {
            bits << 8 | usize::from(chunk.get(place).copied().unwrap_or_default())
        });
        let used = chunk.len();
        [18, 12, 6, 0]
            .map(|shift| char::from(ALPHABET[bits >> shift & 63]))
            .into_iter()
            .enumerate()
            .map(move |(place, character)| if place <= used { character } else { '=' })
    };
    bytes.chunks(3).flat_map(quartet).collect()
}
