//! The gateway as a process, between senders and a service that records what reaches it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may panic")]

#[cfg(unix)]
#[expect(dead_code, reason = "what is said of stores is verify-once's tests")]
#[path = "../../../verify-once/tests/suite/authority.rs"]
mod authority;
mod connections;
mod decide;
mod gateway;
#[cfg(unix)]
mod https;
mod keep;
mod matrix;
#[cfg(target_os = "linux")]
#[path = "../../../verify-outbox/tests/suite/nats/server.rs"]
mod nats;
mod operators;
#[cfg(target_os = "linux")]
#[path = "../../../verify-once/tests/suite/port.rs"]
mod port;
mod proxy;
#[cfg(target_os = "linux")]
mod publish;
#[cfg(unix)]
mod reload;
mod servers;
mod settings;
#[cfg(unix)]
mod stop;
mod tenants;
mod tls;
mod try_out;
mod upstream;
