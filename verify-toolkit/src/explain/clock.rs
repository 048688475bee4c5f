use super::{
    Cause, Certainty, Explainer, Finding,
    fit::Fit,
    head,
    time::{LATEST, plain_seconds},
};

/// The verifier's own default, in seconds.
const TOLERANCE: u64 = 300;
/// How near to a whole half hour a difference has to be, in seconds.
const NEAR: u64 = 60;
/// The zone that is furthest from UTC, in seconds.
const FURTHEST_ZONE: u64 = 14 * 3600;

/// What is wrong with the time.
pub(super) fn findings(explainer: &Explainer<'_>, fit: Option<&Fit>) -> Option<Finding> {
    let header = explainer.sender?.timestamp_header()?;
    let signed = fit.and_then(|fit| fit.time.as_deref());
    let text = signed.or_else(|| head::first(explainer.request, header))?;
    let certainty = if signed.is_some() { Certainty::Proved } else { Certainty::Observed };
    let (cause, detail) = judge(text.trim_ascii(), explainer)?;
    // Shown already by the signature: it is over the same time in seconds.
    let is_shown = fit.is_some_and(|fit| fit.has(Cause::SignedTimestampChanged));
    if is_shown && cause == Cause::TimestampMilliseconds {
        return None;
    }
    // Whole hours may be chance.
    let certainty = if cause == Cause::TimeZone { Certainty::Observed } else { certainty };
    Some(Finding::new(vec![cause], certainty, detail))
}

fn judge(text: &[u8], explainer: &Explainer<'_>) -> Option<(Cause, Option<String>)> {
    let text = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text);
    let Some(seconds) = plain_seconds(text) else {
        return Some((Cause::TimestampFormat, None));
    };
    // Not measured against the clock, which may be what is wrong.
    if seconds > LATEST {
        return Some((Cause::TimestampMilliseconds, None));
    }
    let now = explainer.now?.as_secs();
    if now > LATEST {
        return Some((Cause::ClockMilliseconds, None));
    }
    let off = seconds.abs_diff(now);
    if off <= explainer.tolerance.map_or(TOLERANCE, |tolerance| tolerance.as_secs()) {
        return None;
    }
    let side = if seconds > now { "ahead of" } else { "behind" };
    let hours = off.saturating_add(NEAR) / 1800 * 1800;
    if hours >= 1800 && off.abs_diff(hours) <= NEAR && hours <= FURTHEST_ZONE {
        let detail = format!("{}:{:02} h {side} your clock", hours / 3600, hours % 3600 / 60);
        return Some((Cause::TimeZone, Some(detail)));
    }
    let cause = if seconds > now { Cause::ClockBehind } else { Cause::DeliveryOld };
    Some((cause, Some(format!("{off} s {side} your clock"))))
}
