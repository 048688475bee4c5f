#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod receive;
mod refusal;
mod summary;

pub use receive::receive;
pub use refusal::Refusal;
pub use summary::Summary;
pub use verify_core::{ConfigError, Headers, RetryAfter, Secret, Sender, UnixTime, Verifier};
