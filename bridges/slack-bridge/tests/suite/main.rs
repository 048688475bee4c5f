//! The bridge as a process, between senders and a service that behaves as Slack's incoming webhooks are
//! documented to.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

mod bridge;
mod commands;
mod deliveries;
mod faults;
#[cfg(target_os = "linux")]
mod instances;
mod killed;
#[cfg(target_os = "linux")]
#[path = "../../../../verify-once/tests/suite/port.rs"]
mod port;
#[cfg(unix)]
mod reload;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the failures of the server are verify-outbox's tests")]
#[path = "../../../../verify-outbox/tests/suite/server.rs"]
mod server;
mod slack;
