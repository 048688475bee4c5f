#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod attack;
mod capture;
mod delivery;
#[cfg(feature = "explain")]
pub mod explain;
mod request;
pub mod samples;

pub use capture::{Capture, CaptureError, CurlError, CurlProblem, HarError, JsonError};
pub use delivery::{Delivery, SignError};
pub use request::{ParseError, WireRequest};
pub use verify_core::{
    ConfigError, Encoding, Receipt, Rejection, RejectionKind, Secret, Sender, SignedPart, UnixTime,
    Verified, Verifier, databricks, mlflow, wandb,
};
