//! Everything that happens goes through here: into the store, and then to whoever watches.

use std::sync::Arc;

use tokio::sync::broadcast;
use verify_toolkit::WireRequest;

use crate::{
    record::{Facts, Handled, Summary, Verdict},
    store::{Store, StoreError},
    subject::Subject,
};

/// A [`Store`] that can be watched. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    store: Store,
    watchers: broadcast::Sender<News>,
}

/// What has just happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum News {
    /// The page asked that nothing is kept of what came so far.
    Cleared,
    /// A delivery was kept, or more of what became of it.
    Delivery(Arc<Summary>),
    /// This many news were missed, because `show` was too slow.
    Missed(u64),
    /// The store failed: how. The sender was told to come again.
    Trouble(String),
}

impl Journal {
    /// News that a watcher may be behind before it misses some.
    pub(crate) const BEHIND: usize = 1024;

    pub(crate) fn new(store: Store) -> Self {
        Self { store, watchers: broadcast::Sender::new(Self::BEHIND) }
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<News> {
        self.watchers.subscribe()
    }

    /// Keeps a delivery, and returns its number once it is on the disk.
    pub(crate) async fn append(
        &self,
        facts: Facts,
        request: &WireRequest,
    ) -> Result<u64, StoreError> {
        let summary = self.store.append(facts, request).await.inspect_err(|e| self.trouble(e))?;
        let id = summary.id;
        self.tell(News::Delivery(Arc::new(summary)));
        Ok(id)
    }

    /// Keeps what became of a delivery.
    pub(crate) async fn handled(&self, id: u64, handled: Handled) {
        match self.store.handled(id, handled).await {
            Ok(Some(summary)) => self.tell(News::Delivery(Arc::new(summary))),
            // So many came in the meantime that it had to go.
            Ok(None) => {}
            Err(error) => self.trouble(&error),
        }
    }

    /// Keeps that a refused delivery verifies now. `None`: it is not kept any more.
    pub(crate) async fn judged(
        &self,
        id: u64,
        verdict: Verdict,
        subject: Subject,
    ) -> Result<Option<Summary>, StoreError> {
        let summary = self.store.judged(id, verdict, subject).await?;
        if let Some(summary) = &summary {
            self.tell(News::Delivery(Arc::new(summary.clone())));
        }
        Ok(summary)
    }

    /// Keeps nothing of what came so far.
    pub(crate) async fn clear(&self) -> Result<(), StoreError> {
        self.store.clear().await?;
        self.tell(News::Cleared);
        Ok(())
    }

    fn trouble(&self, error: &StoreError) {
        self.tell(News::Trouble(error.to_string()));
    }

    fn tell(&self, news: News) {
        // An error is that nobody watches.
        let _ = self.watchers.send(news);
    }
}
