//! Ways around the guard to the same handler. What comes by them is not signed.

use super::{Expected::Unreached, Row, row};
use crate::attack::{Attempt, Target};

/// Without a signature, by another method.
fn by(target: &Target, method: &str) -> Attempt {
    let mut attempt = target.genuine().without(target.header());
    attempt.method = method.to_owned();
    attempt
}

/// Without a signature, at another spelling of the path.
fn at(target: &Target, path: String) -> Option<Attempt> {
    let mut attempt = target.genuine().without(target.header());
    attempt.path = path;
    Some(attempt)
}

pub(super) const ROWS: &[Row] = &[
    row("route/put", "no signature, by PUT", Unreached, |t| Some(by(t, "PUT"))),
    row("route/patch", "no signature, by PATCH", Unreached, |t| Some(by(t, "PATCH"))),
    row("route/method-override", "no signature, and another method in a header", Unreached, |t| {
        Some(by(t, "POST").and("x-http-method-override", "PUT"))
    }),
    row("route/doubled-slash", "no signature, and a slash more in the path", Unreached, |t| {
        let (start, last) = t.path.rsplit_once('/')?;
        // Two at the start would name a host.
        (!start.is_empty()).then(|| at(t, format!("{start}//{last}")))?
    }),
    row("route/dot-segment", "no signature, and a dot in the path", Unreached, |t| {
        at(t, format!("/.{}", t.path))
    }),
    row(
        "route/percent-encoded",
        "no signature, and a letter of the path encoded",
        Unreached,
        |t| {
            let (start, last) = t.path.rsplit_once('/')?;
            let first = last.bytes().next().filter(u8::is_ascii_alphanumeric)?;
            at(t, format!("{start}/%{first:02x}{}", last.split_at(1).1))
        },
    ),
];
