//! What is kept of one delivery.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use verify_axum::{Encoding, Receipt, Refusal, UnixTime};

use crate::subject::Subject;

/// What is known of a delivery besides the request itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Facts {
    /// Unix milliseconds.
    pub received_at: u64,
    /// Whose route it came to.
    pub sender: String,
    /// The method of the request.
    pub method: String,
    /// The beginning of its path.
    pub path: String,
    /// For a verified delivery: its event. For a refused delivery: the reason.
    pub subject: String,
    /// The name of its event. For a refused delivery: the event that its body claims.
    #[serde(default)]
    pub event: Option<String>,
    /// What a refused delivery claims to be about. It is not verified.
    #[serde(default)]
    pub claim: Option<String>,
    /// What the verifier said.
    pub verdict: Verdict,
    /// Whether it was refused when it came, and verified later with a corrected secret.
    #[serde(default)]
    pub is_judged_again: bool,
    /// Bytes of body that were kept.
    pub body_len: usize,
    /// Whether the body was longer than what was kept: it was too large, too slow, or broke off.
    pub is_cut_off: bool,
    /// The answers of the handler, oldest first: to the delivery itself, then to the replays.
    pub handled: Vec<Handled>,
}

/// What is known of a delivery, with its number in the store.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The number.
    pub id: u64,
    /// What is known.
    #[serde(flatten)]
    pub facts: Facts,
}

/// What the verifier said.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Verdict {
    /// It went no further.
    Refused {
        /// The word for the reason.
        code: String,
        /// What the sender was answered.
        status: u16,
    },
    /// Its receipt.
    Verified {
        /// The label of the secret.
        secret: Option<String>,
        /// How the signature was written.
        encoding: Option<String>,
        /// The id, if the sender signs one.
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
#[non_exhaustive]
pub struct Handled {
    /// Unix milliseconds.
    pub at: u64,
    /// Whether the page asked for it.
    pub is_replay: bool,
    /// Whether its body was edited on the page, and signed anew.
    #[serde(default)]
    pub is_edited: bool,
    /// How long it took.
    pub millis: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// The handler's answer to a delivery that was handed on.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was an answer.
    Answered {
        /// Its status.
        status: u16,
        /// The beginning of its body.
        body: String,
    },
    /// There was no answer: why.
    Failed(String),
}

impl Facts {
    /// Characters of a method: the request has all of it.
    pub(crate) const METHOD: usize = 16;
    /// Characters of a path: the request has all of it.
    pub(crate) const PATH: usize = 512;
    /// More than this of what became of a delivery is not kept.
    const HANDLED: usize = 20;

    /// Returns whether it verified.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        matches!(self.verdict, Verdict::Verified { .. })
    }

    /// Takes the verdict of now.
    pub(crate) fn judge_again(&mut self, verdict: Verdict, subject: Subject) {
        self.is_judged_again |= !self.is_verified();
        self.verdict = verdict;
        self.claim = None;
        (self.event, self.subject) = (subject.event, subject.words);
    }

    pub(crate) fn push(&mut self, handled: Handled) {
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
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
