//! A file that comes and goes while it is looked at.

use core::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

/// As the log of SQLite does, which another process deletes when it closes the store.
#[test]
fn a_file_that_goes_meanwhile_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("once.db-wal");
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                fs::write(&path, "").unwrap();
                fs::remove_file(&path).unwrap();
            }
        });
        let looked: Vec<_> = (0..50_000).map(|_| verify_file::open(&path).map(drop)).collect();
        is_over.store(true, Ordering::Relaxed);
        assert!(
            looked.iter().all(Result::is_ok),
            "{:?}",
            looked.iter().find(|found| found.is_err())
        );
    });
}
