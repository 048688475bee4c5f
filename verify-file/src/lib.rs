#![doc = include_str!("../README.md")]

use std::{
    env,
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Read as _},
    path::{Component, Path, PathBuf},
    process,
    time::SystemTime,
};

/// Follows the links in a path, except links that another user put into a folder where everybody may put files.
/// The last parts of the path need not exist.
///
/// # Errors
///
/// There is such a link, links form a circle, or a folder cannot be read.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    const MOST_LINKS: usize = 40;
    // The next part is the last one.
    let mut rest = parts(path);
    let mut found = env::current_dir()?;
    let mut links = 0;
    while let Some(part) = rest.pop() {
        let next = match Path::new(&part).components().next() {
            None | Some(Component::CurDir) => continue,
            Some(Component::ParentDir) => {
                found.pop();
                continue;
            }
            Some(_) => found.join(&part),
        };
        match fs::symlink_metadata(&next) {
            Ok(link) if link.is_symlink() => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(refused("links lead around in a circle"));
                }
                if !is_trusted(&link, &found)? {
                    return Err(refused(
                        "it is a link of another user, in a folder where everybody may put files",
                    ));
                }
                rest.extend(parts(&fs::read_link(&next)?));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => found = next,
        }
    }
    Ok(found)
}

/// The parts of a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|part| part.as_os_str().to_owned()).collect()
}

/// Opens an existing file, and changes nothing about it. Links are not followed: see [`resolve`].
///
/// # Errors
///
/// It is a folder, a pipe, a device or a link, or another user put it into a folder where everybody
/// may put files.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    // To open a device may do something, and to open a pipe waits.
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => check(&found?, path)?,
    }
    // SQLite may delete its log meanwhile, in another process.
    let file = match options().open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    check(&file.metadata()?, path)?;
    Ok(Some(file))
}

/// Makes a new file, which only its owner may read.
///
/// # Errors
///
/// It exists, or cannot be made.
pub fn create(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

/// Makes a file, complete or not at all: `fill` writes it under another name. A file that appeared
/// there meanwhile stays.
///
/// # Errors
///
/// The error of `fill`, or the file cannot be made.
pub fn make<E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos());
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".new-{}-{now}", process::id()));
    let new = PathBuf::from(new);
    create(&new)?;
    let made = fill(&new).and_then(|()| match fs::hard_link(&new, path) {
        // Not every file system has such links.
        Err(error) if error.kind() != ErrorKind::AlreadyExists && !path.try_exists()? => {
            Ok(fs::rename(&new, path)?)
        }
        _ => Ok(sync_folder(path)?),
    });
    let _ = fs::remove_file(&new);
    made
}

/// What SQLite has beside a store, and how its files begin: the log of a transaction, the log of WAL in
/// either order of bytes, the index of that. It writes over what has such a name, and reads what is in it.
const LOGS: [(&str, &[&[u8]]); 3] = [
    ("-journal", &[&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7], &[0; 8]]),
    ("-wal", &[&[0x37, 0x7f, 0x06, 0x82], &[0x37, 0x7f, 0x06, 0x83]]),
    ("-shm", &[&3_007_000_u32.to_ne_bytes(), &[0; 4]]),
];

/// Checks the files that have the names of SQLite's logs, before SQLite opens the store beside
/// them.
///
/// # Errors
///
/// The file, and why it is no log: it holds something else ([`ErrorKind::InvalidData`]), or [`open`] would refuse
/// it.
pub fn check_logs(store: &Path) -> Result<(), (PathBuf, io::Error)> {
    for (extension, starts) in LOGS {
        let mut name = store.as_os_str().to_owned();
        name.push(extension);
        let path = PathBuf::from(name);
        let read = |file: File| {
            let mut start = Vec::new();
            file.take(8).read_to_end(&mut start).map(|_| start)
        };
        let start = match open(&path).and_then(|file| file.map(read).transpose()) {
            Ok(start) => start.unwrap_or_default(),
            Err(error) => return Err((path, error)),
        };
        if !(start.is_empty() || starts.iter().any(|known| start.starts_with(known))) {
            let what = "it is no log of SQLite, which would write over it";
            return Err((path, io::Error::new(ErrorKind::InvalidData, what)));
        }
    }
    Ok(())
}

/// Makes a file readable for its owner only.
///
/// # Errors
///
/// The file belongs to another user.
#[cfg(unix)]
pub fn close_to_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Does nothing: there are no such rights here.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn close_to_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// The file that a path leads to. If a file is moved or deleted, a program that has it open still writes to it, and
/// all of that would be gone after a restart. On systems other than Unix it says only that there is a file: stable
/// Rust offers no more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Identity(u64, u64);

impl Identity {
    /// Looks up where a path leads now.
    ///
    /// # Errors
    ///
    /// There is no file, or it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        #[cfg(unix)]
        let of = {
            use std::os::unix::fs::MetadataExt as _;

            Self(found.dev(), found.ino())
        };
        #[cfg(not(unix))]
        let of = {
            drop(found);
            Self(0, 0)
        };
        Ok(of)
    }
}

/// So that the name of a new file is on the disk.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;

        // A file opens as without `NONBLOCK`.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

fn refused(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why)
}

fn check(found: &Metadata, path: &Path) -> io::Result<()> {
    if !found.is_file() {
        return Err(refused(&format!("it is {}, and no file", kind(found))));
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    match is_trusted(found, folder)? {
        true => Ok(()),
        false => Err(refused("another user put it into a folder where everybody may put files")),
    }
}

#[cfg(unix)]
fn kind(found: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;

    match found.file_type() {
        kind if kind.is_dir() => "a folder",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_symlink() => "a link",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn kind(found: &Metadata) -> &'static str {
    if found.is_dir() { "a folder" } else { "a link" }
}

/// Whether what is in a folder was put there by its owner, by root as a rule, or by who runs this: as
/// Linux has it for links, if `fs.protected_symlinks` is set.
#[cfg(unix)]
fn is_trusted(found: &Metadata, folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let folder = fs::metadata(folder)?;
    let is_for_everybody = folder.mode() & 0o002 != 0;
    let us = rustix::process::geteuid().as_raw();
    Ok(!is_for_everybody || [us, folder.uid()].contains(&found.uid()))
}

#[cfg(not(unix))]
fn is_trusted(_: &Metadata, _: &Path) -> io::Result<bool> {
    Ok(true)
}
