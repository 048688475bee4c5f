//! What all commands take that print something for people or for scripts.

use clap::Args;

use crate::{Error, Output, Verdict};

// No doc comment: clap would take it for the command's, which is that of the options.
#[derive(Args, Debug)]
pub(crate) struct Printed<O: Args> {
    #[command(flatten)]
    options: O,

    /// Print JSON, one object a line, for scripts.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

impl<O: Args> Printed<O> {
    pub(crate) fn run(
        self,
        run: impl FnOnce(O, &mut Output) -> Result<Verdict, Error>,
    ) -> Result<Verdict, Error> {
        run(self.options, &mut Output::new(self.json))
    }
}
