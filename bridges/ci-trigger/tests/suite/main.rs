//! The trigger as a process, between the senders' deliveries and services that behave as GitHub,
//! Databricks and Teams document.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

mod crash;
mod dead;
#[cfg(target_os = "linux")]
mod instances;
mod operators;
#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
#[path = "../../../../verify-once/tests/suite/port.rs"]
mod port;
#[cfg(target_os = "linux")]
#[expect(dead_code, reason = "the failures of the server are verify-outbox's tests")]
#[path = "../../../../verify-outbox/tests/suite/server.rs"]
mod server;
mod service;
mod starts;
mod trigger;
mod trouble;
