use core::future::{Ready, ready};
use std::sync::Arc;

use http::request::Parts;
use verify_adapter::{ResolveError, VerifierHandle};
use verify_core::Verifier;

/// Picks the verifier for a request, such as one for each tenant in the path.
///
/// Every `Fn(&Parts) -> impl Future<Output = Result<Arc<Verifier>, ResolveError>>` is one. What the
/// future needs of the head it takes with it; **nothing of the head was verified yet**. The time it
/// takes counts towards the deadline.
pub trait Resolver {
    /// Brings the verifier.
    type Future: Future<Output = Result<Arc<Verifier>, ResolveError>>;

    /// Looks at the head of a request.
    fn resolve(&self, head: &Parts) -> Self::Future;
}

/// The same verifier for every request: whichever the [`VerifierHandle`] has in place.
#[derive(Clone, Debug)]
pub struct Fixed(pub(crate) VerifierHandle);

impl Resolver for Fixed {
    type Future = Ready<Result<Arc<Verifier>, ResolveError>>;

    fn resolve(&self, _: &Parts) -> Self::Future {
        ready(Ok(self.0.load()))
    }
}

impl<F, Fut> Resolver for F
where
    F: Fn(&Parts) -> Fut,
    Fut: Future<Output = Result<Arc<Verifier>, ResolveError>>,
{
    type Future = Fut;

    fn resolve(&self, head: &Parts) -> Fut {
        self(head)
    }
}
