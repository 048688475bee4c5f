//! Headers, and how their names are shown.

use crate::WireRequest;

/// The first value of a header.
pub(super) fn first<'r>(request: &'r WireRequest, name: &str) -> Option<&'r [u8]> {
    request.header(name).next()
}

/// Makes a name that came over the wire fit to be printed.
pub(super) fn shown(name: &str) -> String {
    let short: String = name.chars().take(64).collect();
    format!("`{}`", short.escape_debug())
}
