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
pub use intake::{Intake, Unaccepted};
pub use policy::{Clock, Policy};
pub use refusal::{Answer, Refusal};
