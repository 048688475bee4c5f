use clap::Args;
use verify_toolkit::template::OWN;

use crate::{Error, Output, Verdict};

const EXAMPLES: &str = "\
Examples:
  verify template print
  verify template print >template.json";

/// Print the template that the typed payload and the bridges read best, to paste into the form.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {}

impl Options {
    pub(super) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        output.text(OWN)?;
        Ok(Verdict::Verified)
    }
}
