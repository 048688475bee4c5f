//! Where secrets and tokens come from: a variable, a file, or the terminal. Never the command line,
//! which every user of the machine can read.

use core::fmt;
use std::{
    env,
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::{
    Args,
    error::{ContextKind, ContextValue, ErrorKind},
};
use verify_toolkit::{ConfigError, Secret, Sender};
use zeroize::Zeroizing;

use crate::Error;

/// The bytes of a secret or a token. Wiped on drop, and shown nowhere.
#[derive(Clone)]
pub(crate) struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes of a secret.
    ///
    /// # Errors
    ///
    /// It is what the library calls empty, which no command may use.
    pub(crate) fn new(secret: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let secret = Self(Zeroizing::new(secret.into()));
        secret.to_secret().map(|_| secret)
    }

    /// Refuses an empty secret, and says where it was.
    fn checked(self, place: impl FnOnce() -> String) -> Result<Self, Error> {
        match self.to_secret() {
            Ok(_) => Ok(self),
            Err(Error::Config(ConfigError::SecretEmpty)) => {
                Err(Error::SecretEmpty { place: place() })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes what a verifier takes.
    pub(crate) fn to_secret(&self) -> Result<Secret, Error> {
        Ok(Secret::new(self)?)
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

/// What to say to whoever types a secret or a token as an argument, of a command that takes one. `None`: something
/// else is wrong.
pub(crate) fn typed(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option =
        text(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let option = option.split('=').next()?;
    let what = match option {
        "--secret" | "--previous-secret" => "secret",
        "--token" => "token",
        _ => return None,
    };
    // What clap takes for a typing error are the options that the command has.
    text(ContextKind::SuggestedArg)?.strip_prefix(option)?.strip_prefix('-')?;
    Some(format!(
        "error: `{option}` is not taken: other users of this machine see the arguments of a program, and the shell's \
         history keeps them\n\n\
         hint: put the {what} into a variable or a file, and name that with `{option}-env NAME` or `{option}-file FILE`. \
         This asks for it without showing it, and keeps it out of the history:\n    \
         read -rs NAME && export NAME\n\
         If what you typed just now is in use, take a new {what}: the old one is in the history."
    ))
}

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Clone, Debug, Default)]
#[group(skip)]
pub(crate) struct SecretOptions {
    /// Read the signing secret from this environment variable, verbatim. Without any of these three:
    /// from `<SENDER>_WEBHOOK_SECRET`, as in `MLFLOW_WEBHOOK_SECRET`; if that is not set, you are asked.
    #[arg(long, value_name = "NAME", group = "secret", help_heading = "Secret")]
    secret_env: Option<String>,

    /// Read the signing secret from this file. One newline at its end is dropped.
    #[arg(long, value_name = "FILE", group = "secret", help_heading = "Secret")]
    secret_file: Option<PathBuf>,

    /// Ask for the signing secret on the terminal, without showing it.
    #[arg(long, group = "secret", help_heading = "Secret")]
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
        match (&self.secret_env, &self.secret_file) {
            (Some(variable), _) => secret_from_env(variable),
            (None, Some(path)) => secret_from_file(path),
            (None, None) if self.secret_prompt => ask(sender),
            (None, None) if env::var_os(&variable).is_some() => secret_from_env(&variable),
            // Standard input may be the body; what is asked is read from the terminal all the same.
            (None, None) if io::stderr().is_terminal() => ask(sender),
            (None, None) => Err(Error::SecretMissing { variable }),
        }
    }

    /// Whether an option or the usual variable says where the secret is.
    pub(crate) fn is_given(&self, sender: Sender) -> bool {
        self.is_named() || env::var_os(variable(sender)).is_some()
    }

    /// Whether an option does.
    pub(crate) const fn is_named(&self) -> bool {
        self.secret_env.is_some() || self.secret_file.is_some() || self.secret_prompt
    }
}

/// The variable that is read if nothing else is said. The example receivers read the same.
pub(crate) fn variable(sender: Sender) -> String {
    format!("{}_SECRET", settings(sender))
}

/// The same for a bearer token, which only `verify listen` reads so.
pub(crate) fn token_variable(sender: Sender) -> String {
    format!("{}_TOKEN", settings(sender))
}

fn settings(sender: Sender) -> String {
    format!("{}_WEBHOOK", sender.name().to_ascii_uppercase().replace('-', "_"))
}

/// Makes a secret that nobody has: 256 random bits, as digits that no shell and no form changes.
pub(crate) fn fresh() -> Result<SecretBytes, Error> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut()).map_err(|_| Error::Random)?;
    let mut hex = Zeroizing::new(Vec::with_capacity(64));
    for byte in random.iter() {
        write!(hex, "{byte:02x}").map_err(Error::Output)?;
    }
    Ok(SecretBytes(hex))
}

#[derive(Args, Clone, Debug, Default)]
#[group(skip)]
pub(crate) struct PreviousSecrets {
    /// Read a secret that was in use before from this environment variable: `check` accepts it as
    /// well, `explain` says if it is the one. Can be repeated.
    #[arg(long, value_name = "NAME", help_heading = "Secret")]
    previous_secret_env: Vec<String>,

    /// Read a secret that was in use before from this file. Can be repeated.
    #[arg(long, value_name = "FILE", help_heading = "Secret")]
    previous_secret_file: Vec<PathBuf>,
}

impl PreviousSecrets {
    /// Reads the secrets, those in variables first.
    ///
    /// # Errors
    ///
    /// One is not where it is said to be, or empty.
    pub(crate) fn read(&self) -> Result<Vec<SecretBytes>, Error> {
        let variables = self.previous_secret_env.iter().map(|variable| secret_from_env(variable));
        let files = self.previous_secret_file.iter().map(|path| secret_from_file(path));
        variables.chain(files).collect()
    }
}

#[derive(Args, Clone, Debug, Default)]
#[group(skip)]
pub(crate) struct TokenOptions {
    /// Read the bearer token, which is sent besides the signature, from this environment variable.
    #[arg(long, value_name = "NAME", group = "token", help_heading = "Secret")]
    token_env: Option<String>,

    /// Read the bearer token from this file. One newline at its end is dropped.
    #[arg(long, value_name = "FILE", group = "token", help_heading = "Secret")]
    token_file: Option<PathBuf>,

    /// Ask for the bearer token on the terminal, without showing it.
    #[arg(long, group = "token", help_heading = "Secret")]
    token_prompt: bool,
}

impl TokenOptions {
    /// Reads the token, if there is to be one.
    ///
    /// # Errors
    ///
    /// It is not where it is said to be, or no request could carry it.
    pub(crate) fn read(&self, sender: Sender) -> Result<Option<SecretBytes>, Error> {
        let token = match (&self.token_env, &self.token_file) {
            (Some(variable), _) => from_env(variable)?,
            (None, Some(path)) => from_file(path)?,
            (None, None) if self.token_prompt => prompt("Bearer token", sender)?,
            (None, None) => return Ok(None),
        };
        if token.0.is_empty() || !token.0.iter().all(u8::is_ascii_graphic) {
            return Err(ConfigError::BearerInvalid.into());
        }
        Ok(Some(token))
    }
}

fn secret_from_env(variable: &str) -> Result<SecretBytes, Error> {
    from_env(variable)?.checked(|| format!("the variable `{variable}`"))
}

fn secret_from_file(path: &Path) -> Result<SecretBytes, Error> {
    from_file(path)?.checked(|| format!("the file `{}`", path.display()))
}

fn ask(sender: Sender) -> Result<SecretBytes, Error> {
    prompt("Signing secret", sender)?.checked(|| "the answer".to_owned())
}

fn prompt(what: &str, sender: Sender) -> Result<SecretBytes, Error> {
    let secret = rpassword::prompt_password(format!("{what} of {}: ", sender.name()));
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
        // Room for all of it: a vector that grows leaves behind what nobody wipes.
        let mut content = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
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

#[cfg(test)]
mod tests {
    use super::from_file;

    #[test]
    fn a_file_is_read_into_one_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for length in [0, 1, 64 * 1024] {
            std::fs::write(&path, vec![b'x'; length]).unwrap();
            let secret = from_file(&path).unwrap();
            // Neither more nor less than was reserved.
            assert_eq!((secret.0.len(), secret.0.capacity()), (length, 64 * 1024 + 1));
        }
    }
}
