//! The size of a body, up to the receiver's limit and beyond.

use super::{
    Expected::{Accepted, Refused, TooLarge},
    Row, row,
};
use crate::attack::{Attempt, Step, Target};

/// The largest body that is sent, in bytes.
const MOST: usize = 64 * 1024 * 1024;

/// The genuine delivery, with so much white space behind the JSON that it has this size.
fn sized(target: &Target, size: usize) -> Option<Attempt> {
    if size < target.body.len() || size > target.body_limit.min(MOST) {
        return None;
    }
    let mut body = target.body.clone();
    body.resize(size, b' ');
    Some(target.draft().of(body).attempt())
}

/// A body that is larger than the limit.
fn beyond(target: &Target) -> Option<Vec<u8>> {
    let mut body = target.body.clone();
    body.resize(Some(target.body_limit).filter(|limit| *limit <= MOST)? + 1, b' ');
    Some(body)
}

/// In chunks of 16 KiB, after the last of which nothing comes: not even the end.
fn endless(attempt: Attempt) -> Attempt {
    attempt.chunked(16 * 1024).then(Step::Stall)
}

pub(super) const ROWS: &[Row] = &[
    row("size/300-kib", "more than frameworks take without being told", Accepted, |t| {
        sized(t, 300 * 1024)
    }),
    row("size/2400255", "the largest body that was recorded from MLflow", Accepted, |t| {
        sized(t, 2_400_255)
    }),
    row("size/at-the-limit", "a genuine delivery as large as the limit", Accepted, |t| {
        sized(t, t.body_limit)
    }),
    row("size/at-the-limit-chunked", "the same without a length", Accepted, |t| {
        Some(sized(t, t.body_limit)?.chunked(16 * 1024))
    }),
    row("size/one-over", "one byte over the limit, announced, and not sent", TooLarge, |t| {
        let body = beyond(t)?;
        let length = u64::try_from(body.len()).ok()?;
        Some(t.draft().of(body).attempt().announcing(length))
    }),
    row("size/one-over-chunked", "one byte over the limit, without a length", TooLarge, |t| {
        Some(endless(t.draft().of(beyond(t)?).attempt()))
    }),
    row("size/far-over", "a length of 9 exabytes, which nobody can keep", TooLarge, |t| {
        Some(t.genuine().announcing(9_000_000_000_000_000_000))
    }),
    row("size/forged-chunked", "a forged body of which more comes than was signed", Refused, |t| {
        Some(t.forged(vec![b' '; t.body_limit.min(200_000)]).chunked(16 * 1024))
    }),
];
