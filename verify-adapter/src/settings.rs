use core::{fmt, time::Duration};
use std::sync::Arc;

use crate::{Budget, Clock, LOG_TARGET, Refusal, unheard};

/// The settings of an adapter, with defaults.
///
/// `H` is the framework's type of a request before its body, `A` its response.
#[non_exhaustive]
pub struct Settings<H: ?Sized, A> {
    /// How long a delivery may take to arrive, in total. 10 s.
    pub deadline: Duration,
    /// The buffered bytes that all deliveries share. [`Budget::process_wide`].
    pub budget: Budget,
    /// What time it is. The system's clock.
    pub clock: Clock,
    /// Is called for every refused request, before it is answered. Without it, and without a `tracing` subscriber
    /// or a logger, the first refusal of the process is written to standard error, once.
    pub on_refusal: Option<OnRefusal<H>>,
    /// Replaces the answer to refused requests.
    pub refusal_response: Option<Respond<A>>,
    report_only: bool,
}

type OnRefusal<H> = Arc<dyn Fn(&Refusal, &H) + Send + Sync>;
type Respond<A> = Arc<dyn Fn(&Refusal) -> A + Send + Sync>;

impl<H: ?Sized, A> Settings<H, A> {
    /// Lets refused requests through and only reports them, and says so at `warn`.
    pub fn dangerous_report_only(&mut self) {
        tracing::warn!(
            target: LOG_TARGET,
            "report-only mode: webhooks that do not verify reach their handlers"
        );
        self.report_only = true;
    }

    /// Tells the operator of a refusal, and returns whether the request is handed on nevertheless.
    pub(crate) fn tell(&self, refusal: Refusal, sender: &'static str, head: &H) -> bool {
        refusal.record(sender, self.report_only);
        match &self.on_refusal {
            Some(on_refusal) => on_refusal(&refusal, head),
            None => unheard::notice(refusal.code()),
        }
        // What follows a broken body is missing, and the handler could not know.
        self.report_only && refusal != Refusal::BodyBroken
    }
}

impl<H: ?Sized, A> Default for Settings<H, A> {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            budget: Budget::process_wide(),
            clock: Clock::default(),
            on_refusal: None,
            refusal_response: None,
            report_only: false,
        }
    }
}

impl<H: ?Sized, A> Clone for Settings<H, A> {
    fn clone(&self) -> Self {
        Self {
            deadline: self.deadline,
            budget: self.budget.clone(),
            clock: self.clock.clone(),
            on_refusal: self.on_refusal.clone(),
            refusal_response: self.refusal_response.clone(),
            report_only: self.report_only,
        }
    }
}

impl<H: ?Sized, A> fmt::Debug for Settings<H, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("deadline", &self.deadline)
            .field("budget", &self.budget)
            .field("report_only", &self.report_only)
            .finish_non_exhaustive()
    }
}
