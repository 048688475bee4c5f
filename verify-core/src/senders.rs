//! What each sender puts on the wire. Adding one touches its own file and the lists below.

use crate::{Fact, Sender};

pub mod databricks;
pub mod mlflow;
pub mod wandb;

pub(crate) const ALL: &[Sender] = &[databricks::SENDER, mlflow::SENDER, wandb::SENDER];
pub(crate) const FACTS: &[(&str, &[Fact])] = &[
    (databricks::SENDER.name(), databricks::FACTS),
    (mlflow::SENDER.name(), mlflow::FACTS),
    (wandb::SENDER.name(), wandb::FACTS),
];
