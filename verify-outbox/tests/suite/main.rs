//! The outbox through its public API.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;
#[cfg(target_os = "linux")]
mod disk;
mod file;
mod http;
mod keep;
mod unposted;
