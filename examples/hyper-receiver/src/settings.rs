//! The settings, from the environment.

use std::{env, path::PathBuf};

/// What does not change while it runs.
pub(crate) struct Settings {
    /// Where to listen.
    pub(crate) listen: String,
    /// The files that are read again on SIGHUP.
    pub(crate) files: Files,
}

/// The files that it is configured by.
pub(crate) struct Files {
    /// Each tenant's secrets.
    pub(crate) tenants: PathBuf,
    /// The server's certificate and its intermediate certificates, PEM.
    pub(crate) certificates: PathBuf,
    /// Its private key, PEM.
    pub(crate) key: PathBuf,
}

impl Settings {
    pub(crate) fn from_env() -> Result<Self, String> {
        Ok(Self {
            listen: env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8443".to_owned()),
            files: Files {
                tenants: path("TENANTS_FILE")?,
                certificates: path("TLS_CERTIFICATE_FILE")?,
                key: path("TLS_KEY_FILE")?,
            },
        })
    }
}

fn path(variable: &str) -> Result<PathBuf, String> {
    let path = env::var_os(variable).filter(|path| !path.is_empty());
    Ok(path.ok_or_else(|| format!("{variable} is not set"))?.into())
}
