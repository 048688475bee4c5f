use std::{
    env,
    fs::File,
    io::{self, Read},
    path::Path,
};

use alloc::vec::Vec;
use zeroize::Zeroizing;

use super::is_empty;
use crate::ConfigError;

/// Reads the value of an environment variable, verbatim.
pub(super) fn variable(variable: &str) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let value = env::var_os(variable)
        .ok_or_else(|| ConfigError::EnvironmentUnset { variable: variable.into() })?;
    let value = Zeroizing::new(value.into_encoded_bytes());
    match is_empty(&value) {
        true => Err(ConfigError::EnvironmentEmpty { variable: variable.into() }),
        false => Ok(value),
    }
}

/// Reads the content of a file, without one newline at its end.
pub(super) fn file(path: &Path) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    let mut content = read(path)
        .map_err(|error| ConfigError::FileUnreadable { path: path.into(), kind: error.kind() })?;
    if content.pop_if(|last| *last == b'\n').is_some() {
        content.pop_if(|last| *last == b'\r');
    }
    match is_empty(&content) {
        true => Err(ConfigError::FileEmpty { path: path.into() }),
        false => Ok(content),
    }
}

/// Reads a small file. A larger one is no secret, and may have no end.
fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    const MOST: usize = 64 * 1024;
    const ONE_MORE: usize = MOST + 1;
    // Room for all of it: what grows leaves copies behind that nobody wipes.
    let mut content = Zeroizing::new(Vec::with_capacity(ONE_MORE));
    File::open(path)?.take(ONE_MORE as u64).read_to_end(&mut content)?;
    match content.len() {
        ..=MOST => Ok(content),
        _ => Err(io::ErrorKind::FileTooLarge.into()),
    }
}
