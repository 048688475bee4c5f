//! What only actix-web has. What both adapters do is tried in `proofs/adapters`.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod connections;
mod extractor_limits;
mod handing_on;
mod limits;
mod support;
mod telling;
mod wire;
