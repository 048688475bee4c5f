use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, request::Parts};
use tower_layer::Layer;
use verify_adapter::{Budget, Clock, Refusal, VerifierHandle};

use crate::{Fixed, Resolver, Verify, settings::Settings};

/// Lets only verified deliveries through to the service it wraps.
///
/// See the [crate page](crate) for what it does in which order, and what it answers.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyLayer<R = Fixed> {
    resolver: R,
    settings: Settings,
}

impl VerifyLayer {
    /// Guards with one verifier: a [`Verifier`](crate::Verifier), or a [`VerifierHandle`] to
    /// exchange it while running.
    pub fn new(verifier: impl Into<VerifierHandle>) -> Self {
        Self { resolver: Fixed(verifier.into()), settings: Settings::default() }
    }
}

impl<R: Resolver> VerifyLayer<R> {
    /// Guards with the verifier that `resolver` picks for each request.
    ///
    /// ```
    /// use std::{collections::HashMap, sync::Arc};
    /// use http::request::Parts;
    /// use verify_axum::{ResolveError, Verifier, VerifyLayer};
    ///
    /// let tenants: Arc<HashMap<String, Arc<Verifier>>> = Arc::default();
    /// let layer = VerifyLayer::with_resolver(move |head: &Parts| {
    ///     let verifier = tenants.get(head.uri.path()).cloned();
    ///     async move { verifier.ok_or(ResolveError::Unknown) }
    /// });
    /// # let _ = layer;
    /// ```
    pub fn with_resolver(resolver: R) -> Self {
        Self { resolver, settings: Settings::default() }
    }
}

impl<R> VerifyLayer<R> {
    /// Sets how long a delivery may take to arrive, in total. Without it: 10 s.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.settings.policy.deadline = deadline;
        self
    }

    /// Sets the budget of buffered bytes. Without it: one of 64 MiB for the whole process.
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.settings.policy.budget = budget;
        self
    }

    /// Sets what tells the time. Without it: the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.settings.policy.clock = clock;
        self
    }

    /// Calls `f` for every refused request, before it is answered. It must not block.
    pub fn with_on_refusal(mut self, f: impl Fn(&Refusal, &Parts) + Send + Sync + 'static) -> Self {
        self.settings.on_refusal = Some(Arc::new(f));
        self
    }

    /// Replaces the answer to refused requests. Without it: [`Refusal::answer`] with an empty body.
    ///
    /// Senders show the answer to whoever presses "test": keep the reason out of it. And MLflow
    /// drops a delivery for good on nearly every 4xx.
    pub fn with_refusal_response(
        mut self,
        f: impl Fn(&Refusal) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.settings.refusal_response = Some(Arc::new(f));
        self
    }

    /// **Lets refused requests through**, and only reports them: to watch, before enforcing, what
    /// would be refused.
    ///
    /// Such a request reaches the handler with [`Reported`](crate::Reported) in its extensions and
    /// no receipt, its body as it came, whatever its size. A handler that takes a verified delivery
    /// still does not run: its extractor answers what the layer would have answered. A body that
    /// breaks off is refused all the same.
    pub fn dangerous_report_only(mut self) -> Self {
        tracing::warn!("report-only: webhooks that do not verify reach their handlers");
        self.settings.policy.report_only = true;
        self
    }
}

impl<S, R: Clone> Layer<S> for VerifyLayer<R> {
    type Service = Verify<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify::new(inner, self.resolver.clone(), Arc::new(self.settings.clone()))
    }
}
