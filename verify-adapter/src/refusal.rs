use core::fmt;

use verify_core::{Receipt, Rejection, RejectionKind, RetryAfter};

use crate::{LOG_TARGET, ResolveError, budget::Spent};

/// Why an adapter answers a request itself instead of calling the handler.
///
/// If a *verifier* does not accept a delivery, the reason is a [`Rejection`], which is one kind of
/// refusal.
///
/// It is `Copy`, and has no byte of the request. It is for the operator. The sender gets the
/// [`Answer`], which tells no more than the table below.
///
/// | refusal | answer |
/// |---|---|
/// | every authentication failure | 401, `WWW-Authenticate: HMAC-SHA256, Bearer` |
/// | too large | 413 |
/// | the body broke off | 400 |
/// | deadline passed, budget spent, verifier unavailable, clock wrong | 503, `Retry-After: 5` |
/// | verified, but budget spent or event not readable | 503, `Retry-After` by the age: 5 to 30 s |
/// | this server is misconfigured | 500 |
///
/// All answers have an empty body. Failures of this server are a 503, because MLflow tries again on
/// 503 and drops a delivery for good on nearly every 4xx. [`RetryAfter`] says why the wait grows with
/// the age.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// The body ended in an error before it was complete.
    BodyBroken,
    /// There was no room left in the [`Budget`](crate::Budget). It holds the wait for the sender.
    BudgetSpent(RetryAfter),
    /// This machine's clock shows a time before 1970.
    ClockBroken,
    /// The body, or the verifier for it, did not arrive in time.
    DeadlinePassed,
    /// A handler asks for a verified delivery on a route that no verifier guards.
    NotGuarded,
    /// A handler asks for its attempt on a route that handles nothing once.
    NotHandledOnce,
    /// A handler takes an event, but the body of the verified delivery cannot be read as that
    /// event. It holds the wait for the sender.
    PayloadUnreadable(RetryAfter),
    /// The verifier refused the delivery.
    Rejected(Rejection),
    /// The resolver could not be asked: [`ResolveError::Unavailable`](crate::ResolveError).
    VerifierUnavailable,
    /// The resolver knows no verifier: [`ResolveError::Unknown`](crate::ResolveError).
    VerifierUnknown,
}

/// What the sender sees of a [`Refusal`]: a status, at most one header, no body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// A header, name in lower case.
    pub header: Option<(&'static str, &'static str)>,
}

impl Answer {
    const UNAUTHORIZED: Self =
        // RFC 9110, section 15.5.2, asks for a challenge. This one is the same for every endpoint,
        // or it would tell how each is configured.
        Self { status: 401, header: Some(("www-authenticate", "HMAC-SHA256, Bearer")) };

    const fn bare(status: u16) -> Self {
        Self { status, header: None }
    }

    /// Returns the answer that asks the sender to try again: 503 with the wait. For a verified
    /// delivery that could not be handled, the wait is
    /// [`Receipt::retry_after`](verify_core::Receipt).
    #[must_use]
    pub fn try_again(wait: RetryAfter) -> Self {
        Self { status: 503, header: Some(("retry-after", wait.as_str())) }
    }
}

impl Refusal {
    /// Makes the refusal of a verified delivery that cannot be read as an event.
    #[must_use]
    pub fn unreadable(receipt: &Receipt) -> Self {
        Self::PayloadUnreadable(receipt.retry_after())
    }

    /// Returns what the sender sees.
    #[must_use]
    pub fn answer(&self) -> Answer {
        match self {
            Self::BodyBroken => Answer::bare(400),
            Self::NotGuarded | Self::NotHandledOnce => Answer::bare(500),
            Self::Rejected(rejection) => match rejection.kind() {
                RejectionKind::BodyTooLarge => Answer::bare(413),
                _ => Answer::UNAUTHORIZED,
            },
            Self::VerifierUnknown => Answer::UNAUTHORIZED,
            Self::BudgetSpent(wait) | Self::PayloadUnreadable(wait) => Answer::try_again(*wait),
            Self::ClockBroken | Self::DeadlinePassed | Self::VerifierUnavailable => {
                Answer::try_again(RetryAfter::AGE_UNKNOWN)
            }
        }
    }

    /// Returns a word for logs and metrics, the same in every release.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BodyBroken => "body_broken",
            Self::BudgetSpent(_) => "budget_spent",
            Self::ClockBroken => "clock_broken",
            Self::DeadlinePassed => "deadline_passed",
            Self::NotGuarded => "not_guarded",
            Self::NotHandledOnce => "not_handled_once",
            Self::PayloadUnreadable(_) => "payload_unreadable",
            Self::Rejected(rejection) => rejection.code(),
            Self::VerifierUnavailable => "verifier_unavailable",
            Self::VerifierUnknown => "verifier_unknown",
        }
    }

    /// Tells the operator: a `tracing` event at `debug` under the target `verify`, and a count if the
    /// feature `metrics` is on.
    ///
    /// `debug`, because anyone who can reach the endpoint can cause one.
    pub fn record(&self, sender: &'static str, report_only: bool) {
        tracing::debug!(target: LOG_TARGET, sender, code = self.code(), report_only, "delivery refused: {self}");
        #[cfg(feature = "metrics")]
        metrics::counter!("verify_refused_total", "sender" => sender, "code" => self.code())
            .increment(1);
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// Of a delivery that is not verified yet.
impl From<Spent> for Refusal {
    fn from(_: Spent) -> Self {
        Self::BudgetSpent(RetryAfter::AGE_UNKNOWN)
    }
}

impl From<ResolveError> for Refusal {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::Unavailable => Self::VerifierUnavailable,
            ResolveError::Unknown => Self::VerifierUnknown,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BodyBroken => "body ended before it was complete",
            Self::BudgetSpent(_) => "no memory is left in the budget for deliveries",
            Self::ClockBroken => "clock of this machine is set before 1970",
            Self::DeadlinePassed => "delivery was not complete before the deadline",
            Self::NotGuarded => "this route has no verifier",
            Self::NotHandledOnce => "this route does not handle deliveries once",
            Self::PayloadUnreadable(_) => "verified body cannot be read as an event",
            Self::Rejected(rejection) => return rejection.fmt(f),
            Self::VerifierUnavailable => "the resolver could not load the verifier",
            Self::VerifierUnknown => "the resolver knows no verifier for this request",
        })
    }
}

impl core::error::Error for Refusal {}
