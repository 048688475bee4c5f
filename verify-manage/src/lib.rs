#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
pub mod apply;
mod caller;
mod check;
mod confidential;
mod create;
mod credential;
pub mod databricks;
#[cfg(feature = "doctor")]
pub mod doctor;
mod environment;
mod error;
mod event;
mod invalid;
pub mod mlflow;
mod registry;
mod server_url;
mod webhook;
mod wire;

pub use caller::Patience;
pub use confidential::{Confidential, without_password};
pub use credential::Credential;
pub use environment::Environment;
pub use error::{Error, Refusal, SettingsError};
pub use invalid::Invalid;
pub use registry::Registry;
pub use server_url::{HostProblem, ServerUrl};
pub use verify_core::ExposedSecret;
pub use webhook::{Destination, Difference, Status, Tested, Webhook};
pub use wire::{CertificateProblem, Certificates, Limits, Stage, Trouble};
