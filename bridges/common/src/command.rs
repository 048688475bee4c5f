use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::LogFormat;

/// What a bridge can be told to do.
#[derive(Debug, Subcommand)]
#[expect(clippy::exhaustive_enums, reason = "a bridge that left one out would be a bug")]
pub enum Command {
    /// Receive deliveries, and post what they say.
    Serve {
        /// The settings.
        #[command(flatten)]
        settings: Settings,
        /// Print requests instead of sending them. Deliveries are kept in a store of their own, which is
        /// deleted at the end. Only the senders' secrets are needed.
        #[arg(long)]
        dry_run: bool,
        /// How lines of the log look, on standard error.
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
        log_format: LogFormat,
    },
    /// Read the settings and the secrets that they name, and say what is wrong with them.
    Check {
        /// The settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// What its destination did not take, and what is for destinations that are not configured any more.
    Dead {
        /// What to do with it.
        #[command(subcommand)]
        command: Dead,
        /// Print JSON, one object a line, for scripts.
        #[arg(long, global = true)]
        json: bool,
    },
}

impl Command {
    /// Returns where the settings are.
    #[must_use]
    pub fn config(&self) -> &Path {
        match self {
            Self::Serve { settings, .. } | Self::Check { settings } => settings.config(),
            Self::Dead { command, .. } => command.config(),
        }
    }
}

/// What can be done with what waits for a person.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Dead {
    /// Show them, the oldest first.
    List {
        /// The settings.
        #[command(flatten)]
        settings: Settings,
    },
    /// Try some of them again, which a running bridge does within seconds.
    Retry {
        /// The settings.
        #[command(flatten)]
        settings: Settings,
        /// Which of them.
        #[command(flatten)]
        which: Which,
    },
    /// Give some of them up for good.
    Drop {
        /// The settings.
        #[command(flatten)]
        settings: Settings,
        /// Which of them.
        #[command(flatten)]
        which: Which,
    },
}

impl Dead {
    /// Returns where the settings are.
    #[must_use]
    pub fn config(&self) -> &Path {
        let (Self::List { settings } | Self::Retry { settings, .. } | Self::Drop { settings, .. }) =
            self;
        settings.config()
    }
}

/// Where the settings are.
#[derive(Args, Debug)]
pub struct Settings {
    /// The settings.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Settings {
    /// Returns the path of the file.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }
}

/// Some of what `dead list` shows.
#[derive(Args, Debug)]
#[group(required = true)]
pub struct Which {
    /// The numbers that `dead list` shows.
    #[arg(value_name = "NUMBER", conflicts_with = "all")]
    pub(crate) numbers: Vec<i64>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}

/// Says on standard error why `program` failed. Returns 2 if it failed, otherwise 0.
#[must_use]
pub fn exit_code(program: &str, result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{program}: {message}");
            ExitCode::from(2)
        }
    }
}
