//! The bridge as a process, between senders and a service that behaves as Slack's incoming webhooks are
//! documented to.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may panic")]

mod bridge;
mod commands;
mod deliveries;
mod faults;
mod killed;
mod slack;
