//! The command as its users run it: a process, its output, its exit code.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod attack;
mod check;
mod diagnose;
mod emulate;
mod explain;
mod help;
mod hostile;
mod secrets;
mod send;
mod senders;
mod sign;
mod support;
mod template;
#[path = "../../../verify-toolkit/tests/endpoint/tls_server.rs"]
mod tls_server;
mod webhooks;
