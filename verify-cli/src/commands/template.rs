//! `verify template`: the payload that people write into the form of an automation.

mod check;
mod print;
mod render;

use clap::{Args, Subcommand};

use crate::{Error, Output, Verdict, printed::Printed};

const EXAMPLES: &str = "\
Examples:
  verify template print
  verify template check template.json
  verify template render template.json --event ADD_ARTIFACT_ALIAS --set alias=champion
  verify send wandb --template template.json --to http://127.0.0.1:8080/webhooks/wandb";

/// Check and fill in the payload template of a Weights & Biases automation.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Check(Printed<check::Options>),
    Render(render::Options),
    Print(print::Options),
}

impl Options {
    pub(crate) fn run(self) -> Result<Verdict, Error> {
        match self.what {
            What::Check(printed) => printed.run(check::Options::run),
            What::Render(options) => options.run(&mut Output::new(false)),
            What::Print(options) => options.run(&mut Output::new(false)),
        }
    }
}
