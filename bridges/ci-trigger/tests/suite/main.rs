//! The trigger as a process, between the senders' deliveries and services that behave as GitHub,
//! Databricks and Teams document.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod crash;
#[cfg(target_os = "linux")]
#[path = "../../../../examples/receiver-common/crowd.rs"]
mod crowd;
mod dead;
mod operators;
#[cfg(target_os = "linux")]
mod places;
mod service;
mod starts;
mod trigger;
mod trouble;
