//! The gateway as a process, between senders and a service that records what reaches it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

mod decide;
mod gateway;
mod keep;
mod matrix;
mod operators;
mod proxy;
#[cfg(unix)]
mod reload;
mod settings;
mod tenants;
mod tls;
mod try_out;
mod upstream;
