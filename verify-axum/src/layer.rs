use std::sync::Arc;

use bytes::Bytes;
use http::{Response, request::Parts};
use tower_layer::Layer;
use verify_adapter::{Fixed, Resolver, VerifierHandle};

use crate::{Verify, response::Settings};

/// Lets only verified deliveries through to the service it wraps.
///
/// See the [crate page](crate) for the order of its checks, and for its answers.
#[derive(Clone, Debug)]
#[must_use]
pub struct VerifyLayer<R = Fixed> {
    resolver: R,
    settings: Settings,
}

impl VerifyLayer {
    /// Guards with one verifier: a [`Verifier`](crate::Verifier), or a [`VerifierHandle`] to
    /// replace it while running.
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
    /// For axum, the resolver must be `Clone + Send + Sync + 'static` and its future `Send`. Behind axum's
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

verify_adapter::__guard_settings!(VerifyLayer, Parts, Response<Bytes>);

impl<S, R: Clone> Layer<S> for VerifyLayer<R> {
    type Service = Verify<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Verify::new(inner, self.resolver.clone(), Arc::new(self.settings.clone()))
    }
}
