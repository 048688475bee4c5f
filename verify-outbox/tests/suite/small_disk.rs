//! A small disk, which a test has in a namespace of its own.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

const DISK: &str = "OUTBOX_TEST_DISK";

/// Returns where the disk is. `None`: the test ran again with one of so many MiB, or it says that there is none to be had.
pub(crate) fn small_disk(test: &str, mebibytes: u32, namespaces: &[&str]) -> Option<PathBuf> {
    if let Some(disk) = env::var_os(DISK) {
        return Some(disk.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = format!(r#"mount -t tmpfs -o size={mebibytes}m none "$0" || exit 77; exec "$@""#);
    let status = Command::new("unshare")
        .args(namespaces)
        .args(["--mount", "sh", "-c", &mount])
        .arg(folder.path())
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DISK, folder.path())
        .status();
    match status {
        Ok(status) if status.code() != Some(77) && status.code() != Some(1) => {
            assert!(status.success(), "{status}");
        }
        #[expect(clippy::explicit_write, reason = "a test that passes shows no `eprintln!`")]
        other => writeln!(io::stderr(), "SKIPPED: {test}: no small disk: {other:?}").unwrap(),
    }
    None
}

/// Fills the disk to its last byte.
pub(crate) fn fill(disk: &Path) {
    let mut file = fs::File::options().create(true).append(true).open(disk.join("other")).unwrap();
    for size in [64 * 1024, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}
