use core::fmt;
use std::sync::Arc;

use tokio::sync::watch;

/// A value that can be replaced while others use it: each user goes on with the value that it loaded. Clones
/// share it.
pub struct Live<T>(Arc<watch::Sender<Arc<T>>>);

impl<T> Live<T> {
    /// Puts the first one in place.
    pub fn new(first: T) -> Self {
        Self(Arc::new(watch::Sender::new(Arc::new(first))))
    }

    /// Returns what is in place.
    #[must_use]
    pub fn load(&self) -> Arc<T> {
        Arc::clone(&self.0.borrow())
    }

    /// Puts another one in place.
    pub fn swap(&self, new: T) {
        self.0.send_replace(Arc::new(new));
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}
