use core::fmt;
use std::collections::BTreeSet;

use super::{Answer, Case, Expected, Framing, Harm, Outcome, Target, draft::Draft, harm};

/// What a receiver did in each case of the matrix.
///
/// As text, it is a list of findings, or one line that says that nothing was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The sender whose receiver it is.
    pub sender: &'static str,
    /// Every case, in the order of the matrix.
    pub cases: Vec<CaseReport>,
}

/// What a receiver did about one case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case.
    pub case: Case,
    /// What came back.
    pub outcome: Outcome,
    /// What is wrong with that.
    pub findings: Vec<String>,
    /// How bad that is, if something is wrong.
    pub harm: Option<Harm>,
}

impl Report {
    pub(super) fn new(
        target: &Target,
        refusals: Vec<Answer>,
        outcomes: Vec<(Case, Outcome)>,
    ) -> Self {
        let judge = Judge::new(target, refusals);
        let cases = outcomes.into_iter().map(|(case, outcome)| {
            let findings = judge.findings(&case, &outcome);
            CaseReport::new(case, outcome, findings)
        });
        Self { sender: target.sender.name(), cases: cases.collect() }
    }

    /// Yields the cases in which something is wrong.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|report| !report.findings.is_empty())
    }

    /// Returns how many cases were tried, and not skipped.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.cases.iter().filter(|report| report.outcome != Outcome::Skipped).count()
    }

    /// Returns whether the genuine delivery and at least one attack were tried, and nothing is
    /// wrong.
    #[must_use]
    pub fn is_hardened(&self) -> bool {
        let is_tried = |report: &CaseReport| report.outcome != Outcome::Skipped;
        self.cases.first().is_some_and(is_tried)
            && self.tried() > 1
            && self.failures().next().is_none()
    }
}

impl CaseReport {
    pub(super) fn new(case: Case, outcome: Outcome, findings: Vec<String>) -> Self {
        let harm = harm::of(&case, &outcome, &findings);
        Self { case, outcome, findings, harm }
    }
}

/// What is known of a receiver when its answers are judged.
struct Judge<'r> {
    target: &'r Target,
    /// How it answers the simplest forgery. All refusals must be equal to this answer.
    refusal: Option<Answer>,
    /// What differs from one request to the next.
    varying: Varying,
    /// What must be in no answer.
    hidden: Vec<(&'static str, Vec<u8>)>,
}

impl<'r> Judge<'r> {
    fn new(target: &'r Target, refusals: Vec<Answer>) -> Self {
        let varying = match &refusals[..] {
            [one, other] => Varying { headers: one.differing(other), body: one.body != other.body },
            _ => Varying::default(),
        };
        let is_refusal = |answer: &Answer| matches!(answer.status, 401 | 403);
        let refusal = refusals.into_iter().find(is_refusal).map(|r| told(&r, &varying));
        let hidden = vec![
            ("its secret", target.secret.clone()),
            ("its token", target.bearer.clone().unwrap_or_default().into()),
            ("what was sent", b"4f1d7a".to_vec()),
        ];
        Self { target, refusal, varying, hidden }
    }

    fn findings(&self, case: &Case, outcome: &Outcome) -> Vec<String> {
        let answer = match outcome {
            Outcome::Answered(answer) => answer,
            // A sender tries again then, as well.
            Outcome::Closed
                if matches!(
                    case.expected,
                    Expected::TryAgain | Expected::Unaccepted | Expected::Unreached
                ) =>
            {
                return Vec::new();
            }
            Outcome::Skipped => return Vec::new(),
            _ => return vec![format!("{}, instead of {}", outcome, case.expected)],
        };
        // No sender sends chunks, and a receiver may do without.
        if case.attempt.framing == Framing::Chunked && matches!(answer.status, 411 | 501) {
            return Vec::new();
        }
        let mut findings = Vec::new();
        if !case.expected.allows(answer.status) {
            findings.push(format!("{answer}, instead of {}", case.expected));
        }
        if case.expected == Expected::Refused
            && self.refusal.as_ref().is_some_and(|refusal| *refusal != told(answer, &self.varying))
        {
            findings.push("the answer differs from that to other forgeries".to_owned());
        }
        if (300..=399).contains(&answer.status) && case.expected != Expected::Unreached {
            findings.push("redirects, which turns a delivery into a GET without a body".to_owned());
        }
        let sent = Draft::sent(self.target, &case.attempt);
        let signature = ("the signature that it expects", sent.spell(&sent.tag()).into());
        let hidden = self.hidden.iter().chain([&signature]).filter(|(_, text)| text.len() > 3);
        let shown = hidden.filter(|(_, text)| answer.contains(text));
        findings.extend(shown.map(|(what, _)| format!("the answer shows {what}")));
        findings.extend(self.finding_in_retry_after(answer, &sent.time));
        findings
    }

    /// The header replaces the waits of the sender. `time` is what the delivery was signed with, if
    /// its sender signs one.
    fn finding_in_retry_after(&self, answer: &Answer, time: &[u8]) -> Option<String> {
        // MLflow, which waits three times, gives up after 7.5 s without the header.
        const LEAST: u64 = 3;
        // A retry keeps its first time.
        let age = digits(time).map_or(0, |time| self.target.now().saturating_sub(time));
        let most = (self.target.tolerance.as_secs().saturating_sub(age) / 2).max(1);
        let mut values = answer.headers.iter().filter(|(name, _)| name == "retry-after");
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return Some("`Retry-After` occurs more than once".to_owned());
        }
        match digits(value) {
            None => Some("`Retry-After` is no number of seconds".to_owned()),
            Some(wait) if wait > most => {
                Some(format!("`Retry-After: {wait}` lets the retry come too late"))
            }
            Some(wait) if wait < most.min(LEAST) => Some(format!(
                "`Retry-After: {wait}` makes MLflow give up within seconds, and without the header it \
                 tries for 7.5 s: answer 5, and more the older the delivery is"
            )),
            Some(_) => None,
        }
    }
}

/// Reads digits only. `u64::from_str` takes a leading `+`, at which senders give up.
fn digits(text: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(text).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// What already differs between the answers to two forgeries that are alike: a number of the request, a
/// time.
#[derive(Default)]
struct Varying {
    headers: BTreeSet<String>,
    body: bool,
}

/// An answer without what tells nothing.
fn told(answer: &Answer, varying: &Varying) -> Answer {
    let mut told = answer.told();
    told.headers.retain(|(name, _)| !varying.headers.contains(name));
    if varying.body {
        told.body.clear();
    }
    told
}

impl Expected {
    /// Whether a sound receiver may answer so.
    pub(super) fn allows(self, status: u16) -> bool {
        match self {
            Self::Accepted => (200..=299).contains(&status),
            Self::Authentic => !matches!(status, 300..=399 | 401..=403 | 408 | 413 | 500),
            // Whatever it answers: what counts is what becomes of the connection.
            Self::Ended => true,
            Self::Refused => matches!(status, 401 | 403),
            Self::TooLarge => status == 413,
            Self::TryAgain => matches!(status, 429 | 502 | 503 | 504),
            Self::Unaccepted => matches!(status, 400..=499 | 501 | 503),
            Self::Unreached => matches!(status, 300..=499 | 501 | 503),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "2xx",
            Self::Authentic => "taking it for genuine",
            Self::Ended => "an end of the connection",
            Self::Refused => "401",
            Self::TooLarge => "413",
            Self::TryAgain => "503",
            Self::Unaccepted => "a clean 4xx",
            Self::Unreached => "a clean 4xx, or a redirect",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, tried, skipped) =
            (self.failures().count(), self.tried(), self.cases.len() - self.tried());
        write!(f, "{}: {tried} cases", self.sender)?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped")?;
        }
        if failed == 0 {
            return f.write_str(", nothing found");
        }
        write!(f, ", {failed} failed")?;
        for report in self.failures() {
            write!(f, "\n  {}: {}", report.case.name, report.case.tries)?;
            for finding in &report.findings {
                write!(f, "\n    {finding}")?;
            }
        }
        Ok(())
    }
}
