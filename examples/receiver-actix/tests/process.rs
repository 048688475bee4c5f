//! The tests that all receivers share, against this one.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

#[path = "../../receiver-common/process.rs"]
mod process;

const RECEIVER: &str = env!("CARGO_BIN_EXE_receiver-actix");
