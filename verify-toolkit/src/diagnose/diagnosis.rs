use core::fmt;

use crate::{
    attack::Outcome,
    explain::{Cause, Family},
};

/// What a receiver does wrong, as far as its answers show it.
///
/// [`Display`](fmt::Display) writes it for people, in several lines.
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub struct Diagnosis {
    /// What it amounts to.
    pub conclusion: Conclusion,
    /// What it does wrong: the first is the likeliest.
    pub findings: Vec<Finding>,
    /// Its answer to the delivery that decides: the genuine delivery, or the forged delivery that it
    /// accepts.
    pub answer: Outcome,
    /// How many deliveries it was sent.
    pub sent: usize,
}

/// What a receiver's answers amount to.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Conclusion {
    /// The answer leads elsewhere (3xx).
    Elsewhere,
    /// It makes a mistake: the findings say which.
    Mistaken,
    /// There is no receiver at this path (404, 410, 421).
    Nowhere,
    /// It takes deliveries without a signature.
    Open,
    /// It accepts what is genuine and refuses what is forged.
    Sound,
    /// The same, except for a body with other white space and one more field.
    SoundOnSample,
    /// It fails, or does not answer.
    Unable,
    /// It wants a signature, and does not check it.
    Unchecked,
    /// It refuses everything, and no usual mistake says why.
    Unexplained,
    /// It verifies, and then its handler does not take the sample.
    Unhandled,
    /// It does not take this method at this path (405).
    WrongMethod,
}

/// A mistake of the receiver.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The causes of [`explain`](crate::explain) for this mistake. Empty: only the matrix knows it.
    pub causes: Vec<Cause>,
    /// What the receiver does, and what to do about it, as sentences.
    pub text: String,
}

impl Conclusion {
    /// Returns its name, the same in every release.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Elsewhere => "redirects",
            Self::Mistaken => "mistake-found",
            Self::Nowhere => "no-receiver-at-path",
            Self::Open => "verifies-nothing",
            Self::Sound => "sound",
            Self::SoundOnSample => "sound-on-sample",
            Self::Unable => "fails",
            Self::Unchecked => "signature-not-checked",
            Self::Unexplained => "unexplained",
            Self::Unhandled => "verifies-then-fails",
            Self::WrongMethod => "wrong-method",
        }
    }

    /// What keeps a receiver from judging at all, by its answers to a genuine delivery and to a forged one.
    pub(super) fn of_trouble(genuine: &Outcome, forged: &Outcome) -> Option<Self> {
        let Outcome::Answered(answer) = genuine else { return Some(Self::Unable) };
        let refuses = |status| matches!(status, 400..=499);
        let differs = matches!(forged, Outcome::Answered(other)
            if other.status != answer.status && matches!(other.status, 401 | 403));
        Some(match answer.status {
            300..=399 => Self::Elsewhere,
            404 | 410 | 421 => Self::Nowhere,
            405 => Self::WrongMethod,
            401 | 403 => return None,
            // What is forged is refused, and this is not.
            _ if differs => Self::Unhandled,
            408 | 429 => Self::Unable,
            status if refuses(status) => return None,
            _ => Self::Unable,
        })
    }
}

impl Finding {
    /// The family of its first cause.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.causes.first().map(|cause| cause.family())
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match &self.answer {
            Outcome::Answered(answer) => answer.status.to_string(),
            other => other.to_string(),
        };
        match self.conclusion {
            Conclusion::Elsewhere => write!(
                f,
                "The receiver redirects ({status}), and no sender follows: give the URL that `location` names, often \
                 with or without a slash at its end, here and at the sender."
            )?,
            Conclusion::Mistaken => {
                f.write_str("The receiver refuses what is genuine, and accepts what is signed by this mistake:")?;
            }
            Conclusion::Nowhere => write!(
                f,
                "Nothing is at this path ({status}), so nothing verified anything: compare the path of the URL with \
                 the route of the receiver, and look for a prefix that a proxy adds or takes off."
            )?,
            Conclusion::Open => write!(
                f,
                "The receiver verifies nothing: it accepts a delivery without a signature ({status}). Anybody can send \
                 it one. Is the check called on this route, and is its result looked at?"
            )?,
            Conclusion::Sound => write!(
                f,
                "The receiver accepts what is genuine ({status}) and refuses what is forged. If it refuses what your \
                 sender sends all the same, the sender has another secret, or something between the two changes the \
                 delivery."
            )?,
            Conclusion::SoundOnSample => f.write_str(
                "The receiver accepts the sample and refuses what is forged. It refuses the sample with other white \
                 space and a field more: is its handler strict about fields, or does it parse the body before it \
                 verifies?",
            )?,
            Conclusion::Unable => write!(
                f,
                "The receiver fails on a genuine delivery ({status}), so nobody knows what its check says. Its log \
                 says why; a status of 401 or 403 would say that a signature is wrong."
            )?,
            Conclusion::Unchecked => write!(
                f,
                "The receiver wants a signature and does not check it: it accepts one that was made with another \
                 secret ({status}). Anybody can send it a delivery."
            )?,
            Conclusion::Unexplained => write!(
                f,
                "The receiver refuses everything ({status}), also what is signed by the usual mistakes. Most likely it \
                 has another secret than this one: compare the two where they were entered. Or it asks for more than \
                 a signature, such as a bearer token."
            )?,
            Conclusion::Unhandled => write!(
                f,
                "The receiver takes the delivery for genuine, and then answers {status}: its handler does not take \
                 the sample, or fails. Its log says why; another event or a body of your own may be taken."
            )?,
            Conclusion::WrongMethod => write!(
                f,
                "The receiver does not take POST at this path ({status}), and all senders send that: make the route \
                 one for POST."
            )?,
        }
        for finding in &self.findings {
            let names: Vec<_> = finding.causes.iter().map(|cause| cause.name()).collect();
            let names = if names.is_empty() { "found".to_owned() } else { names.join(", ") };
            write!(f, "\n{names}\n  {}", finding.text)?;
        }
        Ok(())
    }
}
