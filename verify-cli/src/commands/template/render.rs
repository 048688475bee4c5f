use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use clap::Args;
use verify_toolkit::template::render;

use crate::{
    Error, Output, Verdict,
    payload::{read_template, values_of},
    text::lines,
};

const EXAMPLES: &str = "\
Examples:
  verify template render template.json --event LINK_ARTIFACT
  verify template render template.json --event ADD_ARTIFACT_ALIAS --set alias=champion \\
      --set artifact_metadata.f1=0.93

`alias` and `tag` are blank unless the event is about one, as documented. Metadata and secrets have
values that say what they stand for. What is no variable stays as it was typed.";

/// Print what Weights & Biases would send, with sample values.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The template, as it stands in the form; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The event that happened, in any case. `verify senders wandb` lists them.
    #[arg(long, value_name = "EVENT")]
    event: String,

    /// Set the value of a variable, as in `alias=champion`. Can be repeated.
    #[arg(long, value_name = "VARIABLE=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write VARIABLE=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Options {
    pub(super) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let mut values = values_of(&self.event)?;
        self.set.into_iter().for_each(|(name, value)| values.set(name, value));
        let rendered = render(&read_template(&self.file)?, &values);
        // A pipe gets every byte.
        if io::stdout().is_terminal() {
            output.line(lines(rendered.as_bytes()))?;
        } else {
            output.text(rendered)?;
        }
        Ok(Verdict::Verified)
    }
}
