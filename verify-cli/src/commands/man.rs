use std::{fs, path::PathBuf};

use clap::{Args, Command};

use crate::{Error, Output, Verdict};

const EXAMPLES: &str = "\
Examples:
  verify man | man -l -
  verify man --out ~/.local/share/man/man1";

/// Print the manual page, or write one for each command.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Write a page for each command into this folder, which is made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Options {
    /// Prints or writes the pages of `command`.
    pub(crate) fn run(self, command: Command, output: &mut Output) -> Result<Verdict, Error> {
        if let Some(folder) = self.out {
            fs::create_dir_all(&folder)
                .and_then(|()| clap_mangen::generate_to(command, &folder))
                .map_err(|error| Error::File { path: folder, error })?;
        } else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(Error::Output)?;
            output.text(String::from_utf8_lossy(&page))?;
        }
        Ok(Verdict::Verified)
    }
}
