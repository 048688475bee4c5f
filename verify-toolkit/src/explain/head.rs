//! Headers, under the names that proxies and gateways give them.

use crate::WireRequest;

/// The first value of a header.
pub(super) fn first<'r>(request: &'r WireRequest, name: &str) -> Option<&'r [u8]> {
    request.header(name).next()
}

/// The headers whose name is made from `name`: with underscores, `HTTP_` in front, or a prefix of a
/// gateway such as `X-Forwarded-` or `X-Amzn-Remapped-`.
pub(super) fn renamed<'r>(
    request: &'r WireRequest,
    name: &str,
) -> impl Iterator<Item = (&'r str, &'r [u8])> {
    let core = name.trim_start_matches("x-").to_owned();
    let is_renamed = move |other: &str| {
        let other = other.to_ascii_lowercase().replace('_', "-");
        other == core || other.strip_suffix(&core).is_some_and(|front| front.ends_with('-'))
    };
    let name = name.to_owned();
    request
        .headers
        .iter()
        .filter(move |(other, _)| !other.eq_ignore_ascii_case(&name) && is_renamed(other))
        .map(|(other, value)| (other.as_str(), value.as_slice()))
}

/// Makes a name that came over the wire fit to be printed.
pub(super) fn shown(name: &str) -> String {
    let short: String = name.chars().take(64).collect();
    format!("`{}`", short.escape_debug())
}
