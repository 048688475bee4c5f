//! What came of the service's own test.

use super::{Examination, Fault, Report, drops_for_good, receiver, said};
use crate::Tested;

/// Words that a sender's error has, and what they mean. The first that occurs counts.
const WORDS: &[(&str, Fault)] = &[
    ("Invalid webhook URL scheme", Fault::SchemeRefused),
    ("non-public IP", Fault::PrivateRefused),
    ("CERTIFICATE_VERIFY_FAILED", Fault::SenderDistrusts),
    ("SSLError", Fault::SenderDistrusts),
    ("SSLHandshake", Fault::SenderDistrusts),
    ("timed out", Fault::SenderTimedOut),
    ("Timeout", Fault::SenderTimedOut),
    ("NewConnectionError", Fault::SenderCannotConnect),
    ("NameResolutionError", Fault::SenderCannotConnect),
    ("Connection refused", Fault::SenderCannotConnect),
    ("ConnectionError", Fault::SenderCannotConnect),
    ("Connection aborted", Fault::SenderCannotConnect),
];

pub(super) fn look(
    report: &mut Report,
    asked: &Examination<'_>,
    tested: &Tested,
    probed: receiver::Probed,
) {
    let said = asked.clean(&said(tested));
    if let Some(error) = &tested.error {
        let known = WORDS.iter().find(|(word, _)| error.contains(word));
        let fault = known.map_or(Fault::SenderFailed, |(_, fault)| *fault);
        let here = if probed.is_reached { "it can be reached from here; " } else { "" };
        report.find(fault, format!("{here}{said}"));
        return;
    }
    match tested.status {
        Some(200..=299) => report.good("the receiver took the sender's own test"),
        Some(401) if probed.takes_genuine => report.find(Fault::SenderSignsOtherwise, &said),
        Some(401) => report.find(Fault::TestUnauthorized, &said),
        Some(status) => {
            let fault = receiver::of_status(status).unwrap_or(Fault::TestAnswered);
            report.find(fault, &said);
        }
        None => report.find(Fault::TestAnswered, "the service does not say how it was answered"),
    }
    if let Some(status) = tested.status
        && asked.is_mlflow()
        && drops_for_good(status, false)
    {
        report.find(Fault::DeliveriesLost, status.to_string());
    }
}
