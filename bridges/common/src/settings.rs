use core::net::SocketAddr;
use std::{fs, path::Path};

use serde::de::DeserializeOwned;
use toml::Spanned;

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
        lines.mistake(place, without_value(error.message()))
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

/// Drops the value that a message quotes: it may be a secret.
fn without_value(message: &str) -> String {
    let quotes_value = ["invalid type: ", "invalid value: ", "unknown variant "];
    if message == "invalid socket address syntax" {
        return "not an address with a port, such as `127.0.0.1:8080`".to_owned();
    }
    if !quotes_value.iter().any(|start| message.starts_with(start)) {
        return message.to_owned();
    }
    // The last one: the value may have one too.
    match message.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => "not a value that is known".to_owned(),
    }
}
