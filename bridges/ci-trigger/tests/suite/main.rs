//! The trigger as a process, between the senders' deliveries and services that behave as GitHub,
//! Databricks and Teams document.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod crash;
mod dead;
mod operators;
#[cfg(target_os = "linux")]
mod places;
mod service;
mod starts;
mod trigger;
mod trouble;
