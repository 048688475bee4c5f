//! `verify`: signs, sends, checks and explains webhooks of model registries, and attacks their
//! receivers. The README beside it shows each command.

mod args;
mod clock;
mod commands;
mod error;
mod framework;
mod judge;
mod nearest;
mod output;
mod payload;
mod printed;
mod progress;
mod secret;
mod set;
mod signals;
mod target;
mod text;
mod wrap;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{args::Cli, error::Error, output::Output};

/// How a command ended that did what it was asked to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    /// Verified, accepted, nothing found: exit code 0.
    Verified,
    /// Refused, or something was found: exit code 1.
    Refused,
    /// Sent, and answered by nobody who judges deliveries: exit code 2.
    Undelivered,
}

fn main() -> ExitCode {
    let Cli { command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    match command.run() {
        Ok(Verdict::Verified) => ExitCode::SUCCESS,
        Ok(Verdict::Refused) => ExitCode::from(1),
        Ok(Verdict::Undelivered) => ExitCode::from(2),
        Err(error) => {
            error.print();
            ExitCode::from(2)
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments. It quotes them, and a
/// script may have them from anywhere.
fn misused(error: &clap::Error) -> ExitCode {
    if let Some(text) = secret::typed(error) {
        anstream::eprintln!("{}", wrap::wrapped(&text, wrap::width(&std::io::stderr())));
        return ExitCode::from(2);
    }
    let text = error.render().to_string();
    let shown = text::lines(text.as_bytes());
    if shown == text {
        let _ = error.print();
    } else {
        anstream::eprint!("{shown}");
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
