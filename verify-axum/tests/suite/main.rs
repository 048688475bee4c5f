//! What only tower, hyper and axum have. What both adapters do is tried in `proofs/adapters`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod expect;
mod handing_on;
mod limits;
mod report_only;
mod support;
mod telling;
