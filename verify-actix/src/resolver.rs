use core::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use verify_adapter::{ResolveError, VerifierHandle};
use verify_core::Verifier;

/// Picks the verifier for a request, such as one for each tenant in the path.
///
/// Every `Fn(&ServiceRequest) -> impl Future<Output = Result<Arc<Verifier>, ResolveError>>` is one,
/// as long as the future borrows nothing of the request: it takes what it needs with it, and an
/// `async fn(&ServiceRequest)` cannot. The resolver has to be `Clone + 'static`, and `Send` where it
/// is made outside `HttpServer::new`; its future need not be.
///
/// **Nothing of the request was verified yet.** On a resource `match_info` has the parts of the path;
/// on a whole `App` it does not have them yet. The time that the future takes counts towards the
/// deadline.
pub trait Resolver {
    /// Brings the verifier.
    type Future: Future<Output = Result<Arc<Verifier>, ResolveError>> + 'static;

    /// Looks at the head of a request.
    fn resolve(&self, request: &ServiceRequest) -> Self::Future;
}

/// The same verifier for every request: whichever the [`VerifierHandle`] has in place.
#[derive(Clone, Debug)]
pub struct Fixed(pub(crate) VerifierHandle);

impl Resolver for Fixed {
    type Future = Ready<Result<Arc<Verifier>, ResolveError>>;

    fn resolve(&self, _: &ServiceRequest) -> Self::Future {
        ready(Ok(self.0.load()))
    }
}

impl<F, Fut> Resolver for F
where
    F: Fn(&ServiceRequest) -> Fut,
    Fut: Future<Output = Result<Arc<Verifier>, ResolveError>> + 'static,
{
    type Future = Fut;

    fn resolve(&self, request: &ServiceRequest) -> Fut {
        self(request)
    }
}
