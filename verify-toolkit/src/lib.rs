#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attack;
mod capture;
mod delivery;
#[cfg(feature = "explain")]
pub mod diagnose;
#[cfg(feature = "emulator")]
pub mod emulator;
#[cfg(feature = "socket")]
mod endpoint;
#[cfg(feature = "explain")]
pub mod explain;
mod forge;
mod forgery;
mod key;
pub mod remedy;
mod request;
pub mod samples;
mod senders;
pub mod template;

pub use capture::{BodyError, Capture, CaptureError, CurlError, CurlProblem, JsonError, Note};
pub use delivery::{Delivery, SignError};
#[cfg(feature = "tls")]
pub use endpoint::TlsError;
#[cfg(feature = "socket")]
pub use endpoint::{Endpoint, UrlError};
pub use forgery::Forgery;
pub use request::{ParseError, WireRequest};
pub use verify_core::{
    AnyEvent, Certainty, ConfigError, Encoding, EventError, Fact, Receipt, Rejection,
    RejectionKind, Secret, SecretEncoding, Sender, SignedPart, UnixTime, Verified, Verifier,
    databricks, mlflow, standard_webhooks, wandb,
};
