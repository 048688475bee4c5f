//! The signed time. Every text here is signed as it stands: it is the receiver's reading that is
//! tried.

use super::{
    Expected::{Accepted, Refused},
    Row, row,
};
use crate::attack::{Attempt, Target};

/// The header, of senders that sign a time.
fn name(target: &Target) -> Option<&'static str> {
    target.sender.timestamp_header()
}

/// A delivery with this made of the time.
fn timed<T: ToString>(target: &Target, make: impl Fn(u64) -> T) -> Option<Attempt> {
    signed_at(target, make(target.now()))
}

/// A delivery with this for a time.
fn signed_at(target: &Target, time: impl ToString) -> Option<Attempt> {
    name(target).map(|_| target.draft().timed(time).attempt())
}

/// The digits of the time with something behind the first.
fn with_behind_first(now: u64, what: char) -> String {
    let mut digits = now.to_string();
    digits.insert(1, what);
    digits
}

pub(super) const ROWS: &[Row] = &[
    row("time/missing", "no time", Refused, |t| Some(t.genuine().without(name(t)?))),
    row("time/empty", "a header without a value", Refused, |t| timed(t, |_| "")),
    row("time/repeated", "the same time twice", Refused, |t| {
        Some(t.genuine().and(name(t)?, t.now().to_string()))
    }),
    row("time/repeated-stale-first", "a stale time in front of the signed one", Refused, |t| {
        Some(t.genuine().behind(name(t)?, "1"))
    }),
    row("time/repeated-stale-last", "a stale time behind the signed one", Refused, |t| {
        Some(t.genuine().and(name(t)?, "1"))
    }),
    row("time/just-fresh", "nearly as old as the tolerance allows", Accepted, |t| {
        signed_at(t, t.now().checked_sub(t.margin().0)?)
    }),
    row("time/just-ahead", "ahead by nearly as much as the tolerance allows", Accepted, |t| {
        signed_at(t, t.now().checked_add(t.margin().0)?)
    }),
    row("time/stale", "older than the tolerance allows: a replay", Refused, |t| {
        signed_at(t, t.now().checked_sub(t.margin().1)?)
    }),
    row("time/ahead", "ahead of the tolerance: to be replayed later", Refused, |t| {
        signed_at(t, t.now().checked_add(t.margin().1)?)
    }),
    row("time/renewed", "an old delivery under a new time", Refused, |t| {
        let old = t.draft().timed(t.now().checked_sub(t.margin().1)?);
        Some(old.attempt().with(name(t)?, t.now().to_string()))
    }),
    row("time/zero", "1970", Refused, |t| timed(t, |_| 0)),
    row("time/negative", "a negative time", Refused, |t| timed(t, |now| format!("-{now}"))),
    row("time/plus", "a plus in front, which some parsers take", Refused, |t| {
        timed(t, |now| format!("+{now}"))
    }),
    row("time/leading-zero", "a second spelling of the same time", Refused, |t| {
        timed(t, |now| format!("0{now}"))
    }),
    row("time/fraction", "a fraction", Refused, |t| timed(t, |now| format!("{now}.0"))),
    row("time/exponent", "a float", Refused, |t| timed(t, |now| format!("{now}e0"))),
    row("time/milliseconds", "milliseconds", Refused, |t| signed_at(t, t.now().checked_mul(1000)?)),
    row("time/least-i64", "the least of 64 bits, whose distance overflows", Refused, |t| {
        timed(t, |_| i64::MIN)
    }),
    row("time/greatest-i64", "the greatest of 63 bits", Refused, |t| timed(t, |_| i64::MAX)),
    row("time/greatest-u64", "the greatest of 64 bits", Refused, |t| timed(t, |_| u64::MAX)),
    row("time/too-many-digits", "more than 64 bits", Refused, |t| {
        timed(t, |now| format!("{now}0000000000000"))
    }),
    row("time/not-a-number", "`NaN`, to which nothing is far", Refused, |t| timed(t, |_| "NaN")),
    row("time/infinity", "`Infinity`", Refused, |t| timed(t, |_| "Infinity")),
    row("time/text", "a date", Refused, |t| timed(t, |_| "2026-11-21T19:41:41Z")),
    row("time/hex", "hex digits", Refused, |t| timed(t, |now| format!("{now:#x}"))),
    row("time/underscore", "an underscore, which Python's `int` skips", Refused, |t| {
        timed(t, |now| with_behind_first(now, '_'))
    }),
    row(
        "time/other-digits",
        "digits of another script, which Python's `int` takes",
        Refused,
        |t| {
            let digits = |now: u64| {
                let digit = |c: char| char::from_u32(u32::from(c) - u32::from('0') + 0x0660);
                now.to_string().chars().filter_map(digit).collect::<String>()
            };
            timed(t, digits)
        },
    ),
    row("time/space-within", "a space between the digits", Refused, |t| {
        timed(t, |now| with_behind_first(now, ' '))
    }),
    row("time/list", "two times in one header", Refused, |t| {
        timed(t, |now| format!("{now},{now}"))
    }),
];
