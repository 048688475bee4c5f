//! The file that keeps the workspace. It is written anew with every change, beside its place, and gets its
//! name once it is on the disk: whoever reads it finds one state or the other.

use core::fmt;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::registry::{MOST_BYTES, Registry};

/// Of the file. A change that this version could not read raises it.
const FORMAT: u64 = 1;
/// What the registry takes, and what is around it.
const MOST: u64 = MOST_BYTES as u64 + 1024;

pub(super) struct Store {
    path: PathBuf,
    /// Held for as long as the store is: another emulator would overwrite what this one wrote.
    lock: File,
}

#[derive(Deserialize)]
struct Head {
    verify_emulator: u64,
}

#[derive(Deserialize, Serialize)]
struct Content<R> {
    verify_emulator: u64,
    registry: R,
}

impl Store {
    /// Opens a store, and reads what is in it. Where there is none, one is made.
    pub(super) fn open(path: PathBuf) -> Result<(Self, Registry), StoreError> {
        let error = |problem| StoreError { path: path.clone(), problem };
        let lock = beside(&path, "lock");
        let lock = options().create(true).truncate(false).open(lock);
        let lock = lock.map_err(|e| error(Problem::File(e)))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(error(Problem::Busy)),
            Err(TryLockError::Error(e)) => return Err(error(Problem::File(e))),
        }
        let registry = read(&path).map_err(error)?;
        let store = Self { path, lock };
        let registry = match registry {
            Some(registry) => registry,
            None => {
                let new = Registry::default();
                store.write(&new).map_err(|e| store.error(Problem::File(e)))?;
                new
            }
        };
        Ok((store, registry))
    }

    /// Writes all of it, or leaves what was there.
    pub(super) fn write(&self, registry: &Registry) -> io::Result<()> {
        let content = Content { verify_emulator: FORMAT, registry };
        let text = serde_json::to_vec(&content).map_err(|_| ErrorKind::InvalidData)?;
        let new = beside(&self.path, "new");
        // Left over by one that was killed.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = options().create_new(true).open(&new)?;
        let written = file.write_all(&text).and_then(|()| file.sync_all());
        drop(file);
        let renamed = written.and_then(|()| fs::rename(&new, &self.path));
        if renamed.is_err() {
            let _ = fs::remove_file(&new);
        }
        renamed?;
        match self.path.parent() {
            Some(folder) if cfg!(unix) => File::open(folder_or_here(folder))?.sync_all(),
            _ => Ok(()),
        }
    }

    fn error(&self, problem: Problem) -> StoreError {
        StoreError { path: self.path.clone(), problem }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Not only with the file, which a process that is just being started has open, too.
        let _ = self.lock.unlock();
    }
}

fn folder_or_here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

fn read(path: &Path) -> Result<Option<Registry>, Problem> {
    // What is no file may have no end, or do something when it is opened.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Problem::File(error)),
        Ok(found) if !found.is_file() => return Err(Problem::NoFile),
        Ok(found) if found.len() > MOST => return Err(Problem::Foreign),
        Ok(_) => {}
    }
    let mut text = Vec::new();
    let file = File::open(path).map_err(Problem::File)?;
    file.take(MOST).read_to_end(&mut text).map_err(Problem::File)?;
    // The head alone, because what is newer may look otherwise.
    let Ok(Head { verify_emulator }) = serde_json::from_slice(&text) else {
        let is_cut = text.starts_with(br#"{"verify_emulator":"#);
        return Err(if is_cut { Problem::Damaged } else { Problem::Foreign });
    };
    if verify_emulator > FORMAT {
        return Err(Problem::Newer { found: verify_emulator });
    }
    let content = serde_json::from_slice::<Content<Registry>>(&text);
    content.map(|content| Some(content.registry)).map_err(|_| Problem::Damaged)
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(what);
    name.into()
}

/// It holds secrets, so nobody else may read it.
fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Why a store cannot be used. Nothing about the file was changed.
#[derive(Debug)]
pub struct StoreError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Busy,
    Damaged,
    File(io::Error),
    Foreign,
    Newer { found: u64 },
    NoFile,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Busy => write!(f, "store `{path}` is used by another emulator"),
            Problem::Damaged => write!(
                f,
                "store `{path}` is damaged and was left as it is: move it away to begin with an empty one"
            ),
            Problem::File(_) => write!(f, "store `{path}` cannot be used"),
            Problem::Foreign => write!(
                f,
                "`{path}` is no store of the emulator and was left as it is: name another file"
            ),
            Problem::Newer { found } => write!(
                f,
                "store `{path}` was written by a newer version (format {found}, this one reads up to \
                 {FORMAT}): use that version, or name another file"
            ),
            Problem::NoFile => {
                write!(
                    f,
                    "store `{path}` is no regular file: name one, or a path where there is none"
                )
            }
        }
    }
}

impl core::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.problem {
            Problem::File(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn another_may_use_it_though_a_process_that_is_being_started_has_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let (held, _) = Store::open(path.clone()).unwrap();
        assert!(Store::open(path.clone()).is_err());
        // As such a process has it.
        let _inherited = held.lock.try_clone().unwrap();
        drop(held);
        assert!(Store::open(path).is_ok());
    }
}
