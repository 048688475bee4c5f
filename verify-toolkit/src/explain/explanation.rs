use core::fmt;

use serde::Serialize;
use verify_core::{ConfigError, Receipt, Rejection, Sender};

use super::{Cause, work::Work};

/// Why a delivery did not verify, or that it did.
///
/// [`Display`](fmt::Display) writes it for people, in several lines.
#[derive(Clone, Debug)]
#[must_use]
pub struct Explanation {
    pub(super) sender: Option<Sender>,
    pub(super) verdict: Result<Receipt, Refusal>,
    pub(super) findings: Vec<Finding>,
    pub(super) conclusion: Conclusion,
    pub(super) body: Option<Body>,
    pub(super) work: Work,
}

/// The body over which a signature was made. Shows its length and no byte of it.
#[derive(Clone)]
pub(super) struct Body(pub(super) Vec<u8>);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// One finding: if you correct all of its causes, this obstacle is gone.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong. Several causes are wrong together; they are not alternatives.
    pub causes: Vec<Cause>,
    /// How sure it is.
    pub certainty: Certainty,
    /// A detail of this delivery, such as the name of a header. It holds no secret, and is one
    /// line.
    pub detail: Option<String>,
    /// Who changed the body, if its length tells it.
    pub side: Side,
}

/// Who made the body another one than was signed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Side {
    /// `Content-Length` matches the body that was signed: the body was changed after it was sent.
    Receiver,
    /// `Content-Length` matches the body that came: it was sent like this.
    Sender,
    /// Nothing tells it.
    #[default]
    Unknown,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Certainty {
    /// It is so in the request, and may be why.
    Observed,
    /// With these corrections the signature matches, or the token is equal.
    Proved,
}

/// What it all amounts to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Conclusion {
    /// Corrections make the signature match: the findings say all that is wrong.
    Explained,
    /// The signature matches under no correction, and something in the request may explain it.
    Observed,
    /// The signature matches under no correction, and nothing explains it: it was made with another
    /// secret, or the body was changed in a way that cannot be undone.
    OtherSecret,
    /// The delivery verifies.
    Verified,
}

/// Why the verifier did not accept.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// No verifier can be built from what the operator believes.
    Config(ConfigError),
    /// The verifier refused.
    Rejection(Rejection),
    /// Nothing says who sent it.
    SenderUnknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Rejection(rejection) => rejection.fmt(f),
            Self::SenderUnknown => {
                f.write_str("sender is not known: no signature header of a known sender is there")
            }
        }
    }
}

impl core::error::Error for Refusal {}

impl Explanation {
    pub(super) const fn verified(
        sender: Option<Sender>,
        verdict: Result<Receipt, Refusal>,
    ) -> Self {
        let work = Work::up_to(0);
        let conclusion = Conclusion::Verified;
        Self { sender, verdict, findings: Vec::new(), conclusion, body: None, work }
    }

    /// Returns the verifier's verdict.
    ///
    /// # Errors
    ///
    /// Why the verifier did not accept.
    pub const fn verdict(&self) -> Result<&Receipt, &Refusal> {
        self.verdict.as_ref()
    }

    /// Returns the sender that was asked for, or found.
    #[must_use]
    pub const fn sender(&self) -> Option<&Sender> {
        self.sender.as_ref()
    }

    /// Returns what was found, what is proved first.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Yields the causes of all findings.
    pub fn causes(&self) -> impl Iterator<Item = Cause> {
        self.findings.iter().flat_map(|finding| finding.causes.iter().copied())
    }

    /// Returns what it all amounts to.
    #[must_use]
    pub const fn conclusion(&self) -> Conclusion {
        self.conclusion
    }

    /// Returns the body over which the signature was made, if that is proved and differs from the body
    /// that came.
    #[must_use]
    pub fn signed_body(&self) -> Option<&[u8]> {
        self.body.as_ref().map(|Body(body)| body.as_slice())
    }

    /// Returns how many bytes were hashed, or written to be hashed.
    #[must_use]
    pub const fn work(&self) -> u64 {
        self.work.bytes
    }

    /// Returns whether something was not tried, because of the limit of work or because there are too many
    /// possibilities.
    #[must_use]
    pub const fn is_cut_short(&self) -> bool {
        self.work.is_cut_short
    }

    /// Writes it as one line of JSON, for scripts.
    ///
    /// Its fields are `sender`, `verdict` (`verified`, or the refusal's code), `conclusion`
    /// (`verified`, `explained`, `observed`, `other-secret`), `findings` (a list of `causes`, each with
    /// `name`, `family` and `text`; `certainty`; `detail`; `side`, which is `receiver`, `sender` or
    /// `unknown`), `work_bytes` and `cut_short`.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Nothing in it can fail: no map with odd keys, no float.
        serde_json::to_string(&Report::from(self)).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Report<'e> {
    sender: Option<&'e str>,
    verdict: &'e str,
    conclusion: &'e str,
    findings: Vec<ReportedFinding<'e>>,
    work_bytes: u64,
    cut_short: bool,
}

#[derive(Serialize)]
struct ReportedFinding<'e> {
    causes: Vec<ReportedCause>,
    certainty: &'e str,
    detail: Option<&'e str>,
    side: &'e str,
}

#[derive(Serialize)]
struct ReportedCause {
    name: &'static str,
    family: String,
    text: &'static str,
}

impl<'e> From<&'e Explanation> for Report<'e> {
    fn from(explanation: &'e Explanation) -> Self {
        let findings = explanation.findings.iter().map(|finding| ReportedFinding {
            causes: finding.causes.iter().map(|cause| ReportedCause::from(*cause)).collect(),
            certainty: match finding.certainty {
                Certainty::Observed => "observed",
                Certainty::Proved => "proved",
            },
            detail: finding.detail.as_deref(),
            side: match finding.side {
                Side::Receiver => "receiver",
                Side::Sender => "sender",
                Side::Unknown => "unknown",
            },
        });
        Self {
            sender: explanation.sender.as_ref().map(Sender::name),
            verdict: match &explanation.verdict {
                Ok(_) => "verified",
                Err(Refusal::Config(_)) => "config",
                Err(Refusal::Rejection(rejection)) => rejection.code(),
                Err(Refusal::SenderUnknown) => "sender_unknown",
            },
            conclusion: match explanation.conclusion {
                Conclusion::Explained => "explained",
                Conclusion::Observed => "observed",
                Conclusion::OtherSecret => "other-secret",
                Conclusion::Verified => "verified",
            },
            findings: findings.collect(),
            work_bytes: explanation.work.bytes,
            cut_short: explanation.work.is_cut_short,
        }
    }
}

impl From<Cause> for ReportedCause {
    fn from(cause: Cause) -> Self {
        Self { name: cause.name(), family: cause.family().to_string(), text: cause.text() }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Ok(receipt) => return write!(f, "verified: {}", receipt.sender()),
            Err(refusal) => write!(f, "refused: {refusal}")?,
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        match self.conclusion {
            Conclusion::OtherSecret => f.write_str(
                "\nNo known correction makes the signature fit. Either it was made with another secret, or the body was \
                 changed on the way in a manner that cannot be undone. If another delivery verifies under the same \
                 secret, it is the body; if none does, compare the two secrets where they were entered, or set a \
                 new one on both sides.",
            )?,
            Conclusion::Observed => {
                f.write_str("\nNo known correction makes the signature fit; put this right first.")?;
            }
            Conclusion::Explained | Conclusion::Verified => {}
        }
        match self.work {
            Work { is_used_up: true, bytes, .. } => write!(
                f,
                "\nNot everything was tried: the limit of work was reached after {bytes} bytes."
            ),
            Work { is_cut_short: true, .. } => f.write_str(
                "\nNot everything was tried: the delivery has more in it than is looked at, such as header or \
                 query values, fields, or levels of JSON.",
            ),
            Work { .. } => Ok(()),
        }
    }
}

impl Finding {
    pub(super) const fn new(
        causes: Vec<Cause>,
        certainty: Certainty,
        detail: Option<String>,
    ) -> Self {
        Self { causes, certainty, detail, side: Side::Unknown }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lead = match self.certainty {
            Certainty::Proved => "proved",
            Certainty::Observed => "observed",
        };
        for (place, cause) in self.causes.iter().enumerate() {
            let lead = if place == 0 { lead } else { "\n  and" };
            write!(f, "{lead}: {cause}")?;
            if let (0, Some(detail)) = (place, &self.detail) {
                write!(f, " ({detail})")?;
            }
            match (self.side, cause.what()) {
                // What the receiver should do would contradict the evidence.
                (Side::Sender, Some(what)) => write!(f, "\n  {what}.")?,
                _ => write!(f, "\n  {}", cause.text())?,
            }
        }
        match self.side {
            Side::Receiver => f.write_str(
                "\n  `Content-Length` fits the body as it was signed, so the body was changed after it was sent: by \
                 something in front of the verifier, or by whatever recorded it.",
            ),
            Side::Sender => f.write_str(
                "\n  `Content-Length` fits the body that came, so it was sent like this, and the receiver did not change \
                 it: the signing side signs other bytes than it sends. Have it sign the very bytes that it sends; if a \
                 relay stands in between, have the relay pass them on as they are.",
            ),
            Side::Unknown => Ok(()),
        }
    }
}
