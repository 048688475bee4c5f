//! A workspace on loopback, clients' calls as they were recorded, and a receiver that verifies.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

mod calls;
mod client;
mod events;
#[cfg(unix)]
mod store;
#[path = "../endpoint/tls_server.rs"]
mod tls_server;
