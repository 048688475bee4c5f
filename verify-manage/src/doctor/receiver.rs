//! What the receiver says to deliveries of our own.

use core::time::Duration;

use http::header::{LOCATION, RETRY_AFTER};
use tokio::time::Instant;

use super::{
    Examination, Fault, Report, drops_for_good,
    probe::{Signed, send},
    webhook::Receiver,
};
use crate::{
    Stage, Trouble,
    wire::{Answer, Failure, Wire},
    without_password,
};

/// A receiver that takes longer holds up its sender.
const SLOW: Duration = Duration::from_secs(5);

/// What is known of the receiver.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probed {
    /// Whether it was reached from here.
    pub(super) is_reached: bool,
    /// Whether it took a delivery that was signed with the secret.
    pub(super) takes_genuine: bool,
}

pub(super) async fn examine(
    report: &mut Report,
    asked: &Examination<'_>,
    wire: &Wire,
    receiver: &Receiver,
) -> Probed {
    let mut probed = Probed::default();
    let begun = Instant::now();
    let Some(answer) = send(asked, wire, receiver, Signed::Not).await else { return probed };
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => {
            report.find(of_failure(failure), failure.trouble.to_string());
            return probed;
        }
    };
    probed.is_reached = true;
    slow(report, begun);
    let refuses = match answer.status {
        200..=299 => {
            report.find(Fault::AcceptsUnsigned, answer.status.to_string());
            false
        }
        401 => {
            report.good("the receiver refuses what is not signed");
            true
        }
        _ => {
            of_answer(report, asked, &answer);
            answer.status == 403
        }
    };
    if refuses && let Some(Ok(answer)) = send(asked, wire, receiver, Signed::Wrongly).await {
        match answer.status {
            200..=299 => report.find(Fault::AcceptsForged, answer.status.to_string()),
            _ => report.good("the receiver refuses what is signed with a wrong secret"),
        }
    }
    if asked.secret.is_none() {
        return probed;
    }
    let begun = Instant::now();
    match send(asked, wire, receiver, Signed::Rightly).await {
        Some(Ok(answer)) => {
            slow(report, begun);
            match answer.status {
                200..=299 => {
                    probed.takes_genuine = true;
                    report.good("the receiver takes what is signed with the secret given");
                }
                401 => report.find(Fault::GenuineRefused, "401"),
                _ => of_answer(report, asked, &answer),
            }
        }
        Some(Err(failure)) => report.find(of_failure(failure), failure.trouble.to_string()),
        None => {}
    }
    probed
}

fn slow(report: &mut Report, begun: Instant) {
    let taken = begun.elapsed();
    if taken >= SLOW {
        report.find(Fault::AnswerSlow, format!("{:.1} s", taken.as_secs_f64()));
    }
}

fn of_failure(failure: Failure) -> Fault {
    match (failure.stage, failure.trouble) {
        (_, Trouble::Certificate(_) | Trouble::ClientCertificate) => Fault::ReceiverCertificate,
        (_, Trouble::NotTls) => Fault::ReceiverNotTls,
        (_, Trouble::NameUnknown) => Fault::ReceiverUnknown,
        (_, Trouble::Refused) => Fault::ReceiverRefused,
        (Stage::Connecting, Trouble::TimedOut | Trouble::Unreachable) => Fault::ReceiverUnreachable,
        (_, Trouble::TimedOut) => Fault::ReceiverSilent,
        (_, Trouble::Malformed) => Fault::ReceiverNotHttp,
        _ => Fault::ReceiverHangsUp,
    }
}

/// The fault of a status that is not about a signature.
pub(super) fn of_status(status: u16) -> Option<Fault> {
    Some(match status {
        200..=299 | 401 => return None,
        300..=399 => Fault::AnswerRedirect,
        403 => Fault::AnswerForbidden,
        404 | 410 => Fault::AnswerNotFound,
        405 => Fault::AnswerMethod,
        413 => Fault::AnswerTooLarge,
        415 => Fault::AnswerMediaType,
        429 => Fault::AnswerBusy,
        400..=499 => Fault::AnswerClientError,
        _ => Fault::AnswerServerError,
    })
}

fn of_answer(report: &mut Report, asked: &Examination<'_>, answer: &Answer) {
    let Some(fault) = of_status(answer.status) else { return };
    let detail = match answer.header(LOCATION) {
        Some(place) if fault == Fault::AnswerRedirect => {
            format!("{}, to `{}`", answer.status, without_password(place))
        }
        _ => answer.status.to_string(),
    };
    report.find(fault, asked.clean(&detail));
    let retry_after = answer.header(RETRY_AFTER);
    if asked.is_mlflow() {
        let is_read = |text: &str| {
            let text = text.trim();
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
                || httpdate::parse_http_date(text).is_ok()
        };
        if let Some(text) = retry_after.filter(|text| !is_read(text)) {
            report.find(Fault::RetryAfterUnreadable, asked.clean(text));
        }
        if drops_for_good(answer.status, retry_after.is_some()) {
            report.find(Fault::DeliveriesLost, answer.status.to_string());
        }
    }
}
