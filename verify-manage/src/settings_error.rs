use core::fmt;
use std::path::PathBuf;

/// A mistake in the address of a service or in its credentials. It names the setting, never its
/// value.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum SettingsError {
    /// A way to sign in that only the vendor's own tools support.
    AuthenticationUnsupported {
        /// Its name, such as `azure-cli`.
        name: String,
    },
    /// A file holds no certificate (or no key) in PEM, or cannot be read.
    Certificates {
        /// The file.
        path: PathBuf,
    },
    /// Nothing says who asks.
    CredentialMissing,
    /// A token or a password has a line break in it, or another character that no request could carry.
    CredentialUnfit {
        /// Where it comes from.
        setting: &'static str,
    },
    /// The address of the service is not one.
    Host {
        /// What was given, without a password.
        text: String,
        /// What is wrong with it.
        problem: HostProblem,
    },
    /// Nothing says where the service is.
    HostMissing {
        /// The variable that would.
        variable: &'static str,
    },
    /// `MLFLOW_TRACKING_INSECURE_TLS` is set.
    InsecureTls,
    /// The file of profiles cannot be read.
    ProfilesUnreadable {
        /// The file.
        path: PathBuf,
        /// The line that is not understood, if it was read.
        line: Option<usize>,
    },
    /// There is no such profile.
    ProfileUnknown {
        /// The profile.
        name: String,
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthenticationUnsupported { name } => write!(
                f,
                "`{name}` is a way to sign in that only Databricks' own tools have: give a token \
                 (DATABRICKS_TOKEN), or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET"
            ),
            Self::Certificates { path } => write!(
                f,
                "`{}` cannot be read, or does not hold what it should: blocks that begin with \
                 `-----BEGIN CERTIFICATE-----`, and for a client also its private key",
                path.display()
            ),
            Self::CredentialMissing => f.write_str(
                "no credentials: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and \
                 DATABRICKS_CLIENT_SECRET, or name a profile that has them",
            ),
            Self::CredentialUnfit { setting } => write!(
                f,
                "{setting} holds a character that no request can carry, such as a line break"
            ),
            Self::Host { text, problem } => write!(f, "`{text}` {problem}"),
            Self::HostMissing { variable } => {
                write!(f, "nothing says where the service is: set {variable} to its URL")
            }
            Self::InsecureTls => f.write_str(
                "MLFLOW_TRACKING_INSECURE_TLS is set, but passwords and secrets are sent here, so \
                 certificates are always checked: name the authority's certificate in \
                 MLFLOW_TRACKING_SERVER_CERT_PATH, and unset it",
            ),
            Self::ProfilesUnreadable { path, line: None } => {
                write!(f, "`{}` cannot be read", path.display())
            }
            Self::ProfilesUnreadable { path, line: Some(line) } => {
                write!(f, "`{}` is not understood at line {line}", path.display())
            }
            Self::ProfileUnknown { name, path } => {
                write!(f, "`{}` has no profile `{name}`", path.display())
            }
        }
    }
}

impl core::error::Error for SettingsError {}

/// What is wrong with the address of a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HostProblem {
    /// It is the console of an account, which has no registry.
    AccountConsole,
    /// It is a Databricks workspace, which `verify webhooks .. databricks` is for.
    Databricks,
    /// It is no URL with a host.
    Malformed,
    /// It names a database or a folder, and no server.
    NoServer,
    /// It has a password in it.
    Password,
    /// It does not say `http://` or `https://`.
    SchemeMissing,
    /// It would send a token over the network unencrypted.
    TokenInClear,
}

impl fmt::Display for HostProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountConsole => {
                "is the account console, which has no model registry: take the workspace's own URL, \
                 such as `https://adb-123.4.azuredatabricks.net`"
            }
            Self::Databricks => {
                "is a Databricks workspace: its webhooks are managed with `databricks` in place of \
                 `mlflow`, and DATABRICKS_HOST"
            }
            Self::Malformed => "is not a URL such as `https://registry.example.com`",
            Self::NoServer => {
                "is not the URL of a server: webhooks belong to a running MLflow server, such as \
                 `http://127.0.0.1:5000`"
            }
            Self::Password => {
                "has a password in it: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            }
            Self::SchemeMissing => {
                "does not begin with `http://` or `https://`, as in `http://127.0.0.1:5000`"
            }
            Self::TokenInClear => {
                "would send the token unencrypted: write `https://` (http is for this machine alone)"
            }
        })
    }
}
