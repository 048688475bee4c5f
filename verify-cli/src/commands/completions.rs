use clap::{Args, Command};
use clap_complete::Shell;

use crate::{Error, Output, Verdict};

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
    /// Prints the completions of `command`.
    pub(crate) fn run(self, command: &mut Command, output: &mut Output) -> Result<Verdict, Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "verify", &mut script);
        output.text(String::from_utf8_lossy(&script))?;
        Ok(Verdict::Verified)
    }
}
