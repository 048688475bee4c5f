//! `verify emulate`: something to develop against.

mod databricks;

use clap::{Args, Subcommand};

use crate::{Error, Verdict, printed::Printed};

const EXAMPLES: &str = "\
Examples:
  verify emulate databricks
  verify emulate databricks --token-env DATABRICKS_TOKEN --store workspace.json";

/// Emulate a workspace to develop against, without an account.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Databricks(Printed<databricks::Options>),
}

impl Options {
    pub(crate) fn run(self) -> Result<Verdict, Error> {
        match self.what {
            What::Databricks(printed) => printed.run(databricks::Options::run),
        }
    }
}
