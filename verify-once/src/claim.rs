use std::sync::Arc;

use tokio::runtime::Handle;

use crate::{
    Key, Settlement, Token,
    backend::Backend,
    settling::{self, Claimable},
};

/// A claim that was asked for. What is not settled when it is dropped is settled in the background.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) what: Claimable,
    /// `None` once it is settled, or never was ours. Of the runtime, because a drop may happen outside.
    armed: Option<(Arc<Backend>, Handle)>,
}

impl Claim {
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub(crate) fn new(backend: Arc<Backend>, key: Key, token: Token, sender: &'static str) -> Self {
        let intended = Settlement::Release;
        let what = Claimable { key, token, sender, intended, is_acquired: false, is_tried: false };
        Self { what, armed: Some((backend, Handle::current())) }
    }

    /// Settles it. A failure is tried again in the background.
    pub(crate) async fn settle(&mut self) {
        let Some((backend, _)) = &self.armed else { return };
        let what = self.what;
        // Also if nobody waits for the answer.
        self.what.is_tried = true;
        if settling::settle_now(backend, &what).await {
            self.disarm();
        }
    }

    /// The same with a store that answers at once. `false`: it has to be waited for.
    pub(crate) fn settle_at_once(&mut self) -> bool {
        let asked =
            self.armed.as_ref().map(|(backend, _)| settling::settle_at_once(backend, &self.what));
        match asked {
            Some(None) => return false,
            Some(Some(true)) => self.disarm(),
            Some(Some(false)) => self.what.is_tried = true,
            None => {}
        }
        true
    }

    /// Nothing is left to settle.
    pub(crate) fn disarm(&mut self) {
        self.armed = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((backend, runtime)) = self.armed.take() {
            settling::settle_later(&runtime, backend, self.what);
        }
    }
}
