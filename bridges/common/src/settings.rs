use core::net::SocketAddr;
use std::{fs, path::Path};

use serde::de::DeserializeOwned;
use toml::{Spanned, Table};

use crate::{Lines, Mistake};

/// Reads a file of settings. Returns what stands in it, and its lines.
///
/// # Errors
///
/// The file cannot be read, is no TOML, or has other tables or values than a `T`.
pub fn read_settings<T: DeserializeOwned>(path: &Path) -> Result<(T, Lines), Mistake> {
    let text = fs::read_to_string(path)
        .map_err(|error| Mistake::new(path, format!("cannot be read: {error}")))?;
    parse_settings(path, &text)
}

/// The same for a text; `path` is what mistakes call it.
///
/// # Errors
///
/// It is no TOML, or has other tables or values than a `T`.
pub fn parse_settings<T: DeserializeOwned>(path: &Path, text: &str) -> Result<(T, Lines), Mistake> {
    let lines = Lines::new(path, text);
    let file = toml::from_str(text).map_err(|error| {
        let place = error.span().map(|span| span.start);
        lines.mistake(place, in_words(text, error.message()))
    })?;
    Ok((file, lines))
}

/// Checks that two listeners have addresses of their own.
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

/// Says what is wrong in words of our own. The message may quote the value, which may be a secret.
fn in_words(text: &str, message: &str) -> String {
    const LINES: &str = "write `name = \"value\"`, or `[table]`, on a line of its own";
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();
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
