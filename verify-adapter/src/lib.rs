#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body_buffer;
mod budget;
mod deadline;
mod handle;
mod intake;
mod policy;
mod refusal;

pub use budget::{Budget, Charge};
pub use deadline::Deadline;
pub use handle::{ResolveError, VerifierHandle};
pub use intake::{Head, Intake, Unaccepted};
pub use policy::{Clock, Policy};
pub use refusal::{Answer, Refusal};

/// The `tracing` target of all adapters: `RUST_LOG=verify=debug` shows why deliveries are refused.
pub const LOG_TARGET: &str = "verify";
