use core::future::{Ready, ready};
use std::sync::Arc;

use verify_core::Verifier;

use crate::VerifierHandle;

/// Picks the verifier for a request, such as one for each tenant in the path.
///
/// `H` is the framework's type of a request before its body: `http::request::Parts` for axum, `ServiceRequest`
/// for actix-web. Every `Fn(&H) -> impl Future<Output = Result<Arc<Verifier>, ResolveError>>` is a resolver,
/// as long as the future borrows nothing of the head. So clone what the future needs. An `async fn(&H)` does
/// not compile. The time of the future counts towards the deadline.
///
/// **Nothing of the head was verified yet.**
pub trait Resolver<H: ?Sized> {
    /// Whether it looks at the head at all: then `Authorization` is kept out of the head's `Debug` before it does.
    const SEES_HEAD: bool = true;

    /// Brings the verifier.
    type Future: Future<Output = Result<Arc<Verifier>, ResolveError>>;

    /// Looks at the head of a request.
    fn resolve(&self, head: &H) -> Self::Future;
}

/// The same verifier for every request: the one that the [`VerifierHandle`] holds now.
#[derive(Clone, Debug)]
pub struct Fixed(VerifierHandle);

/// Why there is no verifier for a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ResolveError {
    /// The place where the verifiers are kept did not answer. The sender is asked to try again.
    Unavailable,
    /// There is no verifier for this request, for example because the tenant is unknown. The answer
    /// is the same as for a wrong signature. But a head that a verifier accepts makes the server
    /// wait for the body, and a large `Content-Length` is a 413: with these an attacker can tell.
    /// To hide which tenants exist, resolve unknown tenants to a verifier of the same kind with a
    /// random secret.
    Unknown,
}

impl Fixed {
    /// Resolves every request to the verifier in the handle.
    #[must_use]
    pub const fn new(handle: VerifierHandle) -> Self {
        Self(handle)
    }
}

impl<H: ?Sized> Resolver<H> for Fixed {
    const SEES_HEAD: bool = false;

    type Future = Ready<Result<Arc<Verifier>, ResolveError>>;

    fn resolve(&self, _: &H) -> Self::Future {
        ready(Ok(self.0.load()))
    }
}

impl<H: ?Sized, F, Fut> Resolver<H> for F
where
    F: Fn(&H) -> Fut,
    Fut: Future<Output = Result<Arc<Verifier>, ResolveError>>,
{
    type Future = Fut;

    fn resolve(&self, head: &H) -> Fut {
        self(head)
    }
}
