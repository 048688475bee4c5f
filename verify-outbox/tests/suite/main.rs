//! The outbox through its public API.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![cfg_attr(
    all(any(feature = "nats", feature = "postgres"), target_os = "linux"),
    expect(clippy::panic, reason = "helpers of tests with servers may panic")
)]

#[cfg(all(feature = "postgres", target_os = "linux"))]
#[path = "../../../verify-once/tests/suite/authority.rs"]
mod authority;
mod common;
mod conform;
#[cfg(target_os = "linux")]
mod disk;
mod file;
mod http;
mod keep;
mod laws;
#[cfg(all(feature = "nats", target_os = "linux"))]
mod nats;
#[cfg(all(any(feature = "nats", feature = "postgres"), target_os = "linux"))]
#[path = "../../../verify-once/tests/suite/port.rs"]
mod port;
#[cfg(all(feature = "postgres", target_os = "linux"))]
mod postgres;
#[cfg(all(feature = "postgres", target_os = "linux"))]
mod server;
#[cfg(target_os = "linux")]
mod small_disk;
#[cfg(all(feature = "postgres", target_os = "linux"))]
mod tls;
mod unposted;
