//! The signed delivery id.

use super::{Expected::Refused, Row, row};
use crate::attack::Target;

/// The header, of senders that sign an id.
fn name(target: &Target) -> Option<&'static str> {
    target.sender.delivery_id_header()
}

pub(super) const ROWS: &[Row] = &[
    row("delivery-id/missing", "no id", Refused, |t| Some(t.genuine().without(name(t)?))),
    row("delivery-id/empty", "a header without a value, signed so", Refused, |t| {
        name(t).map(|_| t.draft().named("").attempt())
    }),
    row("delivery-id/another", "another id: an old delivery as a new one", Refused, |t| {
        Some(t.genuine().with(name(t)?, "00000000-0000-4000-8000-000000000000"))
    }),
    row("delivery-id/in-upper-case", "the same id in upper case", Refused, |t| {
        let id = t.draft().delivery_id.to_ascii_uppercase();
        Some(t.genuine().with(name(t)?, id))
    }),
    row("delivery-id/repeated", "the same id twice", Refused, |t| {
        Some(t.genuine().and(name(t)?, t.draft().delivery_id))
    }),
    row(
        "delivery-id/repeated-other-first",
        "another id in front of the signed one",
        Refused,
        |t| Some(t.genuine().behind(name(t)?, "00000000-0000-4000-8000-000000000000")),
    ),
    row("delivery-id/repeated-other-last", "another id behind the signed one", Refused, |t| {
        Some(t.genuine().and(name(t)?, "00000000-0000-4000-8000-000000000000"))
    }),
    row(
        "delivery-id/boundary-moved",
        "time and start of the body moved into the id",
        Refused,
        |t| {
            // Signed: `id.time.` and a body that begins with `time.`. Sent: an id that ends in `.time`,
            // the same time, and the rest of the body. The text that is signed is the same.
            let now = t.now();
            let body = [now.to_string().as_bytes(), b".", &t.body].concat();
            let signed = t.draft().of(body);
            let moved = [&signed.delivery_id[..], b".", now.to_string().as_bytes()].concat();
            Some(signed.attempt().with(name(t)?, moved).sending(t.body.clone()))
        },
    ),
    row("delivery-id/with-a-dot", "an id with the separator in it, signed so", Refused, |t| {
        name(t).map(|_| t.draft().named("a.1").attempt())
    }),
    row("delivery-id/not-text", "an id that is not UTF-8, signed so", Refused, |t| {
        name(t).map(|_| t.draft().named(*b"\xff\xfe").attempt())
    }),
];
