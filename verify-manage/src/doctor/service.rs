//! What an error of the service means.

use super::{Fault, Report, line};
use crate::{Error, Registry, Stage, Trouble};

pub(super) fn failed(report: &mut Report, registry: &Registry, error: &Error) {
    let is_mlflow = matches!(registry, Registry::Mlflow(_));
    let fault = match error {
        Error::Ambiguous { .. } => Fault::WebhookAmbiguous,
        Error::Busy { .. } => Fault::ServiceBusy,
        Error::Denied { refusal, .. } if refusal.is_of_token() => Fault::TokenRefused,
        Error::Denied { .. } => Fault::PermissionMissing,
        Error::Invalid(_) => Fault::EventUnknown,
        Error::NotFound { .. } => Fault::WebhookMissing,
        Error::NotTheService { .. } | Error::Unreadable { .. } => Fault::ServiceElsewhere,
        Error::Refused { refusal, .. } => match refusal.status {
            404 | 405 => Fault::ServiceElsewhere,
            // Measured with 3.17.2: the text of the error is empty, or it is a page.
            500 if is_mlflow && (refusal.message.is_empty() || refusal.is_page) => {
                Fault::EncryptionKey
            }
            _ => Fault::ServiceRefused,
        },
        Error::Unanswered { trouble: Trouble::NameUnknown, .. } => Fault::ServiceUnknown,
        Error::Unanswered { trouble: Trouble::TooLarge, .. } => Fault::ServiceElsewhere,
        Error::Unanswered { trouble: Trouble::Certificate(_), .. } => Fault::ServiceCertificate,
        Error::Unanswered { stage: Stage::Connecting, .. } => Fault::ServiceUnreachable,
        _ => Fault::ServiceBroken,
    };
    report.find(fault, line(error));
}
