//! The receiver as a process, over real sockets, with TLS, in both versions of HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod client;
mod deliveries;
mod floods;
mod limits;
mod once;
mod receiver;
mod reload;
mod settings;
mod stop;
mod tenants;
