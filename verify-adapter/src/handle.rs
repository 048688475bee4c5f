use std::sync::{Arc, PoisonError, RwLock};

use verify_core::Verifier;

/// A verifier that you can replace while requests are running: rotation without a restart.
///
/// Clones share the verifier. A delivery in flight keeps the verifier that it began with.
#[derive(Clone, Debug)]
pub struct VerifierHandle(Arc<RwLock<Arc<Verifier>>>);

impl VerifierHandle {
    /// Takes the first verifier.
    #[must_use]
    pub fn new(verifier: impl Into<Arc<Verifier>>) -> Self {
        Self(Arc::new(RwLock::new(verifier.into())))
    }

    /// Replaces the verifier and returns the one before it.
    pub fn swap(&self, verifier: impl Into<Arc<Verifier>>) -> Arc<Verifier> {
        // Nothing can panic while the lock is held, so a poisoned one is still whole.
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        core::mem::replace(&mut current, verifier.into())
    }

    /// Returns the current verifier.
    #[must_use]
    pub fn load(&self) -> Arc<Verifier> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Verifier> for VerifierHandle {
    fn from(verifier: Verifier) -> Self {
        Self::new(verifier)
    }
}

impl From<Arc<Verifier>> for VerifierHandle {
    fn from(verifier: Arc<Verifier>) -> Self {
        Self::new(verifier)
    }
}
