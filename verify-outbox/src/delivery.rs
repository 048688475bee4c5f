use core::fmt;
use std::sync::Arc;

use verify_core::{UnixTime, Verified};

/// A kept delivery. It was verified before, because nothing else can be kept.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The same for each posting of this delivery, and for no other delivery. The destination may
    /// recognise a second posting by it. It is the replay key, unless the sender's deliveries [may be
    /// alike](crate::Builder::retention_of_alike).
    pub key: [u8; 32],
    /// The sender's name: `databricks`.
    pub sender: String,
    /// When it was received.
    pub received_at: UnixTime,
    /// The body, byte for byte as it was sent. It may hold personal data or a token.
    pub body: Vec<u8>,
}

impl Delivery {
    /// Returns the key in hex, as it is logged.
    #[must_use]
    pub fn key_hex(&self) -> String {
        self.key.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Tells the event of a delivery, for the log.
pub(crate) type EventOf = Arc<dyn Fn(&Delivery) -> Option<String> + Send + Sync>;

/// What is kept of it.
impl<B: AsRef<[u8]>> From<&Verified<B>> for Delivery {
    fn from(verified: &Verified<B>) -> Self {
        let receipt = verified.receipt();
        Self {
            key: receipt.replay_key(),
            sender: receipt.sender().to_owned(),
            received_at: receipt.received_at(),
            body: verified.body().as_ref().to_vec(),
        }
    }
}

/// Leaves the body out.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("sender", &self.sender)
            .field("received_at", &self.received_at)
            .finish_non_exhaustive()
    }
}

/// That a delivery is on the disk. Acknowledge it in either case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kept {
    /// It came for the first time, and will be posted.
    New,
    /// It came before, and is not posted again.
    Repeated,
}
