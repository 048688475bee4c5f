//! Which key the text of a secret stands for: worked out apart from the core, which is tested with it.

use base64ct::{Base64, Base64Unpadded, Encoding as _};
use verify_core::{SecretEncoding, Sender};

/// Returns the key of a secret. `None`: the sender has no such secret.
pub(crate) fn of(sender: &Sender, secret: &[u8]) -> Option<Vec<u8>> {
    if sender.secret_encoding() != SecretEncoding::Base64 {
        return Some(secret.to_vec());
    }
    let text = core::str::from_utf8(secret.strip_prefix(b"whsec_").unwrap_or(secret)).ok()?;
    let key = Base64::decode_vec(text).or_else(|_| Base64Unpadded::decode_vec(text)).ok()?;
    key.iter().any(|byte| *byte != 0).then_some(key)
}

/// Returns another secret of the same sender.
pub(crate) fn another(sender: &Sender, secret: &[u8]) -> Vec<u8> {
    match of(sender, secret) {
        Some(key) if sender.secret_encoding() == SecretEncoding::Base64 => {
            format!("whsec_{}", Base64::encode_string(&[&key[..], b"x"].concat())).into_bytes()
        }
        _ => [secret, b"x"].concat(),
    }
}
