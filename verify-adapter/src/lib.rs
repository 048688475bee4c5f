#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod arrival;
mod body_buffer;
mod budget;
mod clock;
mod extract;
mod handle;
mod intake;
mod own_types;
mod refusal;
mod request;
mod resolver;
mod settings;
mod unheard;

pub use arrival::{Arrival, Decision, Handling};
pub use budget::Budget;
pub use clock::Clock;
pub use extract::{Reported, attempted, delivered, delivered_unless_reported, tell_unreadable};
pub use handle::VerifierHandle;
pub use refusal::{Answer, Refusal};
pub use request::{Read, Request, content_length};
pub use resolver::{Fixed, ResolveError, Resolver};
pub use settings::Settings;

/// The `tracing` target of all adapters: `RUST_LOG=verify=debug` shows why deliveries are refused.
pub const LOG_TARGET: &str = "verify";
