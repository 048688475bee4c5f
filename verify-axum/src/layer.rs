use core::time::Duration;
use std::sync::Arc;

use bytes::Bytes;
use http::{Response, request::Parts};
use tower_layer::Layer;
use verify_adapter::{Budget, Clock, Fixed, Refusal, Resolver, VerifierHandle};

use crate::{Verify, response::Settings};

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
    ///
    /// ```
    /// use verify_axum::{Secret, Sender, Verifier, VerifierHandle, VerifyLayer};
    ///
    /// # fn main() -> Result<(), verify_axum::ConfigError> {
    /// let old = || Secret::new("the old one");
    /// let handle = VerifierHandle::new(Verifier::builder(Sender::MLFLOW).secret(old()?).build()?);
    /// let layer = VerifyLayer::new(handle.clone());
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    ///
    /// // Later, while it is running: the new secret first, and the old one as long as it is in use.
    /// let both = Verifier::builder(Sender::MLFLOW)
    ///     .secret_named("new", Secret::new("the new one")?)
    ///     .secret_named("old", old()?)
    ///     .build()?;
    /// handle.swap(both);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(verifier: impl Into<VerifierHandle>) -> Self {
        Self { resolver: Fixed::new(verifier.into()), settings: Settings::default() }
    }
}

impl<R: Resolver<Parts>> VerifyLayer<R> {
    /// Guards with the verifier that `resolver` picks for each request: see [`Resolver`].
    ///
    /// For axum, the resolver has to be `Clone + Send + Sync + 'static` and its future `Send`. Behind axum's
    /// `Router::nest` the path in `Parts` lacks the prefix; the whole path is in the extension `OriginalUri`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use http::request::Parts;
    /// use verify_axum::{ResolveError, Verifier, VerifyLayer};
    ///
    /// # #[derive(Clone)] struct Store;
    /// impl Store {
    ///     async fn verifier(&self, tenant: &str) -> Result<Arc<Verifier>, ResolveError> {
    ///         // ...
    /// #       Err(ResolveError::Unknown)
    ///     }
    /// }
    ///
    /// # let store = Store;
    /// // The type `&Parts` has to be written; what the future needs of the head, it owns.
    /// let layer = VerifyLayer::with_resolver(move |head: &Parts| {
    ///     let (store, tenant) = (store.clone(), head.uri.path().to_owned());
    ///     async move { store.verifier(&tenant).await }
    /// });
    /// # let _: axum::Router = axum::Router::new().layer(layer);
    /// ```
    pub fn with_resolver(resolver: R) -> Self {
        Self { resolver, settings: Settings::default() }
    }
}

impl<R> VerifyLayer<R> {
    /// Sets how long a delivery may take to arrive, in total. Without it: 10 s.
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// Sets the budget of buffered bytes. Without it: one of 64 MiB that all layers of the process
    /// share. A budget of its own is this layer's alone, unless its clones are given to others.
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.settings.budget = budget;
        self
    }

    /// Sets what tells the time. Without it: the system's clock.
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// Calls `f` for every refused request, before it is answered. It must not block. The head was
    /// not verified: method and path are what the log leaves out for that reason.
    pub fn on_refusal(mut self, f: impl Fn(&Refusal, &Parts) + Send + Sync + 'static) -> Self {
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
    /// no receipt, its body as it came; behind axum's extractors, up to the verifier's limit or
    /// 2 MiB. A handler that takes a verified delivery still does not run: its extractor answers
    /// what the layer would have answered. A body that breaks off is refused all the same.
    pub fn dangerous_report_only(mut self) -> Self {
        self.settings.dangerous_report_only();
        self
    }
}

impl<S, R: Clone> Layer<S> for VerifyLayer<R> {
    type Service = Verify<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify::new(inner, self.resolver.clone(), Arc::new(self.settings.clone()))
    }
}
