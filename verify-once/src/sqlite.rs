//! Claims in a file of SQLite.

mod file;
mod table;
mod writer;

use core::fmt;
use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::SystemTime,
};

use tokio::sync::oneshot;

use crate::{Claimed, Claims, Key, Pending, Settled, StoreError, Terms, Token, row::Millis};
use file::File;
use table::{Said, Task};
use writer::{Job, Writer};

/// Claims in a SQLite file, for the instances of one machine. They survive a restart and a power cut.
///
/// One thread writes. Calls that wait together share one commit, and so one wait for the disk. The
/// file is opened at the first call. If that fails, the next call tries again.
///
/// The store uses the clock of the machine. While the clock is ahead, what is over by that clock is handled again if it
/// comes again. A row is deleted an hour after its window, so the rest is known again when the clock is right. If the
/// clock is set back by up to an hour, a delivery that was being handled runs once more.
pub struct Sqlite {
    path: PathBuf,
    jobs: mpsc::SyncSender<Job>,
}

impl Sqlite {
    /// How many calls may wait. They give up after the time limit for a call.
    const WAITING: usize = 4096;

    /// Takes the path of a file. If it does not exist, it is created, readable for its owner only.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_clock(path, SystemTime::now)
    }

    /// The same, with something else that tells the time.
    #[must_use]
    pub fn with_clock(
        path: impl Into<PathBuf>,
        now: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        let path = path.into();
        let (jobs, queue) = mpsc::sync_channel(Self::WAITING);
        let now = move || -> Millis {
            now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, crate::row::millis)
        };
        let writer = Writer::new(File::new(path.clone()), Arc::new(now));
        // Without a thread, each call says that nobody takes it.
        drop(
            thread::Builder::new()
                .name("verify-once-sqlite".to_owned())
                .spawn(move || writer.run(&queue)),
        );
        Self { path, jobs }
    }

    fn ask<'a, T: 'a>(&'a self, task: Task, read: fn(Said) -> Option<T>) -> Pending<'a, T> {
        Box::pin(async move {
            let (done, said) = oneshot::channel();
            self.jobs.try_send(Job { task, done }).map_err(|error| match error {
                mpsc::TrySendError::Full(_) => self.trouble("has too many calls waiting"),
                mpsc::TrySendError::Disconnected(_) => self.trouble("is not written any more"),
            })?;
            let said = said.await.map_err(|_| self.trouble("is not written any more"))??;
            read(said).ok_or_else(|| self.trouble("gave another answer than was asked for"))
        })
    }

    fn trouble(&self, what: &str) -> StoreError {
        StoreError::Unavailable(format!("store of claims `{}` {what}", self.path.display()))
    }
}

impl Claims for Sqlite {
    fn claim<'a>(&'a self, key: &'a Key, token: &'a Token, terms: Terms) -> Pending<'a, Claimed> {
        self.ask(Task::Claim { key: *key, token: *token, terms }, Said::claimed)
    }

    fn complete<'a>(&'a self, key: &'a Key, token: &'a Token, status: u16) -> Pending<'a, Settled> {
        let task = Task::Settle { key: *key, token: *token, status: Some(status) };
        self.ask(task, Said::settled)
    }

    fn release<'a>(&'a self, key: &'a Key, token: &'a Token) -> Pending<'a, Settled> {
        self.ask(Task::Settle { key: *key, token: *token, status: None }, Said::settled)
    }

    fn forget<'a>(&'a self, key: &'a Key) -> Pending<'a, bool> {
        self.ask(Task::Forget { key: *key }, Said::forgot)
    }

    fn check(&self) -> Pending<'_, ()> {
        self.ask(Task::Check, Said::checked)
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.path).finish_non_exhaustive()
    }
}
