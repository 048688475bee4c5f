//! One suite for both adapters: whatever is tried here is tried against each of them, behind a real
//! server on a socket, or called directly where what counts is not on the wire. What only one of the frameworks has is in `verify-axum/tests` or `verify-actix/tests`.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod client;
mod direct;
mod events;
mod http_2;
mod limits;
mod load;
mod matrix;
mod once;
mod reasons;
mod report_only;
mod retries;
mod server;
mod telling;
mod verifiers;
mod wire;
