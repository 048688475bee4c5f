#![doc = include_str!("../README.md")]
#![no_std]

mod receive;
mod refusal;

pub use receive::{Told, receive};
pub use refusal::Refusal;
pub use verify_core::{
    AnyEvent, ConfigError, Headers, Receipt, RetryAfter, Secret, Sender, UnixTime, Verifier,
};
