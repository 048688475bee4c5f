//! What is kept of one delivery.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use verify_axum::{Encoding, Receipt, Refusal, UnixTime};

/// What is known of a delivery besides the request itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Facts {
    /// Unix milliseconds.
    pub(super) received_at: u64,
    /// Whose route it came to.
    pub(super) sender: String,
    pub(super) method: String,
    /// Its beginning.
    pub(super) path: String,
    /// What it is about: the event of a verified one, the reason of a refused one.
    pub(super) subject: String,
    pub(super) verdict: Verdict,
    /// Bytes of body that were kept.
    pub(super) body_len: usize,
    /// Whether there was more body than was kept: it was too large, too slow, or broke off.
    pub(super) is_cut_off: bool,
    /// What became of it, oldest first: the delivery itself, then the replays.
    pub(super) handled: Vec<Handled>,
}

/// What is known of a delivery, with the number that it is kept under.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    pub(super) id: u64,
    #[serde(flatten)]
    pub(super) facts: Facts,
}

/// What the verifier said.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub(super) enum Verdict {
    Refused {
        code: String,
        /// What the sender was answered.
        status: u16,
    },
    Verified {
        secret: Option<String>,
        encoding: Option<String>,
        delivery_id: Option<String>,
        /// Unix seconds.
        signed_at: Option<u64>,
        /// Seconds from signing to receiving.
        skew: Option<i64>,
        /// Hex.
        replay_key: String,
    },
}

/// What the handler of `--forward-to` said.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Handled {
    /// Unix milliseconds.
    pub(super) at: u64,
    pub(super) is_replay: bool,
    pub(super) millis: u64,
    pub(super) outcome: Outcome,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Answered {
        status: u16,
        /// The beginning of its body.
        body: String,
    },
    /// There was no answer: why.
    Failed(String),
}

impl Facts {
    /// Characters of the method of a request that is not kept.
    pub(super) const METHOD: usize = 16;
    /// Characters of a path: the request has all of it.
    pub(super) const PATH: usize = 512;
    /// More than this of what became of a delivery is not kept.
    const HANDLED: usize = 20;

    pub(super) const fn is_verified(&self) -> bool {
        matches!(self.verdict, Verdict::Verified { .. })
    }

    pub(super) fn push(&mut self, handled: Handled) {
        // The first is the delivery itself, or the first replay.
        if self.handled.len() >= Self::HANDLED {
            self.handled.remove(1);
        }
        self.handled.push(handled);
    }
}

impl From<&Receipt> for Verdict {
    fn from(receipt: &Receipt) -> Self {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::Verified {
            secret: receipt.secret_label().map(ToOwned::to_owned),
            encoding: receipt.encoding().map(|encoding| match encoding {
                Encoding::Hex => "hex".to_owned(),
                _ => "base64".to_owned(),
            }),
            delivery_id: receipt.delivery_id().map(ToOwned::to_owned),
            signed_at: receipt.signed_at().map(UnixTime::as_secs),
            skew: receipt.skew(),
            replay_key: hex(receipt.replay_key()),
        }
    }
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { code: refusal.code().to_owned(), status: refusal.answer().status }
    }
}

/// Unix milliseconds. 0 for a clock that stands before 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
