//! What `Content-Length` says about who changed the body.

use super::super::{Cause, Family, Side};
use crate::WireRequest;

pub(in super::super) fn content_length(request: &WireRequest) -> Option<usize> {
    let mut lengths = request.header("content-length");
    let length = core::str::from_utf8(lengths.next()?).ok()?.trim().parse().ok()?;
    lengths.next().is_none().then_some(length)
}

/// Whether a header names a compression.
pub(in super::super) fn is_encoded(request: &WireRequest) -> bool {
    request
        .header("content-encoding")
        .any(|coding| !coding.trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// Where the bytes became others than were signed, if the length tells it.
pub(in super::super) fn side(request: &WireRequest, causes: &[Cause], signed: usize) -> Side {
    let is_told = |cause: &Cause| cause.family() != Family::Body || cause.what().is_some();
    let changed = causes.iter().any(|cause| cause.family() == Family::Body);
    let announced = content_length(request).filter(|_| !is_encoded(request));
    let Some(announced) = announced.filter(|_| changed && causes.iter().all(is_told)) else {
        return Side::Unknown;
    };
    let body = request.body.as_slice();
    // A line end more is the end of the file that the request was saved in.
    let behind = body.get(announced..);
    let fits = behind.is_some_and(|rest| rest.iter().all(|byte| matches!(byte, b'\r' | b'\n')));
    match (fits, announced == signed) {
        (true, false) => Side::Sender,
        (false, true) => Side::Receiver,
        // Both have this length, or none has.
        _ => Side::Unknown,
    }
}
