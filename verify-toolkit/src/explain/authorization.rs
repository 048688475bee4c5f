use super::{Cause, Certainty, Explainer, Finding, head, secret::decoded_base64};

/// What is wrong with `Authorization`, if the verifier asks for one.
pub(super) fn findings(explainer: &Explainer<'_>) -> Option<Finding> {
    if explainer.bearers.is_empty() && explainer.authorizations.is_empty() {
        return None;
    }
    let (cause, certainty, detail) = judge(explainer)?;
    Some(Finding::new(vec![cause], certainty, detail))
}

fn judge(explainer: &Explainer<'_>) -> Option<(Cause, Certainty, Option<String>)> {
    use Certainty::{Observed, Proved};

    let values: Vec<_> = explainer.request.header("authorization").collect();
    if explainer.bearers.iter().any(|token| token_of(token).is_some()) {
        return Some((Cause::TokenWithScheme, Proved, None));
    }
    let value = match values[..] {
        [] => {
            let mut moved = explainer.request.renamed("authorization");
            let found = moved.find(|(_, value)| is_accepted(explainer, value));
            return Some(match found {
                Some((name, _)) => (Cause::AuthorizationRenamed, Proved, Some(head::shown(name))),
                None => (Cause::AuthorizationMissing, Observed, None),
            });
        }
        [value] => value,
        _ => return Some((Cause::AuthorizationDoubled, Proved, None)),
    };
    if is_accepted(explainer, value) {
        return None;
    }
    let proved = |cause| Some((cause, Proved, None));
    let is_token = |text: &[u8]| explainer.bearers.contains(&text);
    let rest = token_of(value).unwrap_or(value);
    if is_token(value) {
        return proved(Cause::AuthorizationSchemeMissing);
    }
    if token_of(rest).is_some_and(is_token) {
        return proved(Cause::AuthorizationBearerDoubled);
    }
    let is_wrapping = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>".contains(byte);
    let start = rest.iter().position(|byte| !is_wrapping(byte)).unwrap_or(0);
    let end = rest.iter().rposition(|byte| !is_wrapping(byte)).map_or(start, |last| last + 1);
    if token_of(value).is_some() && is_token(&rest[start..end]) {
        return proved(Cause::AuthorizationQuoted);
    }
    let (scheme, other) = value.split_at(value.iter().position(|byte| *byte == b' ').unwrap_or(0));
    let other = other.trim_ascii();
    let basic = decoded_base64(other).unwrap_or_default();
    if is_token(other) || is_token(&basic) || basic.split(|byte| *byte == b':').any(is_token) {
        return proved(Cause::AuthorizationScheme);
    }
    let mut secrets = explainer.secrets.iter().chain(&explainer.previous);
    if secrets.any(|believed| [value, rest, other].contains(&believed.secret)) {
        return proved(Cause::AuthorizationSecret);
    }
    let is_basic = scheme.eq_ignore_ascii_case(b"basic") && explainer.authorizations.is_empty();
    let cause = if is_basic { Cause::AuthorizationScheme } else { Cause::AuthorizationMismatch };
    Some((cause, Observed, None))
}

fn is_accepted(explainer: &Explainer<'_>, value: &[u8]) -> bool {
    explainer.authorizations.contains(&value)
        || token_of(value).is_some_and(|token| explainer.bearers.contains(&token))
}

/// What is behind `Bearer` and a space.
fn token_of(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("bearer ".len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer ");
    is_bearer.then(|| if rest.starts_with(b" ") { rest.trim_ascii_start() } else { rest })
}
