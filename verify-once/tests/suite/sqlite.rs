//! The file of SQLite: the laws, the model, and what becomes of the file.

use core::{
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Waker},
    time::Duration,
};
use std::{fs, path::Path, sync::Arc, time::SystemTime};

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Builder;
use verify_once::{
    Claimed, Claims, Key, Settled, Sqlite, StoreError, Terms, Token, conformance::Suite,
};

use crate::model::{Subject, cases, check};

const TERMS: Terms = Terms::new(Duration::from_secs(30), Duration::from_secs(600));
const FIRST: Result<Claimed, StoreError> = Ok(Claimed::Acquired { attempt: 1 });
const DONE: Result<Claimed, StoreError> = Ok(Claimed::Done { status: 204 });

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Until the threads of the stores that were dropped have closed the file. The last one deletes the log.
async fn until_closed(path: &Path) {
    while path.with_extension("db-wal").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A clock that is moved by hand, in seconds.
#[derive(Clone)]
struct Moved(Arc<AtomicU64>);

impl Moved {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_795_290_782)))
    }

    fn set(&self, change: impl Fn(u64) -> u64) {
        self.0.store(change(self.0.load(Relaxed)), Relaxed);
    }

    fn open(&self, path: &Path) -> Sqlite {
        let clock = self.clone();
        Sqlite::with_clock(path, move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(clock.0.load(Relaxed))
        })
    }
}

async fn claim(store: &Sqlite, number: u8) -> Result<Claimed, StoreError> {
    store.claim(&Key::new([number; 32]), &Token::new([number; 16]), TERMS).await
}

async fn complete(store: &Sqlite, number: u8) -> Result<Settled, StoreError> {
    store.complete(&Key::new([number; 32]), &Token::new([number; 16]), 204).await
}

#[tokio::test]
async fn sqlite_conforms_in_two_processes() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let clock = Moved::new();
    let suite = Suite::new(clock.open(&path)).with_other(clock.open(&path));
    suite
        .with_terms(Duration::from_secs(100), Duration::from_secs(300))
        .with_time(move |time| {
            clock.set(|now| now + time.as_secs());
            async {}
        })
        .run()
        .await
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_does_as_the_reference(actions in cases()) {
        let folder = folder();
        let path = folder.path().join("once.db");
        let clock = Moved::new();
        let instances: [Arc<dyn Claims>; 2] = [Arc::new(clock.open(&path)), Arc::new(clock.open(&path))];
        let pass = Box::new(move |time: Duration| -> core::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            clock.set(|now| now + time.as_secs());
            Box::pin(async {})
        });
        let subject = Subject { instances, pass, lag: Duration::from_millis(20) };
        Builder::new_current_thread().enable_time().build().unwrap()
            .block_on(check(&subject, 0, &actions))?;
    }
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_the_file_is_its_owners() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let store = Sqlite::new(&path);
    assert_eq!(claim(&store, 1).await, FIRST);
    assert_eq!(complete(&store, 1).await, Ok(Settled::Yes));
    drop(store);
    until_closed(&path).await;
    let store = Sqlite::new(&path);
    assert_eq!(claim(&store, 1).await, DONE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// A clock that is ahead for a while forgets nothing; one that is set back runs at most once more.
#[tokio::test]
async fn a_clock_that_is_an_hour_off_forgets_nothing() {
    let folder = folder();
    let clock = Moved::new();
    let store = clock.open(&folder.path().join("once.db"));
    for number in 1..4 {
        assert_eq!(claim(&store, number).await, FIRST);
    }
    assert_eq!(complete(&store, 1).await, Ok(Settled::Yes));
    // Ahead, others come, for which what is over is forgotten.
    clock.set(|now| now + 3600);
    assert_eq!(claim(&store, 9).await, FIRST);
    clock.set(|now| now - 3600);
    assert_eq!(claim(&store, 1).await, DONE);
    // Behind: what is done stays done, and what is held runs once more, and not twice.
    clock.set(|now| now - 3600);
    assert_eq!(claim(&store, 1).await, DONE);
    let another =
        async |number| store.claim(&Key::new([2; 32]), &Token::new([number; 16]), TERMS).await;
    assert_eq!(another(8).await, Ok(Claimed::Acquired { attempt: 2 }));
    assert!(matches!(another(1).await, Ok(Claimed::InProgress { .. })));
    assert_eq!(complete(&store, 2).await, Ok(Settled::Lost));
    // Two hours: then it came while the clock was wrong.
    clock.set(|now| now - 3601);
    assert_eq!(claim(&store, 1).await, FIRST);
}

#[tokio::test]
async fn what_is_over_is_forgotten_an_hour_later() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let clock = Moved::new();
    let store = clock.open(&path);
    for number in 0..200 {
        assert_eq!(claim(&store, number).await, FIRST);
    }
    let rows = || -> u32 {
        let file = Connection::open(&path).unwrap();
        file.query_row("SELECT count(*) FROM claim", [], |row| row.get(0)).unwrap()
    };
    clock.set(|now| now + 4199);
    assert_eq!(claim(&store, 201).await, FIRST);
    assert_eq!(rows(), 201);
    clock.set(|now| now + 2);
    assert_eq!(claim(&store, 202).await, FIRST);
    assert_eq!(rows(), 2);
}

#[tokio::test]
async fn what_is_not_a_store_of_this_kind_is_left_as_it_is() {
    let folder = folder();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "these are notes").unwrap();
    let error = Sqlite::new(&path).check().await.unwrap_err();
    let text = format!(
        "store of claims `{}` is a file of something else, and was left as it is: name another",
        path.display()
    );
    assert_eq!(error, StoreError::Unsuitable(text));
    assert_eq!(fs::read_to_string(&path).unwrap(), "these are notes");

    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE claim (key)").unwrap();
    assert!(matches!(Sqlite::new(&other).check().await, Err(StoreError::Unsuitable(_))));
    assert!(matches!(Sqlite::new(folder.path()).check().await, Err(StoreError::Unsuitable(_))));

    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    assert!(matches!(Sqlite::new(&empty).check().await, Err(StoreError::Unsuitable(_))));
    assert_eq!(fs::read(&empty).unwrap(), b"");
}

/// As root, who alone can make another user's link.
#[cfg(unix)]
#[tokio::test]
async fn what_another_user_put_where_everybody_may_is_not_used() {
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    let folder = folder();
    let (real, link) = (folder.path().join("once.db"), folder.path().join("link.db"));
    Sqlite::new(&real).check().await.unwrap();
    until_closed(&real).await;
    fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).unwrap();
    symlink(&real, &link).unwrap();
    // One's own link is followed, and what others could read is closed to them.
    Sqlite::new(&link).check().await.unwrap();
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);

    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    if lchown(&link, Some(65534), None).is_err() {
        return println!("SKIPPED: a link of another user: only root can make one");
    }
    let error = Sqlite::new(&link).check().await.unwrap_err();
    assert!(error.to_string().contains("a link of another user"), "{error}");
    // What SQLite would read beside the store is of its owner as well.
    until_closed(&real).await;
    let (log, target) = (folder.path().join("once.db-wal"), folder.path().join("target"));
    for is_link in [true, false] {
        fs::write(&target, "").unwrap();
        let _ = fs::remove_file(&log);
        if is_link { symlink(&target, &log) } else { fs::write(&log, "") }.unwrap();
        lchown(&log, Some(65534), None).unwrap();
        let error = Sqlite::new(&real).check().await.unwrap_err();
        assert!(error.to_string().contains("once.db-wal` cannot be opened: "), "{error}");
        assert_eq!(fs::read(&target).unwrap(), b"");
    }
}

/// SQLite would write over it, or follow a link to what it writes over.
#[tokio::test]
async fn what_has_the_name_of_a_log_is_left_as_it_is() {
    for extension in ["-journal", "-wal", "-shm"] {
        let folder = folder();
        let path = folder.path().join("once.db");
        let log = folder.path().join(format!("once.db{extension}"));
        fs::write(&log, "somebody's notes").unwrap();
        for is_there in [false, true] {
            let error = Sqlite::new(&path).check().await.unwrap_err();
            let text = format!(
                "store of claims `{}` cannot be opened: it is no log of SQLite, which would write over it",
                log.display()
            );
            assert_eq!(error, StoreError::Unsuitable(text));
            assert_eq!(fs::read(&log).unwrap(), b"somebody's notes");
            if !is_there {
                assert!(!path.exists(), "nothing is made beside it");
                fs::rename(&log, folder.path().join("notes")).unwrap();
                Sqlite::new(&path).check().await.unwrap();
                until_closed(&path).await;
                fs::write(&log, "somebody's notes").unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_in_one_sentence() {
    let folder = folder();
    let path = folder.path().join("once.db");
    Sqlite::new(&path).check().await.unwrap();
    until_closed(&path).await;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let text = format!(
        "store of claims `{}` was written by another version of this program: its schema is 2, and this version knows 1",
        path.display()
    );
    assert_eq!(Sqlite::new(&path).check().await, Err(StoreError::Unsuitable(text)));
}

#[tokio::test]
async fn a_folder_that_is_not_there_yet_is_waited_for() {
    let folder = folder();
    let path = folder.path().join("later").join("once.db");
    let store = Sqlite::new(&path);
    let error = claim(&store, 1).await.unwrap_err();
    assert_eq!(error.code(), "store_unavailable");
    assert!(error.to_string().contains("cannot be opened"), "{error}");
    fs::create_dir(path.parent().unwrap()).unwrap();
    assert_eq!(claim(&store, 1).await, FIRST);
}

#[tokio::test]
async fn a_file_that_is_gone_is_not_written_on_unseen() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let store = Sqlite::new(&path);
    assert_eq!(claim(&store, 1).await, FIRST);
    let aside = folder.path().join("aside.db");
    fs::rename(&path, &aside).unwrap();
    let error = claim(&store, 2).await.unwrap_err();
    assert!(error.to_string().contains("was moved or deleted"), "{error}");
    fs::rename(&aside, &path).unwrap();
    assert_eq!(claim(&store, 2).await, FIRST);
}

/// Another process keeps the file locked: an answer within the time for a call, and then it goes on.
#[tokio::test]
async fn a_lock_is_waited_for_and_then_told() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let store = Sqlite::new(&path);
    assert_eq!(claim(&store, 1).await, FIRST);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = claim(&store, 2).await.unwrap_err();
    assert!(error.to_string().ends_with("is locked by another process"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(claim(&store, 2).await, FIRST);
}

/// As a machine does that asks others for the time.
#[tokio::test]
async fn a_clock_that_is_set_back_by_seconds_frees_no_claim() {
    let folder = folder();
    let clock = Moved::new();
    let store = clock.open(&folder.path().join("once.db"));
    let another = |number| {
        let store = &store;
        async move { store.claim(&Key::new([1; 32]), &Token::new([number; 16]), TERMS).await }
    };
    assert_eq!(claim(&store, 1).await, FIRST);
    clock.set(|now| now - 5);
    assert_eq!(another(2).await, Ok(Claimed::InProgress { left: Duration::from_secs(35) }));
    clock.set(|now| now - 1);
    assert_eq!(another(2).await, Ok(Claimed::Acquired { attempt: 2 }));
}

/// Another process keeps the file locked, and time passes meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_read_after_a_lock_was_waited_for() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let clock = Moved::new();
    let store = Arc::new(clock.open(&path));
    store.check().await.unwrap();
    let other = Connection::open(&path).unwrap();
    let mut number = 0;
    loop {
        number += 1;
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let claiming = Arc::clone(&store);
        let claiming = tokio::spawn(async move { claim(&claiming, number).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        clock.set(|now| now + 20);
        other.execute_batch("ROLLBACK").unwrap();
        match claiming.await.unwrap() {
            // This thread paused, and held the lock for longer than a claim waits.
            Err(_) if number < 100 => {}
            claimed => break assert_eq!(claimed, FIRST),
        }
    }
    // Its lease of 30 s has begun with the transaction.
    clock.set(|now| now + 29);
    let beside = store.claim(&Key::new([number; 32]), &Token::new([0; 16]), TERMS).await;
    assert_eq!(beside, Ok(Claimed::InProgress { left: Duration::from_secs(1) }));
}

/// What is given up before the writer comes to it is not claimed.
#[tokio::test]
async fn a_claim_that_nobody_waits_for_is_not_begun() {
    let folder = folder();
    let path = folder.path().join("once.db");
    let store = Sqlite::new(&path);
    assert_eq!(store.check().await, Ok(()));
    let other = Connection::open(&path).unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    for number in (0..200).step_by(2) {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut busy = pin!(claim(&store, number));
        assert!(busy.as_mut().poll(&mut cx).is_pending());
        // The writer begins with it, and so the other waits.
        tokio::time::sleep(Duration::from_millis(25)).await;
        assert!(pin!(claim(&store, number + 1)).as_mut().poll(&mut cx).is_pending());
        let is_busy = busy.as_mut().poll(&mut cx).is_pending();
        if is_busy {
            assert!(busy.await.is_err());
        }
        other.execute_batch("ROLLBACK").unwrap();
        // Else this thread paused, and the other was begun before it was dropped.
        if is_busy {
            let another = Token::new([255; 16]);
            let claimed = store.claim(&Key::new([number + 1; 32]), &another, TERMS).await;
            return assert_eq!(claimed, FIRST);
        }
    }
    panic!("this machine pauses all the time");
}
