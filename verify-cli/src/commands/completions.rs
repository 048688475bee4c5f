use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{Error, Output, Verdict, args::Cli};

const EXAMPLES: &str = "\
Examples:
  verify completions bash >~/.local/share/bash-completion/completions/verify
  verify completions zsh >~/.zfunc/_verify
  verify completions fish >~/.config/fish/completions/verify.fish";

/// Print the completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// The shell.
    shell: Shell,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "verify", &mut script);
        output.text(String::from_utf8_lossy(&script))?;
        Ok(Verdict::Verified)
    }
}
