#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod builder;
mod collector;
mod config_error;
mod credential;
mod declassify;
mod delivery_id;
mod encoding;
#[cfg(feature = "events")]
mod events;
mod fact;
mod head;
mod headers;
mod inline_text;
mod judgement;
mod label;
mod mac;
mod pending;
mod receipt;
mod rejection;
mod retry_after;
mod rules;
mod secret;
mod sender;
mod senders;
#[cfg(feature = "sign")]
mod signer;
mod slots;
mod time;
mod verified;
mod verifier;
mod verify;

pub use builder::VerifierBuilder;
pub use collector::{Buffer, Collector, Unverified};
pub use config_error::ConfigError;
pub use encoding::Encoding;
#[cfg(feature = "events")]
pub use events::{EventError, Payload, UnixMillis};
pub use fact::{Certainty, Fact};
pub use headers::{Headers, Occurrence};
pub use pending::Pending;
pub use receipt::Receipt;
pub use rejection::{Rejection, RejectionKind};
pub use retry_after::RetryAfter;
#[cfg(feature = "alloc")]
pub use secret::ExposedSecret;
pub use secret::{Secret, SecretEncoding};
pub use sender::{Sender, SignedPart};
#[cfg(feature = "events")]
pub use senders::AnyEvent;
pub use senders::{databricks, mlflow, standard_webhooks, wandb};
#[cfg(feature = "sign")]
pub use signer::{SignedHeaders, Signer};
#[cfg(feature = "std")]
pub use time::OutOfRange;
pub use time::UnixTime;
pub use verified::Verified;
pub use verifier::Verifier;
