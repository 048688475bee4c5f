//! Why did a recorded delivery not verify?
//!
//! Tell an [`Explainer`] what you believe: the sender, the secrets, the token, the clock. It asks the
//! real verifier first. If the verifier refuses, it tries usual mistakes, offline: each correction of
//! secret, body, signed text, signature and header, and each pair of corrections, until the signature
//! matches. A cause that is [`Proved`](Certainty::Proved) was shown by that; what is only
//! [`Observed`](Certainty::Observed) stands in the request, and may be why. If nothing matches and
//! nothing is odd, the secret is another one, or the body was changed in a way that cannot be undone,
//! and no cause is named.
//!
//! Do not use this in a receiver: it helps the owner of the secret, and would help a forger to
//! learn how a receiver goes wrong. Its texts never contain a byte of a secret or a token.
//!
//! All causes are listed in [`CAUSES.md`](https://docs.rs/crate/verify-toolkit/latest/source/generated/CAUSES.md).
//!
//! ```
//! use verify_toolkit::{Delivery, Sender, UnixTime};
//! use verify_toolkit::explain::{Cause, Explainer};
//!
//! let now = UnixTime::from_secs(1795290782);
//! let request = Delivery::mlflow("{}").sign("s3cret", now)?;
//!
//! // As `echo` leaves it in a file.
//! let explanation = Explainer::new(&request, now).sender(Sender::MLFLOW).secret("file", "s3cret\n").explain();
//! assert!(explanation.verdict().is_err());
//! let causes: Vec<_> = explanation.causes().collect();
//! assert_eq!(causes, [Cause::SecretTrailingNewline]);
//! println!("{explanation}");
//! # Ok::<(), verify_toolkit::SignError>(())
//! ```

mod assert;
mod authorization;
mod body;
mod candidates;
mod cause;
mod charset;
mod clock;
mod explanation;
mod fit;
mod head;
mod json;
mod mac;
mod misread;
mod observe;
mod search;
mod secret;
mod signature;
mod signed_text;
mod time;
mod verdict;
mod work;

use core::{fmt, time::Duration};

use verify_core::{Sender, UnixTime};

#[doc(hidden)]
pub use assert::assert_verified;
pub use cause::{Cause, Family};
pub use explanation::{Certainty, Conclusion, Explanation, Finding, Refusal, Side};

pub(crate) use misread::{
    Misreading, Misreadings, misreadings, others, signed_text as signed_text_of, spelling,
};

use crate::{Capture, WireRequest, capture::signed_by};

/// What the operator believes about a delivery. It borrows the request and the secrets.
#[derive(Clone)]
#[must_use]
pub struct Explainer<'a> {
    request: &'a WireRequest,
    now: Option<UnixTime>,
    sender: Option<Sender>,
    secrets: Vec<Believed<'a>>,
    previous: Vec<Believed<'a>>,
    bearers: Vec<&'a [u8]>,
    authorizations: Vec<&'a [u8]>,
    tolerance: Option<Duration>,
    body_limit: Option<usize>,
    work_limit: u64,
}

/// A secret, with what people call it.
#[derive(Clone)]
struct Believed<'a> {
    label: String,
    secret: &'a [u8],
}

impl<'a> Explainer<'a> {
    /// The most bytes that are hashed, unless [`work_limit`](Self::work_limit) sets another limit:
    /// 1 GiB.
    pub const DEFAULT_WORK_LIMIT: u64 = 1024 * 1024 * 1024;

    /// Takes a request, and the time of its receipt. Without a time, the signed time counts as
    /// fresh.
    ///
    /// The signature header tells the sender, unless [`sender`](Self::sender) sets it.
    pub fn new(request: &'a WireRequest, now: impl Into<Option<UnixTime>>) -> Self {
        Self {
            request,
            now: now.into(),
            sender: signed_by(request.names()).copied(),
            secrets: Vec::new(),
            previous: Vec::new(),
            bearers: Vec::new(),
            authorizations: Vec::new(),
            tolerance: None,
            body_limit: None,
            work_limit: Self::DEFAULT_WORK_LIMIT,
        }
    }

    /// Takes a capture: its request, time, sender, and its secret, if it has one.
    pub fn of(capture: &'a Capture) -> Self {
        let mut explainer = Self::new(&capture.request, capture.received_at);
        explainer.sender = capture.known_sender().or(explainer.sender);
        match &capture.secret {
            Some(secret) => explainer.secret("capture", secret),
            None => explainer,
        }
    }

    /// Sets whose delivery it is believed to be.
    pub const fn sender(mut self, sender: Sender) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Sets the clock to judge by.
    pub const fn now(mut self, now: UnixTime) -> Self {
        self.now = Some(now);
        self
    }

    /// Adds a secret that you believe the sender signs with. The label is shown; it has 1 to 32
    /// visible ASCII characters.
    pub fn secret(
        mut self,
        label: impl Into<String>,
        secret: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        self.secrets.push(Believed { label: label.into(), secret: secret.as_ref() });
        self
    }

    /// Adds an earlier secret, which the verifier does not know any more.
    pub fn previous_secret(
        mut self,
        label: impl Into<String>,
        secret: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        self.previous.push(Believed { label: label.into(), secret: secret.as_ref() });
        self
    }

    /// Adds a token that the verifier requires: `Authorization: Bearer <token>`.
    pub fn bearer(mut self, token: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.bearers.push(token.as_ref());
        self
    }

    /// Adds a whole value of `Authorization` that the verifier requires.
    pub fn authorization(mut self, value: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        self.authorizations.push(value.as_ref());
        self
    }

    /// Sets the verifier's tolerance. It counts only for senders that sign a time.
    pub const fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Some(tolerance);
        self
    }

    /// Sets the verifier's largest body, in bytes.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// Sets how many bytes are hashed at most. What is tried depends on this number and not on the
    /// machine, so the same question always has the same answer.
    pub const fn work_limit(mut self, bytes: u64) -> Self {
        self.work_limit = bytes;
        self
    }

    /// Returns causes that come to the same for this delivery, and of which nothing says which is
    /// told. For tests.
    #[doc(hidden)]
    #[must_use]
    pub fn undecided(&self) -> Vec<(Cause, Cause)> {
        search::find(self).undecided
    }

    /// Asks the verifier, and finds out why if it refuses.
    pub fn explain(&self) -> Explanation {
        let verdict = verdict::judge(self);
        if verdict.is_ok() {
            return Explanation::verified(self.sender, verdict);
        }
        let search::Found { fit, work, .. } = search::find(self);
        let mut findings = Vec::new();
        findings.extend(fit.as_ref().and_then(fit::Fit::finding));
        findings.extend(clock::findings(self, fit.as_ref()));
        findings.extend(authorization::findings(self));
        findings.extend(observe::refused(&verdict, !findings.is_empty()));
        let blind = if fit.is_some() { Vec::new() } else { observe::findings(self) };
        let conclusion = match (&fit, blind.is_empty() && self.has_secret()) {
            (Some(_), _) => Conclusion::Explained,
            (None, true) => Conclusion::OtherSecret,
            (None, false) => Conclusion::Observed,
        };
        findings.extend(blind);
        let is_changed =
            |fit: &fit::Fit| fit.causes.iter().any(|cause| cause.family() == Family::Body);
        let body = fit.filter(is_changed).map(|fit| explanation::Body(fit.body));
        Explanation { sender: self.sender, verdict, findings, conclusion, body, work }
    }

    fn has_secret(&self) -> bool {
        !(self.secrets.is_empty() && self.previous.is_empty())
    }
}

/// Shows no secret, token, value or body.
impl fmt::Debug for Explainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explainer")
            .field("request", &self.request)
            .field("now", &self.now)
            .field("sender", &self.sender.map(|sender| sender.name()))
            .finish_non_exhaustive()
    }
}
