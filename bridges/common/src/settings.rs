use core::{convert::Infallible, net::SocketAddr, ops::Range};
use std::{fs, path::Path};

use serde::de::DeserializeOwned;
use toml::{Spanned, Table};

use crate::{Lines, Mistake};

fn text_of(path: &Path) -> Result<String, Mistake> {
    let text =
        fs::read(path).map_err(|error| Mistake::new(path, format!("cannot be read: {error}")))?;
    String::from_utf8(text).map_err(|_| Mistake::new(path, "is not UTF-8: save it as UTF-8"))
}

/// What could be read of a file of settings.
#[derive(Debug)]
#[non_exhaustive]
pub struct Read<T> {
    /// Without what is wrong.
    pub settings: T,
    /// The lines of the file.
    pub lines: Lines,
    /// What was wrong.
    pub told: Result<(), Mistake>,
}

impl<T: DeserializeOwned> Read<T> {
    /// Reads a file, and skips mistakes, so that all mistakes can be reported at the same time.
    ///
    /// # Errors
    ///
    /// Nothing of it can be read.
    pub fn file(path: &Path) -> Result<Self, Mistake> {
        Self::text(path, &text_of(path)?)
    }

    /// The same for a text; `path` is what mistakes call it.
    ///
    /// # Errors
    ///
    /// Nothing of it can be read.
    pub fn text(path: &Path, text: &str) -> Result<Self, Mistake> {
        let lines = Lines::new(path, text);
        let (mut rest, mut mistakes) = (text.to_owned(), Vec::new());
        // The parser stops at the first mistake. It goes on without what that is about.
        loop {
            let error = match toml::from_str(&rest) {
                Ok(settings) => {
                    let told =
                        Mistake::every::<(), Vec<_>>(mistakes.into_iter().map(Err)).map(drop);
                    return Ok(Self { settings, lines, told });
                }
                Err(error) => error,
            };
            let missing = error.message().strip_prefix("missing field `").map(quoted);
            // It is there, and was taken out.
            if !missing.is_some_and(|name| text.contains(name) && !rest.contains(name)) {
                let place = error.span().map(|span| span.start);
                mistakes.push(lines.mistake(place, in_words(&rest, error.message())));
            }
            let without = error.span().and_then(|span| without(&rest, span, missing.is_some()));
            match without {
                Some(without) if without != rest => rest = without,
                _ => break,
            }
        }
        match Mistake::every::<Infallible, Vec<_>>(mistakes.into_iter().map(Err)) {
            Err(mistake) => Err(mistake),
            Ok(_) => Err(lines.mistake(None, "cannot be read")),
        }
    }
}

/// Blanks the lines of a value, or the table whose head it is in. Nothing of what is no TOML, and no more than a table.
fn without(text: &str, span: Range<usize>, is_table: bool) -> Option<String> {
    text.parse::<Table>().ok()?;
    let before = text.get(..span.start)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let is_head = text.get(start..)?.trim_start().starts_with('[');
    let (after, end) = match (is_head, is_table) {
        (true, _) => (span.start, "\n["),
        (false, false) => (span.end.max(span.start + 1) - 1, "\n"),
        (false, true) => return None,
    };
    let end = text.get(after..)?.find(end).map_or(text.len(), |length| after + length);
    let blank = |char: char| match char {
        '\n' => char.to_string(),
        char => " ".repeat(char.len_utf8()),
    };
    let blank: String = text.get(start..end)?.chars().map(blank).collect();
    Some([text.get(..start)?, &blank, text.get(end..)?].concat())
}

/// What stands up to the next back-quote.
fn quoted(rest: &str) -> &str {
    rest.split('`').next().unwrap_or_default()
}

/// Checks that two listeners have different addresses.
///
/// # Errors
///
/// They have the same.
pub fn check_addresses(
    listen: SocketAddr,
    admin: &Spanned<SocketAddr>,
    lines: &Lines,
) -> Result<(), Mistake> {
    match listen == *admin.as_ref() && listen.port() != 0 {
        true => Err(lines.at(admin, "`listen` is the same: each needs its own")),
        false => Ok(()),
    }
}

/// Says which addresses changed. A running program keeps listening on the old addresses.
#[must_use]
pub fn addresses_that_stay(
    [listen, running_listen]: [SocketAddr; 2],
    [admin, running_admin]: [&Spanned<SocketAddr>; 2],
    lines: &Lines,
) -> Vec<Mistake> {
    let of_listen = (listen != running_listen).then(|| lines.stays(None, "listen"));
    let at = Some(admin.span().start);
    let of_admin = (admin != running_admin).then(|| lines.stays(at, "admin"));
    of_listen.into_iter().chain(of_admin).collect()
}

/// Says what is wrong in words of our own. The message may quote the value, which may be a secret.
fn in_words(text: &str, message: &str) -> String {
    const LINES: &str = "write `name = \"value\"`, or `[table]`, on a line of its own";
    let expected = message.rsplit_once("expected ").map_or("", |(_, expected)| expected);
    if message.starts_with("duplicate ") {
        "this name stands in the same table twice: keep one".to_owned()
    } else if text.parse::<Table>().is_err() {
        format!("not TOML: {LINES}")
    } else if let Some(name) = message.strip_prefix("missing field `") {
        format!("`{}` is missing", quoted(name))
    } else if let Some(name) = message.strip_prefix("unknown field `") {
        let known = expected.trim_start_matches("one of ");
        format!("there is no setting `{}` here; there is {known}", quoted(name))
    } else if message == "invalid socket address syntax" {
        "not an address with a port, such as `127.0.0.1:8080`".to_owned()
    } else {
        format!("should be {}", kind(expected))
    }
}

/// What people call a type.
fn kind(expected: &str) -> &str {
    const KINDS: [(&str, &str); 10] = [
        ("`", ""),
        ("a table or an address", ""),
        ("one of ", ""),
        ("a string", "a text in quotes"),
        ("struct ", "a table"),
        ("a map", "a table"),
        ("a sequence", "a list in brackets"),
        ("a boolean", "`true` or `false`"),
        ("u", "a whole number"),
        ("a nonzero u", "a whole number from 1 on"),
    ];
    let known = KINDS.iter().find(|(start, _)| expected.starts_with(start));
    match known {
        // These are values of ours.
        Some((_, "")) => expected,
        Some((_, words)) => words,
        None => "another kind of value",
    }
}
