use core::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

/// Prints lines to standard output. Whoever reads it may have seen enough.
///
/// # Errors
///
/// A line for people: they could not be written.
pub fn print_lines(lines: impl IntoIterator<Item = impl Display>) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    let written = lines.into_iter().try_for_each(|line| writeln!(stdout, "{line}"));
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(format!("standard output: {error}"))
        }
        _ => Ok(()),
    }
}

/// Returns "1 route", "2 routes", for words with such a plural.
#[must_use]
pub fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
