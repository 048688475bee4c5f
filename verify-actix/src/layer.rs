use core::future::{Ready, ready};
use std::sync::Arc;

use actix_web::{
    HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
};
use verify_adapter::{Fixed, Resolver, VerifierHandle};

use crate::{VerifyMiddleware, response::Settings};

/// Lets only verified deliveries through to the service it wraps.
///
/// See the [crate page](crate) for the order of its checks, and for its answers. Make it once and
/// give each worker a clone.
#[derive(Clone, Debug)]
#[must_use]
pub struct Verify<R = Fixed> {
    resolver: R,
    settings: Settings,
}

impl Verify {
    /// Guards with one verifier: a [`Verifier`](crate::Verifier), or a [`VerifierHandle`] to
    /// replace it while running.
    ///
    /// ```
    /// use actix_web::{App, HttpServer};
    /// use verify_actix::{Secret, Sender, Verifier, VerifierHandle, Verify};
    ///
    /// # fn main() -> Result<(), verify_actix::ConfigError> {
    /// let old = || Secret::new("the old one");
    /// let handle = VerifierHandle::new(Verifier::builder(Sender::MLFLOW).secret(old()?).build()?);
    /// let guard = Verify::new(handle.clone());
    /// let server = HttpServer::new(move || App::new().wrap(guard.clone()));
    /// # drop(server);
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

impl<R: Resolver<ServiceRequest>> Verify<R> {
    /// Guards with the verifier that `resolver` picks for each request: see [`Resolver`].
    ///
    /// The resolver must be `Clone + 'static`, and `Send` if it is made outside `HttpServer::new`. Its future
    /// need not be `Send`. On a resource, `match_info` has the parts of the path. On a whole `App` it does
    /// not have them yet.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use actix_web::{App, HttpServer, dev::ServiceRequest, web};
    /// use verify_actix::{ResolveError, Verifier, Verify};
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
    /// // The type has to be written; what the future needs of the request, it owns.
    /// let guard = Verify::with_resolver(move |request: &ServiceRequest| {
    ///     let tenant = request.match_info().get("tenant").unwrap_or_default().to_owned();
    ///     let store = store.clone();
    ///     async move { store.verifier(&tenant).await }
    /// });
    /// let server = HttpServer::new(move || {
    ///     App::new().service(web::resource("/webhooks/{tenant}").wrap(guard.clone()))
    /// });
    /// # drop(server);
    /// ```
    pub fn with_resolver(resolver: R) -> Self {
        Self { resolver, settings: Settings::default() }
    }
}

verify_adapter::__guard_settings!(Verify, ServiceRequest, HttpResponse);

impl<S, R, B> Transform<S, ServiceRequest> for Verify<R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>> + 'static,
    S::Future: 'static,
    R: Resolver<ServiceRequest> + Clone,
    R::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = S::Error;
    type Transform = VerifyMiddleware<S, R>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let settings = Arc::new(self.settings.clone());
        ready(Ok(VerifyMiddleware::new(service, self.resolver.clone(), settings)))
    }
}
