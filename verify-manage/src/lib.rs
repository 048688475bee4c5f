#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
pub mod apply;
mod body;
mod caller;
mod check;
mod client;
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
mod settings_error;
mod webhook;
mod wire;

pub use caller::Patience;
pub use confidential::{Confidential, without_password};
pub use credential::Credential;
pub use environment::Environment;
pub use error::{Error, Refusal};
pub use invalid::Invalid;
pub use registry::Registry;
pub use server_url::ServerUrl;
pub use settings_error::{HostProblem, SettingsError};
pub use verify_core::ExposedSecret;
pub use webhook::{Destination, Difference, Status, Tested, Webhook};
pub use wire::{CertificateProblem, Certificates, Limits, Stage, Trouble};
