//! What can go wrong before there is a verdict. Each error says what to do next.

use core::fmt;
use std::{error::Error as _, io, path::PathBuf};

use verify_toolkit::{ConfigError, Sender, SignError, samples};

use crate::{listen::ListenError, text::Shown};

/// Why a command could not do what it was asked to do: exit code 2.
#[derive(Debug)]
pub(crate) enum Error {
    /// A secret or a token is no good.
    Config(ConfigError),
    /// A sender has no such event.
    EventUnknown { sender: Sender, event: String },
    /// Neither an event nor a body was given.
    EventMissing { sender: Sender },
    /// A file could not be read or written.
    File { path: PathBuf, error: io::Error },
    /// `verify listen` could not begin.
    Listen(ListenError),
    /// The output could not be written.
    Output(io::Error),
    /// The terminal could not be asked.
    Prompt(io::Error),
    /// There is no secret, and nobody to ask for one.
    SecretMissing { variable: String },
    /// A delivery could not be signed.
    Sign(SignError),
}

impl Error {
    /// Says what to do next.
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::EventUnknown { sender, .. } | Self::EventMissing { sender } => {
                let events: Vec<_> = samples::of(sender.name()).map(|s| s.event).collect();
                format!(
                    "name one of these, or give a body of your own with `--body FILE`:\n  {}",
                    events.join("\n  ")
                )
            }
            Self::SecretMissing { variable } => format!(
                "set {variable}, or say where it is: `--secret-env NAME`, `--secret-file FILE`, or \
                 `--secret-prompt` to be asked"
            ),
            Self::Config(ConfigError::EnvironmentUnset { variable }) => format!(
                "set it in this shell: `read -rs {variable} && export {variable}` keeps it out of \
                 the history"
            ),
            Self::Config(ConfigError::SecretEmpty) => {
                "an empty secret is one that everybody knows; give the one that the sender has"
                    .to_owned()
            }
            Self::Listen(error) => error.hint()?.to_owned(),
            _ => return None,
        })
    }

    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Prints the error, its cause, and what to do next.
    pub(crate) fn print(&self) {
        let mut text = format!("error: {}", Shown(self.to_string().as_bytes()));
        if let Some(source) = self.source() {
            text += &format!(": {}", Shown(source.to_string().as_bytes()));
        }
        if let Some(hint) = self.hint() {
            text += &format!("\n\nhint: {hint}");
        }
        anstream::eprintln!("verify: {text}");
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::EventUnknown { sender, event } => {
                write!(f, "{} has no event `{event}`", sender.name())
            }
            Self::EventMissing { .. } => f.write_str("neither an event nor a body was given"),
            Self::File { path, .. } => write!(f, "`{}`", path.display()),
            Self::Listen(error) => error.fmt(f),
            Self::Output(_) => f.write_str("cannot write the output"),
            Self::Prompt(_) => f.write_str("cannot ask on the terminal"),
            Self::SecretMissing { variable } => {
                write!(f, "no secret: {variable} is not set, and this is no terminal to ask on")
            }
            Self::Sign(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Listen(error) => error.source(),
            Self::File { error, .. } | Self::Output(error) | Self::Prompt(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<ListenError> for Error {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}

impl From<SignError> for Error {
    fn from(error: SignError) -> Self {
        Self::Sign(error)
    }
}
