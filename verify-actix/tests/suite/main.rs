//! The middleware as its users meet it: behind a real server on a socket wherever that matters.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod connections;
#[cfg(feature = "events")]
mod events;
mod extractor_limits;
mod handing_on;
mod limits;
mod report_only;
#[cfg(feature = "events")]
mod retries;
mod support;
mod telling;
mod verifiers;
mod wire;
