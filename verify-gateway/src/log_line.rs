//! The one line that the log has of each verified delivery, and the figure for it.

use core::time::Duration;

use http::StatusCode;

use crate::{afterwards::BROKEN_OFF, config::Route, facts::Facts};

/// What became of a delivery.
#[derive(Debug)]
pub(crate) struct Line {
    /// A word, the same in every release.
    outcome: &'static str,
    attempt: u32,
    /// What went wrong.
    reason: Option<String>,
}

impl Line {
    pub(crate) const fn of(outcome: &'static str) -> Self {
        Self { outcome, attempt: 0, reason: None }
    }

    pub(crate) const fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
    }

    pub(crate) fn because(mut self, reason: String) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Logs it at `info`, or at `warn` where a person has to do something.
    pub(crate) fn log(&self, facts: &Facts<'_>, route: &Route, status: StatusCode, took: Duration) {
        let Self { outcome, attempt, reason } = self;
        let Facts { sender, event, key, delivery_id, tenant, secret, .. } = facts;
        let event = event.as_deref();
        let attempt = (*attempt > 0).then_some(*attempt);
        let (route, status, mode) = (route.path.as_str(), status.as_u16(), route.goal.mode());
        let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    outcome,
                    status,
                    sender,
                    event,
                    key,
                    delivery_id,
                    secret,
                    tenant,
                    route,
                    mode,
                    attempt,
                    milliseconds,
                    reason,
                    "delivery"
                )
            };
        }
        match reason.is_some() || status >= 500 {
            true => line!(warn),
            false => line!(info),
        }
        metrics::counter!("gateway_deliveries_total", "sender" => *sender, "outcome" => *outcome, "status" => status.to_string())
            .increment(1);
        metrics::histogram!("gateway_delivery_seconds", "mode" => mode).record(took.as_secs_f64());
    }
}

/// A path without a route has no line: strangers ask for many.
pub(crate) const UNKNOWN_PATH: &str = "gateway_unknown_path_total";

/// Says what the figures are.
pub(crate) fn describe() {
    metrics::describe_counter!(
        "gateway_deliveries_total",
        "Verified deliveries, by what became of them and how they were answered."
    );
    metrics::describe_counter!(UNKNOWN_PATH, "Requests for a path without a route.");
    metrics::describe_counter!(
        BROKEN_OFF,
        "Connections to an upstream that were closed before its answer ended: too many went on."
    );
    // From 0 on: an increase from nothing is none to Prometheus.
    metrics::counter!(UNKNOWN_PATH).absolute(0);
    metrics::counter!(BROKEN_OFF).absolute(0);
    metrics::describe_histogram!(
        "gateway_delivery_seconds",
        metrics::Unit::Seconds,
        "How long a verified delivery took, with its upstream."
    );
}
