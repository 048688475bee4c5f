//! What adapters share, with a framework of a few lines.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

mod answers;
mod arrival;
#[cfg(feature = "metrics")]
mod metrics;
mod support;
