//! Deliveries that are signed as a mistaken receiver expects them, and what its mistake is then.

use verify_core::{Encoding, SecretEncoding, Sender};

use super::Finding;
use crate::{
    WireRequest,
    attack::{Attempt, Case, Expected, Target, respaced, spell_in},
    explain::{
        Cause, Certainty, Explainer, Family, Misreading, Misreadings, misreadings, others,
        signed_text_of, spelling,
    },
};

/// What a receiver is explained with that has another secret.
const LIMIT: u64 = 8 * 1024 * 1024;
/// Hours by which a clock may be wrong: time zones.
const HOURS: core::ops::RangeInclusive<i64> = -12..=14;

/// A delivery, and what a receiver does wrong that accepts it.
pub(super) struct Probe {
    pub(super) attempt: Attempt,
    target: Target,
    means: Means,
}

enum Means {
    /// These are wrong, and with another secret if there is a key.
    Misread(Vec<Cause>, Option<Vec<u8>>),
    /// A case of the matrix: what explain says, and otherwise this.
    Case(String),
    /// It is signed as another sender does.
    Other(Cause, Sender),
    /// Its clock is so many hours off.
    Hours(i64),
}

pub(super) fn unsigned(target: &Target) -> Attempt {
    let sender = target.sender();
    let signed =
        [Some(sender.signature_header()), sender.delivery_id_header(), sender.timestamp_header()];
    let mut attempt = target.genuine();
    attempt.headers.retain(|(name, _)| !signed.contains(&Some(name.as_str())));
    attempt
}

/// A delivery that is signed with another secret.
pub(super) fn forged(target: &Target) -> Attempt {
    target.draft().keyed("a secret that nobody has").attempt()
}

/// The same document as no library writes it, with a letter that some escape, and a number that some write otherwise.
pub(super) fn telling(body: &[u8]) -> Vec<u8> {
    let mut body = respaced(body, b"  ");
    let end = body.iter().rposition(|byte| *byte == b'}');
    let is_empty = body.iter().filter(|byte| !byte.is_ascii_whitespace()).count() <= 2;
    if let Some(end) = end {
        let comma = if is_empty { "" } else { ",  " };
        let field = format!("{comma}\"verify_diagnose\":  \"caf\u{e9} </>\"");
        body.splice(end..end, field.into_bytes());
    }
    body
}

/// What is tried, one group after the other until something is accepted: the body written again, cut or wrapped; the
/// secret, what is signed besides the body, and the function; then what the matrix has, other senders, and other hours;
/// and two mistakes at once.
pub(super) fn groups(target: &Target) -> [Vec<Probe>; 6] {
    let found = misreadings(&request(&target.genuine()), target.sender(), target.secret());
    let of_pairs = of_pairs(&found, target);
    let is_of_body =
        |found: &Misreading| found.causes.iter().any(|cause| cause.family() == Family::Body);
    let (of_body, of_rest) = found.single.into_iter().partition(is_of_body);
    let probes =
        |found: Vec<Misreading>| found.iter().map(|found| found.probe(target)).collect::<Vec<_>>();
    let (of_body, of_rest) = (probes(of_body), probes(of_rest));
    [of_body, of_rest, of_cases(target), of_others(target), of_clock(target), of_pairs]
}

/// Two things read wrongly, or one, with the signature written in hex for base64 or the other way round.
fn of_pairs(found: &Misreadings, target: &Target) -> Vec<Probe> {
    let sender = target.sender();
    let (encoding, cause) = match sender.encodings().first() {
        Some(Encoding::Hex) => (Encoding::Base64, Cause::SignatureBase64),
        _ => (Encoding::Hex, Cause::SignatureHex),
    };
    let mut told = Vec::new();
    let singles = found.single.iter().filter(|found| {
        let is_new = found.causes.len() == 1 && !told.contains(&&found.causes);
        told.extend(is_new.then_some(&found.causes));
        is_new
    });
    let respelled = singles.map(|found| {
        let signature = format!("{}{}", sender.prefix(), spell_in(encoding, &found.tag));
        found.probe_with(target, &[cause], signature)
    });
    found.pairs.iter().map(|found| found.probe(target)).chain(respelled).collect()
}

impl Misreading {
    /// The delivery that somebody expects who reads it so.
    fn probe(&self, target: &Target) -> Probe {
        self.probe_with(target, &[], target.draft().spell(&self.tag))
    }

    /// The same with more causes, which make another signature of it.
    fn probe_with(&self, target: &Target, more: &[Cause], signature: String) -> Probe {
        let means = Means::Misread([&self.causes, more].concat(), self.key.clone());
        Probe { attempt: target.draft().attempt_with(signature), target: target.clone(), means }
    }
}

/// What the matrix has of secrets, of ways to write a signature, and of times in other units.
fn of_cases(target: &Target) -> Vec<Probe> {
    let only = ["secret/", "signature/", "spelling/", "time/milliseconds"];
    let is_wanted = |case: &Case| {
        // A list may be taken, and a name in capitals; a signature that is none says nothing here.
        case.expected == Expected::Refused && !case.name.starts_with("signature/repeated")
    };
    let cases = target.clone().only(only).cases().into_iter().filter(is_wanted);
    let probe = |case: Case| {
        let said = format!("It accepts `{}` of `verify attack`: {}.", case.name, case.tries);
        Probe { attempt: case.attempt, target: target.clone(), means: Means::Case(said) }
    };
    cases.map(probe).chain(in_capitals(target)).collect()
}

/// The signature with its letters in capitals, of senders that write hex.
fn in_capitals(target: &Target) -> Option<Probe> {
    let sender = target.sender();
    let draft = target.draft();
    let signature = draft.spell(&draft.tag());
    let bare = signature.strip_prefix(sender.prefix())?;
    let is_hex = bare.bytes().all(|byte| byte.is_ascii_hexdigit());
    let attempt = draft.attempt_with(format!("{}{}", sender.prefix(), bare.to_ascii_uppercase()));
    let said = format!(
        "It compares the signature as text, with its letters in capitals, and {} writes small ones: compare bytes.",
        sender.title()
    );
    is_hex.then(|| Probe { attempt, target: target.clone(), means: Means::Case(said) })
}

/// Deliveries of other senders with the same body and secret.
fn of_others(target: &Target) -> Vec<Probe> {
    let probe = |(cause, sender): (Cause, Sender)| {
        let other = target.clone().of_sender(sender);
        let attempt = other.genuine();
        Probe { attempt, target: target.clone(), means: Means::Other(cause, sender) }
    };
    others(target.sender()).map(probe).collect()
}

/// The same delivery at other hours of the day.
fn of_clock(target: &Target) -> Vec<Probe> {
    if target.sender().timestamp_header().is_none() {
        return Vec::new();
    }
    let probe = |hours: i64| {
        let time = target.now().checked_add_signed(hours * 3600)?;
        let attempt = target.draft().timed(time).attempt();
        Some(Probe { attempt, target: target.clone(), means: Means::Hours(hours) })
    };
    HOURS.filter(|hours| *hours != 0).filter_map(probe).collect()
}

fn request(attempt: &Attempt) -> WireRequest {
    let Attempt { method, path, headers, .. } = attempt.clone();
    WireRequest { method, path, headers, body: attempt.data().flatten().copied().collect() }
}

impl Probe {
    /// What a receiver does wrong that accepts this.
    pub(super) fn finding(&self) -> Finding {
        match &self.means {
            Means::Misread(causes, None) => of_causes(causes.clone(), self.target.sender()),
            Means::Misread(causes, Some(key)) => {
                let is_other = |cause: &Cause| cause.family() != Family::Secret;
                let (others, of_key): (Vec<_>, Vec<_>) = causes.iter().copied().partition(is_other);
                let mut finding = self.of_key(key, &of_key);
                if !others.is_empty() && !of_key.is_empty() {
                    let other = of_causes(others, self.target.sender());
                    finding.text = format!("{} {}", finding.text, other.text);
                    finding.causes.extend(other.causes);
                }
                finding
            }
            Means::Case(said) => {
                let request = request(&self.attempt);
                let causes = explained(&request, self.target.sender(), self.target.secret());
                if causes.is_empty() {
                    Finding { causes, text: said.clone() }
                } else {
                    of_causes(causes, self.target.sender())
                }
            }
            Means::Other(cause, sender) => Finding {
                causes: vec![*cause],
                text: format!(
                    "It expects what {} sends, with the signature in `{}`: configure it for {}, which sends `{}`.",
                    sender.title(),
                    sender.signature_header(),
                    self.target.sender().title(),
                    self.target.sender().signature_header(),
                ),
            },
            Means::Hours(hours) => Finding {
                causes: vec![Cause::TimeZone],
                text: format!(
                    "Its clock is some {hours:+} hours off, or it takes local time for UTC: compare the time of the \
                     delivery, Unix seconds, with `time.time()` or `Date.now() / 1000`, and let the machine follow NTP."
                ),
            },
        }
    }

    /// It has another secret: what is wrong with that, is what `explain` says to whoever has it.
    fn of_key(&self, key: &[u8], causes: &[Cause]) -> Finding {
        let sender = self.target.sender();
        let is_text =
            key == self.target.secret() && sender.secret_encoding() != SecretEncoding::Verbatim;
        let found = match is_text {
            true => vec![Cause::SecretStandardWebhooks],
            false => explained(&request(&self.target.genuine()), sender, key),
        };
        if found.is_empty() {
            return of_causes(causes.to_vec(), sender);
        }
        let texts: Vec<_> = found.iter().map(|cause| cause.text()).collect();
        let text =
            format!("The receiver's secret is not the one of the sender. {}", texts.join(" "));
        Finding { causes: found, text }
    }
}

/// Why a delivery does not verify with a secret, if that can be shown.
fn explained(request: &WireRequest, sender: Sender, secret: &[u8]) -> Vec<Cause> {
    let explainer = Explainer::new(request, None).sender(sender).secret("receiver", secret);
    let explanation = explainer.work_limit(LIMIT).explain();
    let proved = explanation.findings().iter().filter(|found| found.certainty == Certainty::Proved);
    proved.flat_map(|found| found.causes.iter().copied()).collect()
}

/// What it does wrong that expects a delivery of which these are true.
fn of_causes(causes: Vec<Cause>, sender: Sender) -> Finding {
    let clauses: Vec<_> = causes.iter().map(|cause| clause(*cause)).collect();
    let mut families: Vec<_> = causes.iter().map(|cause| cause.family()).collect();
    families.dedup();
    let so: Vec<_> = families.into_iter().map(|family| so(family, sender)).collect();
    Finding {
        text: format!("It accepts this one: \"{}.\" {}", clauses.join("; "), so.join(" ")),
        causes,
    }
}

/// What a receiver does wrong that expects deliveries with something of this kind.
fn so(family: Family, sender: Sender) -> String {
    let title = sender.title();
    match family {
        Family::Body => {
            "So it does not verify the bytes that came: something in it reads the body first, as text or JSON, and it \
             verifies what was made of that. Verify the bytes as they came, before any parser."
                .to_owned()
        }
        Family::SignedText => format!(
            "So it computes the signature over other parts than {title} signs: {}.",
            signed_text_of(&sender)
        ),
        Family::Mac => format!(
            "So it computes something else than {title} does: HMAC-SHA256, with the secret as the key and the text as \
             the message."
        ),
        Family::Signature => format!(
            "So it reads the header in another way than {title} writes it: {}{}.",
            if sender.prefix().is_empty() {
                String::new()
            } else {
                format!("`{}` and then ", sender.prefix())
            },
            spelling(&sender)
        ),
        Family::Clock => format!(
            "So it reads the time in another unit than {title} writes it: Unix seconds."
        ),
        Family::Secret => {
            "So its secret is not the one of the sender: compare the two where they were entered."
                .to_owned()
        }
        _ => "So it reads other headers than this sender sends.".to_owned(),
    }
}

/// What a cause says is so, without what a signer should do about it.
fn clause(cause: Cause) -> &'static str {
    let text = cause.text();
    text.find(": ").and_then(|end| text.get(..end)).unwrap_or(text).trim_end_matches('.')
}
