//! The tests that all receivers share, against this one.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

#[path = "../../receiver-common/process.rs"]
mod process;

const RECEIVER: &str = env!("CARGO_BIN_EXE_receiver");
/// MiB of resident memory under attack: the budget of 64, and the read buffers of the connections.
const PEAK: usize = 150;
