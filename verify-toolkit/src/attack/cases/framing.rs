//! How a body comes over the wire.

use super::{
    Expected::{Accepted, Refused, TryAgain, Unaccepted},
    Row, row,
};
use crate::attack::{Attempt, Framing, Step, Target};

/// A forged head, whose signature decodes but cannot fit.
fn without_signature(target: &Target) -> Attempt {
    target.genuine().without(target.header())
}

/// The body behind headers that frame it wrongly.
fn framed(target: &Target, headers: &[(&str, String)]) -> Option<Attempt> {
    let mut attempt = target.genuine();
    attempt.framing = Framing::Raw;
    Some(headers.iter().fold(attempt, |attempt, (name, value)| attempt.and(name, value.as_str())))
}

/// The same with what stands on the wire for a body, signed as it stands.
fn written(target: &Target, text: &str, headers: &[(&str, String)]) -> Option<Attempt> {
    let mut attempt = target.draft().of(text).attempt();
    attempt.framing = Framing::Raw;
    Some(headers.iter().fold(attempt, |attempt, (name, value)| attempt.and(name, value.as_str())))
}

/// A length that a receiver would wait for.
fn announced(target: &Target) -> u64 {
    u64::try_from(target.body_limit).unwrap_or(u64::MAX).min(900_000)
}

/// Half of a body, if there is one.
fn half(target: &Target) -> Option<(&[u8], &[u8])> {
    target.body.split_at_checked(length(target) / 2).filter(|(_, rest)| !rest.is_empty())
}

fn length(target: &Target) -> usize {
    target.body.len()
}

pub(super) const ROWS: &[Row] = &[
    row("framing/chunked", "a genuine delivery in one chunk", Accepted, |t| {
        Some(t.genuine().chunked(usize::MAX))
    }),
    row("framing/one-byte-a-chunk", "a genuine delivery in chunks of one byte", Accepted, |t| {
        Some(t.genuine().chunked(1))
    }),
    row("framing/forged-one-byte-a-chunk", "a forged one in chunks of one byte", Refused, |t| {
        Some(t.forged(t.body.to_ascii_uppercase()).chunked(1))
    }),
    row("framing/trailers", "a genuine delivery with trailers behind it", Accepted, |t| {
        let trailer = ("x-checksum".to_owned(), b"0".to_vec());
        Some(t.genuine().chunked(64).then(Step::Trailers(vec![trailer])))
    }),
    row(
        "framing/expect-continue",
        "a genuine delivery that waits to be asked for",
        Accepted,
        |t| Some(t.genuine().and("expect", "100-continue")),
    ),
    row("framing/large-header", "4 KB of a header that nobody needs", Accepted, |t| {
        Some(t.genuine().and("x-request-context", "x".repeat(4 * 1024)))
    }),
    row("framing/early-answer", "no signature, and a body that never comes", Refused, |t| {
        Some(without_signature(t).announcing(announced(t)))
    }),
    row("framing/early-answer-chunked", "the same without a length", Refused, |t| {
        let mut attempt = without_signature(t).announcing(0);
        attempt.framing = Framing::Chunked;
        Some(attempt)
    }),
    row("framing/early-answer-continue", "the same, waiting to be asked for it", Refused, |t| {
        Some(without_signature(t).announcing(announced(t)).and("expect", "100-continue"))
    }),
    row("framing/stalls", "a body of which the second half never comes", TryAgain, |t| {
        let (start, _) = half(t)?;
        let mut attempt = t.genuine().sending(start);
        attempt.framing = Framing::Length(u64::try_from(length(t)).ok()?);
        Some(attempt.then(Step::Stall))
    }),
    row(
        "framing/breaks-off",
        "chunks without their end, all of the signed body",
        Unaccepted,
        |t| Some(t.genuine().chunked(64).then(Step::BreakOff)),
    ),
    row("framing/length-too-small", "a body longer than its length", Unaccepted, |t| {
        framed(t, &[("content-length", length(t).checked_sub(1)?.to_string())])
    }),
    row("framing/two-lengths", "two lengths that differ", Unaccepted, |t| {
        let right = length(t).to_string();
        framed(t, &[("content-length", right), ("content-length", "0".to_owned())])
    }),
    row("framing/length-list", "a list of lengths", Unaccepted, |t| {
        framed(t, &[("content-length", format!("{}, 0", length(t)))])
    }),
    row("framing/length-plus", "a plus in front of the length", Unaccepted, |t| {
        framed(t, &[("content-length", format!("+{}", length(t)))])
    }),
    row("framing/length-negative", "a negative length", Unaccepted, |t| {
        framed(t, &[("content-length", format!("-{}", length(t)))])
    }),
    row("framing/length-beyond-u64", "a length beyond 64 bits", Unaccepted, |t| {
        framed(t, &[("content-length", "99999999999999999999".to_owned())])
    }),
    row(
        "framing/length-and-chunked",
        "a length and chunks, signed as the length reads it",
        Unaccepted,
        |t| {
            let text = "2\r\n{}\r\n0\r\n\r\n";
            let headers = [
                ("content-length", text.len().to_string()),
                ("transfer-encoding", "chunked".into()),
            ];
            written(t, text, &headers)
        },
    ),
    row("framing/unknown-transfer", "a transfer coding that nobody knows", Unaccepted, |t| {
        framed(t, &[("transfer-encoding", "x-unheard-of".to_owned())])
    }),
    row("framing/chunk-size-no-number", "a chunk whose size is no number", Unaccepted, |t| {
        written(t, "zz\r\n{}\r\n0\r\n\r\n", &[("transfer-encoding", "chunked".to_owned())])
    }),
    row("framing/chunk-size-beyond-u64", "a chunk beyond 64 bits", Unaccepted, |t| {
        written(t, "fffffffffffffffff\r\n{}", &[("transfer-encoding", "chunked".to_owned())])
    }),
];
