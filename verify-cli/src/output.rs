//! Where the results go: standard output, as text for people or as JSON for scripts.

use core::fmt;
use std::io::{self, Write};

use anstream::{AutoStream, stdout};
use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::{
    Error,
    text::Shown,
    wrap::{width, wrapped},
};

pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();

/// Standard output. Colours reach it only on a terminal, and not where `NO_COLOR` is set.
pub(crate) struct Output {
    stream: AutoStream<io::Stdout>,
    is_json: bool,
    /// Whether something was printed since the last flush.
    is_pending: bool,
    /// Whether whoever reads it has seen enough, as `head` does. What a command finds out is its verdict
    /// all the same.
    is_closed: bool,
}

impl Output {
    pub(crate) fn new(is_json: bool) -> Self {
        Self { stream: stdout(), is_json, is_pending: false, is_closed: false }
    }

    /// Whether `--json` was given.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Prints text, as it is. What others wrote goes through [`Shown`] first.
    pub(crate) fn text(&mut self, text: impl fmt::Display) -> Result<(), Error> {
        if self.is_closed {
            return Ok(());
        }
        self.is_pending = true;
        let written = write!(self.stream, "{text}");
        self.check(written)
    }

    /// Prints a line.
    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<(), Error> {
        self.text(format_args!("{line}\n"))
    }

    /// Prints sentences, on as many lines as the terminal needs for them.
    pub(crate) fn prose(&mut self, text: impl fmt::Display) -> Result<(), Error> {
        self.line(wrapped(&text.to_string(), width(&io::stdout())))
    }

    /// Says what to do next, as the last of what people read.
    pub(crate) fn next(&mut self, what: impl fmt::Display) -> Result<(), Error> {
        if self.is_json { Ok(()) } else { self.prose(format_args!("\nnext: {what}")) }
    }

    /// Says something on standard error, beside what scripts read.
    pub(crate) fn aside(text: impl fmt::Display) {
        anstream::eprintln!("{}", wrapped(&text.to_string(), width(&io::stderr())));
    }

    /// Shows what was printed, now: for what goes on for long.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.is_pending = false;
        let flushed = self.stream.flush();
        self.check(flushed)
    }

    /// Whether nobody reads it any more: for what would go on for ever.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn check(&mut self, written: io::Result<()>) -> Result<(), Error> {
        self.is_closed |=
            written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        if self.is_closed { Ok(()) } else { written.map_err(Error::Output) }
    }

    /// Prints what is JSON already as one line.
    pub(crate) fn json_text(&mut self, text: &str) -> Result<(), Error> {
        // The line breaks of pretty JSON are between its values only.
        let line: String = text.lines().map(str::trim_start).collect();
        self.line(Shown::json(&line))
    }

    /// Prints a value as one line of JSON. What a terminal could take for a command is escaped.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), Error> {
        self.line(Shown::json(&value.to_string()))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Another thread may wait for whoever reads, with the lock held.
        if self.is_pending {
            let _ = self.stream.flush();
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("is_json", &self.is_json).finish_non_exhaustive()
    }
}

/// Text in a style. A width counts the text alone.
pub(crate) struct Styled<T>(pub(crate) Style, pub(crate) T);

impl<T: fmt::Display> fmt::Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.1.fmt(f)?;
        write!(f, "{:#}", self.0)
    }
}
