use verify_core::{Receipt, Secret, UnixTime, Verifier};

use super::{Explainer, Refusal, head, time::signed_moment};

/// Asks the real verifier, for each secret, because there may be more than it takes at once.
pub(super) fn judge(explainer: &Explainer<'_>) -> Result<Receipt, Refusal> {
    let sender = explainer.sender.ok_or(Refusal::SenderUnknown)?;
    let mut refusal = None;
    let secrets = explainer.secrets.iter().map(Some);
    let none = explainer.secrets.is_empty().then_some(None);
    for secret in secrets.chain(none) {
        let mut builder = Verifier::builder(sender);
        builder = match secret {
            Some(believed) => match Secret::new(believed.secret) {
                Ok(secret) => builder.secret_named(&believed.label, secret),
                Err(error) => {
                    refusal.get_or_insert(Refusal::Config(error));
                    continue;
                }
            },
            // A token alone is a configuration that there is.
            None if explainer.bearers.is_empty() && explainer.authorizations.is_empty() => builder,
            None => builder.without_signature(),
        };
        for token in &explainer.bearers {
            builder = builder.bearer(token);
        }
        for value in &explainer.authorizations {
            builder = builder.authorization(value);
        }
        if let (Some(tolerance), Some(_), Some(_)) =
            (explainer.tolerance, sender.timestamp_header(), secret)
        {
            builder = builder.tolerance(tolerance);
        }
        if let Some(bytes) = explainer.body_limit {
            builder = builder.body_limit(bytes);
        }
        match builder.build() {
            Err(error) => {
                refusal.get_or_insert(Refusal::Config(error));
            }
            Ok(verifier) => {
                let request = explainer.request;
                match verifier.verify(now(explainer), &request.headers, &request.body) {
                    Ok(verified) => return Ok(*verified.receipt()),
                    // What the verifier says of the delivery tells more than an unusable secret.
                    Err(rejection) => refusal = Some(Refusal::Rejection(rejection)),
                }
            }
        }
    }
    Err(refusal.unwrap_or(Refusal::SenderUnknown))
}

/// The clock, or the time that was signed.
fn now(explainer: &Explainer<'_>) -> UnixTime {
    let signed = || {
        let header = explainer.sender?.timestamp_header()?;
        signed_moment(head::first(explainer.request, header)?)
    };
    explainer.now.or_else(signed).unwrap_or(UnixTime::from_secs(0))
}
