use core::fmt;

use super::{Case, Expected, Outcome};
use crate::remedy::Remedy;

/// How bad it is what a receiver does about a case.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Severity {
    /// The receiver accepts forged deliveries from anybody, or reveals the secret.
    Critical,
    /// Somebody who has a genuine delivery can misuse it, or anybody can exhaust the receiver.
    High,
    /// A difference from what the sender does. No attacker is known to gain anything from it.
    Low,
    /// A crash, or genuine deliveries that are lost.
    Medium,
}

impl Severity {
    /// Every severity, the worst first.
    pub const WORST_FIRST: &'static [Self] = &[Self::Critical, Self::High, Self::Medium, Self::Low];

    /// Returns its name, such as `critical`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Low => "low",
            Self::Medium => "medium",
        }
    }

    /// Returns whether it is as bad as another one, or worse.
    #[must_use]
    pub fn is_at_least(self, other: Self) -> bool {
        let place = |of: Self| Self::WORST_FIRST.iter().position(|severity| *severity == of);
        place(self) <= place(other)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a failed case means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Harm {
    /// How bad it is.
    pub severity: Severity,
    /// What an attacker gains, or the operator loses, as a sentence without its end.
    pub gains: &'static str,
    /// What to do about it.
    pub remedy: Remedy,
}

const fn harm(severity: Severity, gains: &'static str, remedy: Remedy) -> Harm {
    Harm { severity, gains, remedy }
}

/// What it means if a receiver accepts a forgery whose name begins so. The first that fits counts.
const ACCEPTED: &[(&str, Harm)] = &[
    ("secret/another", NOTHING),
    ("secret/empty", KNOWN_SECRET),
    ("secret/undefined", KNOWN_SECRET),
    ("secret/none", KNOWN_SECRET),
    ("secret/null", KNOWN_SECRET),
    (
        "secret/bearer",
        harm(Severity::High, "who knows the bearer token can sign deliveries too", Remedy::Secret),
    ),
    (
        "secret/",
        harm(
            Severity::Low,
            "the receiver reads the secret in another way than the sender, so that it is easier to guess",
            Remedy::Secret,
        ),
    ),
    ("signature/repeated", AMBIGUOUS),
    ("signature/list-without-fit", NOTHING),
    ("signature/list", AMBIGUOUS),
    // The signature of these is right. `signature/missing` finds who needs none.
    ("signature/in-", ELSEWHERE),
    ("signature/under", ELSEWHERE),
    ("signature/", NOTHING),
    (
        "spelling/",
        harm(
            Severity::Low,
            "one delivery has several signatures, so that a memory of signatures takes a replay for new",
            Remedy::Compare,
        ),
    ),
    (
        "credential/",
        harm(Severity::High, "the bearer token is not needed, or not all of it", Remedy::Token),
    ),
    ("time/repeated", AMBIGUOUS),
    (
        "time/",
        harm(Severity::High, "who recorded a delivery can send it again at any time", Remedy::Time),
    ),
    ("delivery-id/repeated", AMBIGUOUS),
    (
        "delivery-id/",
        harm(
            Severity::High,
            "a delivery can be sent again under another id, as a new one",
            Remedy::SignedText,
        ),
    ),
    (
        "body/signed",
        harm(
            Severity::Medium,
            "the receiver verifies other bytes than it was sent, so that two bodies have one signature",
            Remedy::RawBody,
        ),
    ),
    ("body/trap", NOTHING),
    (
        "body/",
        harm(
            Severity::Critical,
            "who recorded one delivery can have any body taken for genuine",
            Remedy::RawBody,
        ),
    ),
    ("framing/forged", NOTHING),
    ("framing/early", NOTHING),
    (
        "framing/",
        harm(
            Severity::High,
            "two servers see different requests in the same bytes, so that one can be smuggled past the other",
            Remedy::Limit,
        ),
    ),
    (
        "route/",
        harm(
            Severity::Critical,
            "the handler is reached by a way that nothing checks",
            Remedy::Compare,
        ),
    ),
    ("size/forged", NOTHING),
    ("size/", HELD),
];

const NOTHING: Harm = harm(
    Severity::Critical,
    "anybody can have a delivery of their own taken for genuine",
    Remedy::Compare,
);
const KNOWN_SECRET: Harm = harm(
    Severity::Critical,
    "the receiver runs with a secret that everybody knows, so anybody can sign deliveries",
    Remedy::Secret,
);
const AMBIGUOUS: Harm = harm(
    Severity::Medium,
    "a proxy and the receiver may look at different values of one header",
    Remedy::Header,
);
const ELSEWHERE: Harm = harm(
    Severity::Medium,
    "the signature is taken from where the sender does not put it, and where a proxy does not look for it",
    Remedy::Header,
);
const HELD: Harm = harm(
    Severity::High,
    "anybody can use up the receiver's memory or its connections",
    Remedy::Limit,
);
const TOLD: Harm =
    harm(Severity::Low, "the answer tells whoever tries how far a forgery came", Remedy::Compare);
const LEAKED: Harm =
    harm(Severity::Critical, "the answer shows what signs deliveries", Remedy::Secret);
const CRASHED: Harm = harm(
    Severity::Medium,
    "anybody can make the receiver fail, before it knows who sends",
    Remedy::RawBody,
);
const LOST: Harm = harm(Severity::Medium, "genuine deliveries are lost", Remedy::RawBody);

/// What was not ready for the header of this case, or for the body.
fn of_crash(name: &str) -> Harm {
    let remedy = match name.split('/').next() {
        Some("credential" | "delivery-id" | "signature" | "time") => Remedy::Header,
        Some("spelling") => Remedy::Compare,
        _ => CRASHED.remedy,
    };
    Harm { remedy, ..CRASHED }
}

fn of_accepted(name: &str) -> Harm {
    let named = ACCEPTED.iter().find(|(start, _)| name.starts_with(start));
    named.map_or(NOTHING, |(_, harm)| *harm)
}

/// What the answer to a case means in which something was found.
pub(super) fn of(case: &Case, outcome: &Outcome, findings: &[String]) -> Option<Harm> {
    let first = findings.first()?;
    let has = |text: &str| findings.iter().any(|finding| finding.contains(text));
    let status = match outcome {
        Outcome::Answered(answer) => Some(answer.status),
        _ => None,
    };
    let is_accepted = matches!(status, Some(200..=299));
    let is_forged =
        matches!(case.expected, Expected::Refused | Expected::Unaccepted | Expected::Unreached);
    Some(if has("the answer shows its") || has("the answer shows the signature") {
        LEAKED
    } else if is_forged && is_accepted {
        of_accepted(case.name)
    } else if case.name.starts_with("connection/")
        || case.expected == Expected::TooLarge && (is_accepted || status.is_none())
    {
        HELD
    } else if is_forged && status.is_none_or(|status| status >= 500) {
        // A body that never comes keeps a connection.
        if status.is_none() { HELD } else { of_crash(case.name) }
    } else if matches!(case.expected, Expected::Accepted | Expected::Authentic | Expected::TryAgain)
        && first.contains("instead of")
    {
        match case.name.split('/').next() {
            Some("size") => Harm { remedy: Remedy::Limit, ..LOST },
            Some("time") => Harm { remedy: Remedy::Time, ..LOST },
            Some("framing") if status.is_none() => HELD,
            _ => LOST,
        }
    } else {
        TOLD
    })
}

#[cfg(test)]
mod tests {
    use super::{Remedy, Severity, of_accepted, of_crash};

    /// Nobody makes a signature that is right, wherever it is read.
    #[test]
    fn a_right_signature_in_another_place_is_no_forgery() {
        for (name, severity) in [
            ("signature/missing", Severity::Critical),
            ("signature/digest", Severity::Critical),
            ("signature/list-without-fit", Severity::Critical),
            ("signature/list-right-last", Severity::Medium),
            ("signature/in-a-trailer", Severity::Medium),
            ("signature/underscores", Severity::Medium),
            ("signature/under-another-sender", Severity::Medium),
        ] {
            assert_eq!(of_accepted(name).severity, severity, "{name}");
        }
    }

    #[test]
    fn who_fails_at_a_header_is_told_to_look_at_the_header() {
        for (name, remedy) in [
            ("signature/missing", Remedy::Header),
            ("delivery-id/missing", Remedy::Header),
            ("spelling/not-utf-8", Remedy::Compare),
            ("body/trap-deep", Remedy::RawBody),
        ] {
            assert_eq!(of_crash(name).remedy, remedy, "{name}");
        }
    }
}
