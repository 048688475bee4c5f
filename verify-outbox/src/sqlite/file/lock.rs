use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

/// The lock that one process at a time has.
///
/// It is released when this is dropped, and not only when the file is closed: a process that is just being started
/// has the file of its parent open, until its own program begins.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock of a file, which is made if it has to be. Without `make`, there may be none.
    pub(super) fn take(path: &Path, make: bool) -> Result<Option<Self>, TryLockError> {
        let Some(file) = open(path, make).map_err(TryLockError::Error)? else { return Ok(None) };
        file.try_lock()?;
        Ok(Some(Self(file)))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If it cannot be, the end of this process does it.
        let _ = self.0.unlock();
    }
}

fn open(path: &Path, make: bool) -> io::Result<Option<File>> {
    match verify_file::open(path)? {
        None if make => match verify_file::create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => verify_file::open(path),
            made => made.map(Some),
        },
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::TryLockError;

    use super::Lock;

    #[test]
    fn it_is_released_though_a_process_that_is_being_started_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path, true).unwrap().unwrap();
        assert!(matches!(Lock::take(&path, true), Err(TryLockError::WouldBlock)));
        // As such a process has it.
        let _inherited = held.0.try_clone().unwrap();
        drop(held);
        Lock::take(&path, true).unwrap().unwrap();
    }
}
