//! What the tests share.

use core::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Instant,
};

use rusqlite::{Connection, types::FromSql};
use tempfile::TempDir;
use verify_core::{Secret, Sender, Signer, UnixTime, Verified, Verifier};
use verify_outbox::{Builder, Delivery, Outbox, Outcome, Post};

#[path = "../../src/verified.rs"]
mod verified;

pub(crate) use verified::{NOW, verified};

/// A folder with a store, and what was posted from it.
pub(crate) struct Store {
    folder: TempDir,
    posted: Arc<Mutex<Vec<String>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), posted: Arc::default() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("outbox.db")
    }

    pub(crate) fn builder(&self) -> Builder {
        Outbox::builder(self.path())
    }

    /// Posts by writing down.
    pub(crate) fn recorder(&self) -> impl Post + use<> {
        let posted = Arc::clone(&self.posted);
        move |delivery: &Delivery| {
            posted.lock().unwrap().push(String::from_utf8(delivery.body.clone()).unwrap());
            Outcome::Done
        }
    }

    pub(crate) fn posted(&self) -> Vec<String> {
        self.posted.lock().unwrap().clone()
    }

    pub(crate) fn sql<T: FromSql>(&self, sql: &str) -> T {
        let connection = Connection::open(self.path()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

pub(crate) fn there() -> Vec<String> {
    vec!["there".to_owned()]
}

pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Tells those who go on meanwhile that this ends, also where it panics.
pub(crate) struct Ending<'a>(pub(crate) &'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Of a sender that signs the body only.
pub(crate) fn unsigned_time(body: &str, now: u64) -> Verified<&[u8]> {
    let secret = || Secret::new("shared").unwrap();
    let now = UnixTime::from_secs(now);
    let verifier = Verifier::builder(Sender::WANDB).secret(secret()).build().unwrap();
    let signed = Signer::new(Sender::WANDB, secret()).unwrap().sign(now, "", body.as_bytes());
    let signed = signed.unwrap();
    let headers: Vec<_> = signed.iter().collect();
    verifier.verify(now, &headers, body.as_bytes()).unwrap()
}
