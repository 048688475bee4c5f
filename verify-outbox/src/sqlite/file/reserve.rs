use core::time::Duration;
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use super::beside;

/// A file beside the store that takes up room, and is deleted when the disk has none left to write down
/// what became of the postings: they would be made again.
pub(crate) struct Reserve {
    path: PathBuf,
    /// When it could not be filled, and why.
    failed: Option<(Instant, ErrorKind)>,
}

impl Reserve {
    /// Twice what SQLite's log grows to before it is written over.
    pub(crate) const BYTES: usize = 8 * 1024 * 1024;

    /// How long a disk that has no room for it is left alone.
    const WAIT: Duration = Duration::from_secs(5);

    pub(crate) fn beside(store: &Path) -> Self {
        Self { path: beside(store, ".reserve"), failed: None }
    }

    /// Sees to it that it is there.
    pub(crate) fn fill(&mut self) -> io::Result<()> {
        if self.is_there() {
            return Ok(());
        }
        if let Some((_, kind)) = self.failed.filter(|(at, _)| at.elapsed() < Self::WAIT) {
            return Err(kind.into());
        }
        let filled = self.write();
        self.failed = filled.as_ref().err().map(|error| (Instant::now(), error.kind()));
        if filled.is_err() {
            self.delete()?;
        }
        filled
    }

    /// Gives the room away, or what a kill left of it. Returns `false` if there is none.
    pub(crate) fn release(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }

    /// Whether it has its size, and is no link to another file.
    fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.is_file() && found.len() == Self::BYTES as u64)
    }

    /// Writes what no file system can make smaller.
    fn write(&self) -> io::Result<()> {
        self.delete()?;
        let mut options = File::options();
        // Never into what somebody else put there meanwhile.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        let mut random = fastrand::Rng::new();
        let mut block = vec![0; 64 * 1024];
        for _ in 0..Self::BYTES / block.len() {
            random.fill(&mut block);
            file.write_all(&block)?;
        }
        file.sync_all()
    }

    fn delete(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
