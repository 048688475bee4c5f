#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrival;
mod body_buffer;
mod budget;
mod deadline;
mod delivered;
mod handle;
mod intake;
mod policy;
mod refusal;

pub use arrival::{Arrival, Outcome};
pub use budget::{Budget, Charge};
pub use deadline::Deadline;
pub use delivered::{Reported, delivered, unreadable};
pub use handle::{ResolveError, VerifierHandle};
pub use intake::{Head, Intake, Unaccepted, Unverified, head_memory};
pub use policy::{Clock, Policy};
pub use refusal::{Answer, Refusal};

/// The `tracing` target of all adapters: `RUST_LOG=verify=debug` shows why deliveries are refused.
pub const LOG_TARGET: &str = "verify";
