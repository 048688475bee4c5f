//! Secrets and tokens that go to a service.

use clap::Args;
use verify_manage::{Confidential, ExposedSecret};
use verify_toolkit::Sender;

use crate::{
    Error,
    secret::{SecretBytes, SecretOptions, from_env, from_file},
};

#[derive(Args, Debug, Default)]
#[group(skip)]
pub(super) struct Authorization {
    /// Let Databricks send the value of this environment variable as `Authorization`.
    #[arg(long, value_name = "NAME", group = "authorization", help_heading = "Secret")]
    authorization_env: Option<String>,

    /// Let Databricks send what stands in this file as `Authorization`.
    #[arg(long, value_name = "FILE", group = "authorization", help_heading = "Secret")]
    authorization_file: Option<std::path::PathBuf>,
}

impl Authorization {
    const fn is_named(&self) -> bool {
        self.authorization_env.is_some() || self.authorization_file.is_some()
    }

    pub(super) fn read(&self) -> Result<Option<Confidential>, Error> {
        match (&self.authorization_env, &self.authorization_file) {
            (Some(variable), _) => from_env(variable).map(|value| Some(confidential(&value))),
            (None, Some(path)) => from_file(path).map(|value| Some(confidential(&value))),
            (None, None) => Ok(None),
        }
    }
}

/// How deliveries prove whom they come from.
#[derive(Args, Debug, Default)]
#[group(skip)]
pub(super) struct Signing {
    /// Deliver without a signature: the receiver cannot tell whom a delivery comes from.
    #[arg(long, conflicts_with = "secret")]
    dangerous_unsigned: bool,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    authorization: Authorization,
}

impl Signing {
    /// Reads the secret; `None` if there is to be none.
    pub(super) fn secret(&self, sender: Sender) -> Result<Option<ExposedSecret>, Error> {
        if self.dangerous_unsigned { Ok(None) } else { read(&self.secret, sender).map(Some) }
    }

    pub(super) fn authorization(&self) -> Result<Option<Confidential>, Error> {
        self.authorization.read()
    }

    /// Whether an option says something of it.
    pub(super) const fn is_named(&self) -> bool {
        self.dangerous_unsigned || self.secret.is_named() || self.authorization.is_named()
    }
}

/// What is not UTF-8 is refused later, as what no header can hold.
pub(super) fn confidential(value: &SecretBytes) -> Confidential {
    Confidential::new(String::from_utf8_lossy(value.as_ref()))
}

/// The `Authorization` of a token.
pub(crate) fn bearer(token: &SecretBytes) -> Confidential {
    Confidential::new(format!("Bearer {}", confidential(token).dangerous_expose()))
}

pub(super) fn exposed(secret: &SecretBytes) -> Result<ExposedSecret, Error> {
    let bytes: &[u8] = secret.as_ref();
    Ok(ExposedSecret::new(bytes)?)
}

/// Reads a secret that is to be registered.
pub(super) fn read(options: &SecretOptions, sender: Sender) -> Result<ExposedSecret, Error> {
    exposed(&options.read(sender)?)
}

/// The one that is at hand, if there is one.
pub(super) fn at_hand(
    options: &SecretOptions,
    sender: Sender,
) -> Result<Option<ExposedSecret>, Error> {
    if options.is_given(sender) { read(options, sender).map(Some) } else { Ok(None) }
}
