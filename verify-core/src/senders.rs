//! What each sender puts on the wire. Adding one touches its own file and the list below.
//!
//! The marks say how certain a fact is: **measured** on a real server, **documented** by the
//! vendor, **field** (seen in a receiver written against real deliveries), **inferred**,
//! **unknown**.

use crate::Sender;

pub mod databricks;
pub mod mlflow;
pub mod wandb;

pub(crate) const ALL: &[Sender] = &[databricks::SENDER, mlflow::SENDER, wandb::SENDER];
