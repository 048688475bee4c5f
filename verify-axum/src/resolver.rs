use core::future::{Ready, ready};
use std::sync::Arc;

use http::request::Parts;
use verify_adapter::{ResolveError, VerifierHandle};
use verify_core::Verifier;

/// Picks the verifier for a request, such as one for each tenant in the path.
///
/// Every `Fn(&Parts) -> impl Future<Output = Result<Arc<Verifier>, ResolveError>>` is one, as long as
/// the future borrows nothing of the head: it takes what it needs with it, and an `async fn(&Parts)`
/// cannot. For axum, the resolver has to be `Clone + Send + Sync + 'static` and its future `Send`.
///
/// **Nothing of the head was verified yet.** Behind axum's `Router::nest` the path in it lacks the
/// prefix; the whole one is in the extension `OriginalUri`. The time that the future takes counts
/// towards the deadline.
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
