//! Where secrets and tokens come from: a variable, a file, or the terminal. Never the command line,
//! which every user of the machine can read.

use core::fmt;
use std::{
    env,
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use verify_toolkit::{ConfigError, Secret, Sender};
use zeroize::Zeroizing;

use crate::Error;

/// The bytes of a secret or a token. Wiped on drop, and shown nowhere.
#[derive(Clone)]
pub(crate) struct SecretBytes(Zeroizing<Vec<u8>>);

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

/// Where the signing secret is.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Secret")]
#[group(skip)]
pub(crate) struct SecretOptions {
    /// Read the signing secret from this environment variable, verbatim. Without any of these:
    /// <SENDER>_WEBHOOK_SECRET, and if that is not set you are asked.
    #[arg(long, value_name = "NAME", group = "secret")]
    secret_env: Option<String>,

    /// Read the signing secret from this file. One newline at its end is dropped.
    #[arg(long, value_name = "FILE", group = "secret")]
    secret_file: Option<PathBuf>,

    /// Ask for the signing secret on the terminal, without showing it.
    #[arg(long, group = "secret")]
    secret_prompt: bool,
}

impl SecretOptions {
    /// Reads the secret of a sender.
    ///
    /// # Errors
    ///
    /// It is not where it is said to be, or empty.
    pub(crate) fn read(&self, sender: Sender) -> Result<SecretBytes, Error> {
        let variable = variable(sender);
        let secret = match (&self.secret_env, &self.secret_file) {
            (Some(variable), _) => from_env(variable)?,
            (None, Some(path)) => from_file(path)?,
            (None, None) if self.secret_prompt => prompt(sender)?,
            (None, None) if env::var_os(&variable).is_some() => from_env(&variable)?,
            (None, None) if io::stdin().is_terminal() => prompt(sender)?,
            (None, None) => return Err(Error::SecretMissing { variable }),
        };
        // The check of the library: what it calls empty, no command may use.
        Secret::new(&secret)?;
        Ok(secret)
    }
}

/// The variable that is read if nothing else is said. The example receivers read the same.
pub(crate) fn variable(sender: Sender) -> String {
    format!("{}_WEBHOOK_SECRET", sender.name().to_ascii_uppercase())
}

fn prompt(sender: Sender) -> Result<SecretBytes, Error> {
    let secret = rpassword::prompt_password(format!("Signing secret of {}: ", sender.name()));
    Ok(SecretBytes(Zeroizing::new(secret.map_err(Error::Prompt)?.into_bytes())))
}

pub(crate) fn from_env(variable: &str) -> Result<SecretBytes, Error> {
    let value = env::var_os(variable)
        .ok_or_else(|| ConfigError::EnvironmentUnset { variable: variable.to_owned() })?;
    Ok(SecretBytes(Zeroizing::new(value.into_encoded_bytes())))
}

/// As [`Secret::from_file`], but the bytes stay known.
pub(crate) fn from_file(path: &Path) -> Result<SecretBytes, Error> {
    /// A larger file is no secret, and may have no end.
    const MOST: u64 = 64 * 1024;
    let read = || {
        let mut content = Zeroizing::new(Vec::new());
        let length = File::open(path)?.take(MOST + 1).read_to_end(&mut content)?;
        if length as u64 > MOST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(content) }
    };
    let mut content = read().map_err(|error| Error::File { path: path.to_owned(), error })?;
    if content.ends_with(b"\n") {
        content.pop();
        if content.ends_with(b"\r") {
            content.pop();
        }
    }
    Ok(SecretBytes(content))
}
