use core::fmt;
use std::collections::BTreeSet;

/// What came back for an attempt.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// An answer.
    Answered(Answer),
    /// The connection was closed without an answer. In process: the service panicked or returned an
    /// error.
    Closed,
    /// Nothing, for as long as the target's patience lasted.
    Silent,
    /// The channel cannot carry the attempt.
    Skipped,
}

/// An HTTP response.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case, sorted.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, or its first 64 KiB.
    pub body: Vec<u8>,
}

impl Answer {
    /// Makes an answer from what a channel received.
    #[must_use]
    pub fn new(status: u16, mut headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> Self {
        headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
        headers.sort();
        Self { status, headers, body }
    }

    /// Returns the answer without `date` and `connection`, which say nothing about the receiver.
    #[must_use]
    pub fn told(&self) -> Self {
        const SILENT: [&str; 4] = ["connection", "content-length", "date", "keep-alive"];
        let mut told = self.clone();
        told.headers.retain(|(name, _)| !SILENT.contains(&name.as_str()));
        told
    }

    /// The names of the headers in which another answer differs.
    pub(super) fn differing(&self, other: &Self) -> BTreeSet<String> {
        let own: BTreeSet<_> = self.headers.iter().collect();
        let other = other.headers.iter().collect();
        own.symmetric_difference(&other).map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn contains(&self, text: &[u8]) -> bool {
        let is_in = |bytes: &[u8]| bytes.windows(text.len().max(1)).any(|window| window == text);
        is_in(&self.body) || self.headers.iter().any(|(_, value)| is_in(value))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(answer) => answer.fmt(f),
            Self::Closed => f.write_str("connection closed"),
            Self::Silent => f.write_str("no answer"),
            Self::Skipped => f.write_str("skipped"),
        }
    }
}

/// The status, and as much of the body as fits on a line.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if self.body.is_empty() {
            return Ok(());
        }
        let shown: String = String::from_utf8_lossy(&self.body).chars().take(60).collect();
        write!(f, " {shown:?}")
    }
}
