//! The wanted webhooks as a file, and the steps that lead there.
//!
//! ```toml
//! # The webhooks of this file are marked `[verify:team-a/..]` in their descriptions: what has another mark
//! # or none is left alone.
//! set = "team-a"
//!
//! [[mlflow]]
//! name = "deploy"
//! url = "https://hooks.example.com/webhooks/mlflow"
//! events = ["model_version_alias.created", "model_version_alias.deleted"]
//! secret_env = "MLFLOW_WEBHOOK_SECRET" # or `secret_file`; without either, deliveries are not signed
//! description = "moves the champion"   # may be left out
//! status = "active"                    # or "disabled"
//!
//! [[databricks]]
//! name = "deploy"
//! url = "https://hooks.example.com/webhooks/databricks"
//! events = ["MODEL_VERSION_TRANSITIONED_STAGE"]
//! secret_file = "/run/secrets/databricks"
//! model = "fraud"                      # without it: the whole registry
//! authorization_env = "HOOK_AUTHORIZATION"
//! verify_tls = true
//! status = "active"                    # or "disabled", "test_mode"
//! ```
//!
//! No service says what the secret is, so a changed secret is no difference: it is sent where a webhook
//! is made, where Databricks replaces the whole destination, and where one asks for it.

mod file;
mod plan;

pub use self::{
    file::{File, FileError, Wanted},
    plan::{Action, Choices, Plan, Step},
};
