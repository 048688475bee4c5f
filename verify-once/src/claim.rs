use tokio::runtime::Handle;

use crate::{Key, Once, Settlement, Token, settling};

/// A claim that was asked for. What is not settled when it is dropped is settled in the background.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) what: Claimable,
    /// `None` once it is settled, or never was ours. Of the runtime, because a drop may happen outside.
    armed: Option<(Once, Handle)>,
}

/// What a claim is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claimable {
    pub(crate) key: Key,
    pub(crate) token: Token,
    pub(crate) sender: &'static str,
    /// What is to be written down: at first that it is given back.
    pub(crate) intended: Settlement,
    /// Whether the store said that it is ours. Otherwise it may still become ours.
    pub(crate) is_acquired: bool,
}

impl Claim {
    /// # Panics
    ///
    /// Outside of a runtime of tokio.
    pub(crate) fn new(once: Once, key: Key, token: Token, sender: &'static str) -> Self {
        let intended = Settlement::Release;
        let what = Claimable { key, token, sender, intended, is_acquired: false };
        Self { what, armed: Some((once, Handle::current())) }
    }

    /// Nothing is left to settle.
    pub(crate) fn disarm(mut self) {
        self.armed = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((once, runtime)) = self.armed.take() {
            settling::settle_later(&runtime, once, self.what);
        }
    }
}
