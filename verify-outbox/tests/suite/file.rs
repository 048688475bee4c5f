//! Which files are opened, and by whom.

use crate::common::{Store, there, verified};
use rusqlite::Connection;
use verify_outbox::OpenError;

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_it() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let store = Store::new();
    drop(store.builder().open().unwrap());
    fs::set_permissions(store.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let (outbox, _workers) = store.builder().open().unwrap();
    outbox.keep(&verified("a secret"), there()).await.unwrap();
    let mut files: Vec<_> = fs::read_dir(store.path().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), entry.metadata().unwrap().permissions().mode() & 0o777))
        .collect();
    files.sort();
    let names =
        ["outbox.db", "outbox.db-shm", "outbox.db-wal", "outbox.db.lock", "outbox.db.reserve"];
    assert_eq!(files, names.map(|name| (name.into(), 0o600)));
}

#[cfg(unix)]
#[tokio::test]
async fn one_that_is_moved_or_deleted_keeps_nothing_until_it_is_put_back() {
    use std::fs;

    use verify_outbox::{Kept, StoreError};

    let store = Store::new();
    let (outbox, _workers) = store.builder().open().unwrap();
    outbox.keep(&verified("a"), there()).await.unwrap();
    let moved = Err(StoreError::Moved);
    let aside = store.path().with_extension("aside");
    fs::rename(store.path(), &aside).unwrap();
    assert_eq!(outbox.keep(&verified("b"), there()).await, Err(StoreError::Moved));
    assert_eq!(outbox.check().await, moved);
    fs::write(store.path(), "").unwrap();
    assert_eq!(outbox.check().await, moved, "it is another file");
    fs::rename(&aside, store.path()).unwrap();
    assert_eq!(outbox.keep(&verified("b"), there()).await, Ok(Kept::New));
    fs::remove_file(store.path()).unwrap();
    assert_eq!(outbox.check().await, moved);
}

/// What SQLite goes on to write into a log that was deleted is gone after a kill.
#[cfg(unix)]
#[tokio::test]
async fn one_whose_log_or_lock_is_moved_or_deleted_keeps_nothing() {
    use std::fs;

    use verify_outbox::{Kept, StoreError};

    for log in ["db-wal", "db-shm", "db.lock"] {
        let store = Store::new();
        let (outbox, _workers) = store.builder().open().unwrap();
        outbox.keep(&verified("a"), there()).await.unwrap();
        let log = store.path().with_extension(log);
        let aside = log.with_extension("aside");
        fs::rename(&log, &aside).unwrap();
        assert_eq!(outbox.keep(&verified("b"), there()).await, Err(StoreError::Moved));
        fs::rename(&aside, &log).unwrap();
        assert_eq!(outbox.keep(&verified("b"), there()).await, Ok(Kept::New));
    }
}

#[tokio::test]
async fn a_reserve_that_is_deleted_is_filled_again() {
    let store = Store::new();
    let reserve = store.path().with_extension("db.reserve");
    let (outbox, _workers) = store.builder().open().unwrap();
    for body in ["a", "b"] {
        outbox.keep(&verified(body), there()).await.unwrap();
        assert_eq!(std::fs::metadata(&reserve).unwrap().len(), 8 * 1024 * 1024);
        std::fs::remove_file(&reserve).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_place_of_the_reserve_is_not_followed() {
    use std::{fs, os::unix::fs::symlink};

    let store = Store::new();
    let reserve = store.path().with_extension("db.reserve");
    let (short, long) = (reserve.with_extension("short"), reserve.with_extension("long"));
    fs::write(&short, "somebody's").unwrap();
    fs::write(&long, vec![0; 8 * 1024 * 1024]).unwrap();
    for other in [short, long] {
        symlink(&other, &reserve).unwrap();
        let before = fs::read(&other).unwrap();
        let (outbox, _workers) = store.builder().open().unwrap();
        outbox.check().await.unwrap();
        assert!(fs::symlink_metadata(&reserve).unwrap().is_file(), "{other:?}");
        assert!(fs::read(&other).unwrap() == before, "{other:?}");
        fs::remove_file(&reserve).unwrap();
    }
}

#[test]
fn one_process_at_a_time_works_on_it() {
    let store = Store::new();
    let opened = store.builder().open().unwrap();
    let error = store.builder().open().unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().ends_with("outbox.db` is in use by another process"), "{error}");
    drop(opened);
    store.builder().open().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn one_process_at_a_time_works_on_it_by_whatever_name() {
    let store = Store::new();
    let link = store.path().with_file_name("link.db");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    drop(store.builder().open().unwrap());
    let (outbox, _workers) = verify_outbox::Outbox::builder(&link).open().unwrap();
    outbox.keep(&verified("a"), there()).await.unwrap();
    let error = store.builder().open().unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[test]
fn another_schema_is_refused_by_its_number() {
    let store = Store::new();
    drop(store.builder().open().unwrap());
    for version in [1, 7] {
        let connection = Connection::open(store.path()).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        let error = store.builder().open().unwrap_err().to_string();
        let expected = format!(
            "was written by another version: its schema is {version}, and this version knows 3"
        );
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let store = Store::new();
    Connection::open(store.path()).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let error = store.builder().open().unwrap_err();
    assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
    assert_eq!(store.sql::<i64>("SELECT COUNT(*) FROM sqlite_schema"), 1);

    let text = "not a database, and longer than the head of one is: ".repeat(10);
    std::fs::write(store.path(), &text).unwrap();
    let error = store.builder().open().unwrap_err();
    assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(store.path()).unwrap(), text);
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let store = Store::new();
    let path = store.path().with_file_name("not-mounted").join("outbox.db");
    let error = verify_outbox::Outbox::builder(&path).open().unwrap_err();
    assert!(matches!(error, OpenError::File { .. }), "{error}");
    assert!(!path.parent().unwrap().exists());
}

/// Each file of a folder: its mode, and what is in it.
#[cfg(unix)]
fn state(folder: &std::path::Path) -> Vec<(std::ffi::OsString, u32, Vec<u8>)> {
    use std::{fs, os::unix::fs::PermissionsExt};

    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let found = fs::symlink_metadata(&path).unwrap();
            let content = if found.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            (path.file_name().unwrap().to_owned(), found.permissions().mode(), content)
        })
        .collect();
    files.sort();
    files
}

/// Neither the one that works on it nor the one that looks into it.
#[cfg(unix)]
#[test]
fn what_is_no_store_is_left_as_it_is() {
    use std::{fs, os::unix::fs::PermissionsExt, os::unix::fs::symlink};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("text"), "not a database, and longer than the head of one is: ".repeat(10))
        .unwrap();
    Connection::open(path("other")).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    for name in ["empty", "text", "other"] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o644)).unwrap();
        symlink(path(name), path("link")).unwrap();
        let before = state(folder.path());
        for by in [path(name), path("link")] {
            let error = verify_outbox::Outbox::builder(&by).open().unwrap_err();
            assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
            let error = verify_outbox::Unposted::open(&by, []).unwrap_err();
            assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
            assert!(error.to_string().ends_with("was left as it is"), "{error}");
            assert!(state(folder.path()) == before, "{name}");
        }
        fs::remove_file(path("link")).unwrap();
    }
}

/// SQLite would delete a file that it takes for the log of a store that is not there.
#[cfg(unix)]
#[test]
fn what_has_the_name_of_a_log_is_left_as_it_is() {
    for extension in ["-journal", "-wal", "-shm"] {
        let store = Store::new();
        let mut log = store.path().into_os_string();
        log.push(extension);
        std::fs::write(&log, "somebody's notes").unwrap();
        let before = state(store.path().parent().unwrap());
        let error = store.builder().open().unwrap_err();
        assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
        assert!(state(store.path().parent().unwrap()) == before, "{extension}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_left_as_it_is() {
    use std::process::Command;

    for extension in ["", ".lock", "-wal"] {
        let store = Store::new();
        let mut place = store.path().into_os_string();
        place.push(extension);
        assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
        let before = state(store.path().parent().unwrap());
        let error = store.builder().open().unwrap_err();
        assert!(error.to_string().ends_with("`: it is a pipe, and no file"), "{error}");
        assert!(state(store.path().parent().unwrap()) == before, "{extension}");
    }
    let error = verify_outbox::Outbox::builder("/dev/null").open().unwrap_err();
    assert_eq!(error.to_string(), "`/dev/null`: it is a device, and no file");
    assert!(!std::path::Path::new("/dev/null.lock").exists());
}

#[cfg(unix)]
#[test]
fn what_another_user_put_where_everybody_may_is_not_used() {
    use std::{fs, os::unix::fs::PermissionsExt, os::unix::fs::lchown, os::unix::fs::symlink};

    let store = Store::new();
    drop(store.builder().open().unwrap());
    let shared = tempfile::tempdir().unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    let (link, copy) = (shared.path().join("link"), shared.path().join("copy"));
    symlink(store.path(), &link).unwrap();
    fs::copy(store.path(), &copy).unwrap();
    drop(verify_outbox::Outbox::builder(&link).open().unwrap());
    if lchown(&link, Some(65_534), None).is_err() {
        println!("SKIPPED: only root can give a file to another user");
        return;
    }
    lchown(&copy, Some(65_534), None).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o666)).unwrap();
    let before = state(shared.path());
    let error = verify_outbox::Outbox::builder(&link).open().unwrap_err().to_string();
    assert!(error.contains("it is a link of another user"), "{error}");
    let error = verify_outbox::Outbox::builder(&copy).open().unwrap_err().to_string();
    assert!(error.contains("another user put it into a folder where everybody may"), "{error}");
    assert!(state(shared.path()) == before);
}
