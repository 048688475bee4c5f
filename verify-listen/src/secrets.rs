//! The secrets that are made where none is set. They stay the same from one start to the next, so that a sender is
//! configured once.

use std::{
    fs,
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use verify_toolkit::Sender;
use zeroize::Zeroizing;

use crate::{Keys, ListenError, SenderKeys, error::Kind};

/// A larger file is not one of these.
const MOST: u64 = 16 * 1024;

/// Reads the secrets that are kept beside a store, and makes those that are missing, or all of them anew.
pub(crate) fn kept(store: &Path, is_anew: bool) -> Result<Keys, ListenError> {
    let mut name = store.as_os_str().to_owned();
    name.push(".secrets");
    let path = PathBuf::from(name);
    let failed = |error| ListenError::from(Kind::Secrets { path: path.clone(), error });
    let path = verify_file::resolve(&path).map_err(failed)?;
    let known = if is_anew { Zeroizing::default() } else { read(&path).map_err(failed)? };
    let mut lines = Zeroizing::new(String::with_capacity(MOST as usize));
    let mut all = Vec::new();
    let mut is_changed = false;
    for sender in Sender::ALL {
        let own =
            known.lines().find_map(|line| line.strip_prefix(sender.name())?.strip_prefix(' '));
        let secret = match own {
            Some(secret) => Zeroizing::new(secret.to_owned()),
            None => {
                is_changed = true;
                make(sender)?
            }
        };
        // Piece by piece: what `format!` makes is not wiped.
        lines.extend([sender.name(), " ", &secret, "\n"]);
        all.push(SenderKeys::new(*sender, [secret.as_bytes()], [""; 0]));
    }
    if is_changed {
        write(&path, &lines).map_err(failed)?;
    }
    Keys::new(all)
}

fn make(sender: &Sender) -> Result<Zeroizing<String>, ListenError> {
    let mut random = Zeroizing::new([0; 24]);
    getrandom::fill(random.as_mut()).map_err(|error| Kind::Random(error.to_string()))?;
    Ok(Zeroizing::new(sender.secret_encoding().write(random.as_ref())))
}

fn read(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(MOST as usize + 1));
    if let Some(file) = verify_file::open(path)? {
        verify_file::close_to_others(&file)?;
        let other = |_| io::Error::new(ErrorKind::InvalidData, "it is not a file of secrets");
        file.take(MOST).read_to_string(&mut text).map_err(other)?;
    }
    Ok(text)
}

/// Writes all of it, or leaves what there was.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    // One that was begun and not finished.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = verify_file::create(Path::new(&new))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::kept;
    use crate::{Keys, SenderKeys};

    fn secrets(keys: &Keys) -> Vec<Vec<u8>> {
        keys.iter().filter_map(SenderKeys::first).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn secrets_stay_until_others_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let first = secrets(&kept(&store, false).unwrap());
        assert_eq!(secrets(&kept(&store, false).unwrap()), first);
        let second = secrets(&kept(&store, true).unwrap());
        assert!(first.iter().all(|secret| !second.contains(secret)));
        assert_eq!(secrets(&kept(&store, false).unwrap()), second);
        // What one sender lost is made, and the others stay.
        let path = folder.path().join("store.secrets");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
        let third = secrets(&kept(&store, false).unwrap());
        assert_eq!((third[0] == second[0], &third[1..]), (false, &second[1..]));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_them() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let path = folder.path().join("store.secrets");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        kept(&store, false).unwrap();
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        kept(&store, false).unwrap();
        assert_eq!(mode(), 0o600);
        // A folder or a device is no such file.
        std::fs::remove_file(&path).unwrap();
        symlink("/dev/zero", &path).unwrap();
        assert!(kept(&store, false).is_err());
    }

    #[test]
    fn what_cannot_be_written_leaves_what_there_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        let first = secrets(&kept(&store, false).unwrap());
        // Nothing can be made in its place.
        std::fs::create_dir(folder.path().join("store.secrets.new")).unwrap();
        assert!(kept(&store, true).is_err());
        assert_eq!(secrets(&kept(&store, false).unwrap()), first);
    }

    #[test]
    fn other_content_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.secrets");
        std::fs::write(&path, b"\xff\xfe").unwrap();
        let error = kept(&folder.path().join("store"), false).unwrap_err();
        assert!(error.to_string().starts_with("cannot keep secrets in `"), "{error}");
    }
}
