//! The command line as a whole. Each command has its options in its own file.

use clap::{Parser, Subcommand};

use crate::{
    Error, Output, Verdict,
    commands::{attack, check, completions, explain, man, send, senders, sign},
    listen,
};

/// Webhooks of model registries, on your own machine: Databricks, MLflow, Weights & Biases.
#[derive(Debug, Parser)]
#[command(name = "verify", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print JSON, one object a line, for scripts.
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Secrets are read from a variable, a file or the terminal, and never from the command line, where
other users of the machine see them.

Exit code: 0 verified (or accepted, or nothing found), 1 refused, 2 wrong usage or trouble.";

/// In the order in which one gets to know them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(send::Options),
    Sign(sign::Options),
    Check(check::Options),
    Explain(explain::Options),
    Listen(listen::Options),
    Attack(attack::Options),
    Senders(senders::Options),
    #[command(hide = true)]
    Completions(completions::Options),
    #[command(hide = true)]
    Man(man::Options),
}

impl Command {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        match self {
            Self::Send(options) => options.run(output),
            Self::Sign(options) => options.run(output),
            Self::Check(options) => options.run(output),
            Self::Explain(options) => options.run(output),
            Self::Listen(options) => options.run(output),
            Self::Attack(options) => options.run(output),
            Self::Senders(options) => options.run(output),
            Self::Completions(options) => options.run(output),
            Self::Man(options) => options.run(output),
        }
    }
}
