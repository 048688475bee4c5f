//! The command line as a whole. Each command has its options in its own file.

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{
    Error, Output, Verdict,
    commands::{
        attack, check, completions, diagnose, emulate, explain, listen, man, recorder, send,
        senders, sign, template, webhooks,
    },
    printed::Printed,
};

/// Webhooks of model registries, on your own machine: Databricks, MLflow, Weights & Biases.
#[derive(Debug, Parser)]
#[command(name = "verify", version, max_term_width = 100, before_help = START_HERE, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const START_HERE: &str = "\
Start here: signature mismatch? Your receiver answers 401, or nothing arrives?
  verify diagnose mlflow --to URL   what does my receiver do wrong? No recording is needed
  verify explain request.txt        why was this request refused? From a recording of it
  verify listen                     what arrives? On a page, with the reason where it is refused";

const AFTER_HELP: &str = "\
Secrets are read from a variable, a file or the terminal, and never from the command line, where
other users of the machine see them.

Exit code: 0 verified (or accepted, or nothing found), 1 refused, 2 wrong usage or trouble.";

/// In the order in which one gets to know them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(Printed<send::Options>),
    Sign(Printed<sign::Options>),
    Check(Printed<check::Options>),
    Diagnose(Printed<diagnose::Options>),
    Explain(Printed<explain::Options>),
    Recorder(Printed<recorder::Options>),
    Listen(Printed<listen::Options>),
    Attack(Printed<attack::Options>),
    Emulate(emulate::Options),
    Template(template::Options),
    Webhooks(webhooks::Options),
    Senders(Printed<senders::Options>),
    Completions(completions::Options),
    Man(man::Options),
}

impl Command {
    pub(crate) fn run(self) -> Result<Verdict, Error> {
        match self {
            Self::Send(printed) => printed.run(send::Options::run),
            Self::Sign(printed) => printed.run(sign::Options::run),
            Self::Check(printed) => printed.run(check::Options::run),
            Self::Diagnose(printed) => printed.run(diagnose::Options::run),
            Self::Explain(printed) => printed.run(explain::Options::run),
            Self::Recorder(printed) => printed.run(recorder::Options::run),
            Self::Listen(printed) => printed.run(|options, output| options.run(output)),
            Self::Attack(printed) => printed.run(attack::Options::run),
            Self::Emulate(options) => options.run(),
            Self::Template(options) => options.run(),
            Self::Webhooks(options) => options.run(),
            Self::Senders(printed) => printed.run(senders::Options::run),
            Self::Completions(options) => options.run(&mut Cli::command(), &mut Output::new(false)),
            Self::Man(options) => options.run(Cli::command(), &mut Output::new(false)),
        }
    }
}
