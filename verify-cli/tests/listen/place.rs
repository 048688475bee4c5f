//! What `verify listen` does about a path where there is something else than its store: nothing.

use core::time::Duration;
use std::{
    fs,
    io::Read as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use tempfile::tempdir;

use crate::process::{Listen, SECRETS, command};

/// What is said where it does not start. It says so soon, and waits for nothing.
fn refused(store: &Path) -> String {
    let mut listen = command(store, &[]);
    let mut listen = listen.envs(SECRETS).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let status = loop {
        match listen.try_wait().unwrap() {
            Some(status) => break status,
            // It waits, or has started.
            None if began.elapsed() > Duration::from_secs(60) => listen.kill().unwrap(),
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut said = String::new();
    listen.stderr.unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(2), "{said}");
    said
}

/// What there is to know of a file.
fn state(path: &Path) -> (u32, u64, Vec<u8>) {
    let found = fs::metadata(path).unwrap();
    let content = if found.is_file() { fs::read(path).unwrap() } else { Vec::new() };
    (found.mode(), found.ino(), content)
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let folder = tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty"), "").unwrap();
    fs::write(path("text"), "something else, and longer than the start of a store").unwrap();
    fs::write(path("short"), "redb").unwrap();
    fs::write(path("start"), b"redb\x1a\x0a\xa9\x0d\x0a").unwrap();
    drop(redb::Database::create(path("of-another-program")).unwrap());
    for name in ["empty", "text", "short", "start", "of-another-program"] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o644)).unwrap();
        symlink(path(name), path("link")).unwrap();
        let before = state(&path(name));
        for by in [name, "link"] {
            let said = refused(&path(by));
            let is_said = "is not a store of `verify listen`, and was left as it is";
            assert!(said.contains(is_said) || name == "start", "{said}");
            assert!(said.contains("--store FILE"), "{said}");
            assert!(state(&path(name)) == before, "{name} by {by}");
        }
        fs::remove_file(path("link")).unwrap();
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing is beside them");
}

#[test]
fn what_is_no_file_is_left_as_it_is() {
    let folder = tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let circle = folder.path().join("circle");
    symlink(&circle, &circle).unwrap();
    for (path, why) in [
        (folder.path(), "it is a folder, and no file"),
        (&pipe, "it is a pipe, and no file"),
        (Path::new("/dev/null"), "it is a device, and no file"),
    ] {
        let before = state(path);
        let said = refused(path);
        assert!(said.contains(why), "{said}");
        assert!(state(path).0 == before.0, "{}", path.display());
    }
    assert!(refused(&circle).contains("links lead around in a circle"));
}

#[test]
fn what_another_user_put_where_everybody_may_is_not_used() {
    let folder = tempdir().unwrap();
    let own = folder.path().join("store");
    drop(Listen::start(&own, &[]));
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    let (link, copy) = (shared.join("link"), shared.join("copy"));
    symlink(&own, &link).unwrap();
    fs::copy(&own, &copy).unwrap();
    // One's own may lie there.
    drop(Listen::start(&link, &[]));
    drop(Listen::start(&copy, &[]));
    if lchown(&link, Some(65_534), None).is_err() {
        println!("SKIPPED: only root can give a file to another user");
        return;
    }
    lchown(&copy, Some(65_534), None).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o666)).unwrap();
    let before = state(&copy);
    assert!(refused(&link).contains("it is a link of another user"));
    assert!(refused(&copy).contains("another user put it into a folder where everybody may put"));
    assert!(state(&copy) == before);
    // But root, whose folder it is, may make links for others.
    lchown(&link, Some(0), None).unwrap();
    drop(Listen::start(&link, &[]));
}
