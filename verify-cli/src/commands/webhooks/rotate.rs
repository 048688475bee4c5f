use core::fmt::Write as _;
use std::{
    fs::OpenOptions,
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;
use verify_manage::{Confidential, ExposedSecret, Registry, databricks};

use super::{
    One, confirm, finish, keys, view,
    wanted::{other, receiver},
};
use crate::{
    Error, Output, Verdict,
    secret::{SecretOptions, fresh, variable},
    target::Fate,
};

const EXAMPLES: &str = "\
Examples:
  A new secret is made and written to a file, for the receiver to read:
    verify webhooks rotate mlflow deploy --make new-secret.txt

  One that is at hand:
    verify webhooks rotate mlflow deploy --secret-env NEW_SECRET

  Databricks replaces the whole destination, so the `Authorization` value has to be given again:
    verify webhooks rotate databricks 1a2b3c --make new.txt --authorization-env HOOK_AUTHORIZATION
    verify webhooks rotate databricks 1a2b3c --make new.txt --no-authorization

Exit code: 0 if the receiver took the test delivery that follows, 1 if it refused it, 2 if it was not
delivered, or nothing was changed.";

/// Exchange the secret of a webhook, without a delivery lost.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    one: One,

    /// Make a new secret, and write it to this file, which must not be there yet. Where no option
    /// names a secret, run with this one.
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    make: Option<PathBuf>,

    /// Do not ask whether the receiver has both secrets.
    #[arg(long)]
    yes: bool,

    /// Databricks: the receiver wants no `Authorization`.
    #[arg(long, conflicts_with = "authorization")]
    no_authorization: bool,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    authorization: keys::Authorization,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let (registry, webhook) = self.one.find().await?;
        let sender = self.one.sender();
        let is_mlflow = matches!(registry, Registry::Mlflow(_));
        let authorization = if is_mlflow { None } else { self.authorization()? };
        let secret = match &self.make {
            Some(path) => make(path)?,
            None => keys::read(&self.secret, sender)?,
        };
        let variable = variable(sender);
        let mut before = String::new();
        if let Some(path) = &self.make {
            let _ = writeln!(before, "The new secret is in `{}`.", path.display());
        }
        let _ = writeln!(
            before,
            "The receiver needs both secrets first: the new one, and the one that it has as the\n\
             previous one. The receivers of this project read {variable} and {variable}_PREVIOUS."
        );
        anstream::eprint!("{before}");
        if !self.yes && !confirm("Does the receiver have both?")? {
            anstream::eprintln!("nothing was changed");
            return Ok(Verdict::Undelivered);
        }
        match &registry {
            Registry::Mlflow(client) => {
                client.rotate(&webhook.id, secret).await?;
            }
            Registry::Databricks(client) => {
                let http = receiver(&webhook, Some(secret), authorization)?;
                let target = Some(databricks::Target::Http(http));
                let changes = databricks::Changes { target, ..databricks::Changes::default() };
                client.update(&webhook.id, &changes).await?;
            }
            _ => return Err(other()),
        }
        let tested = registry.test(&webhook.id, None).await?;
        let then = match tested.is_accepted() {
            true => "the secret was exchanged",
            false => "the secret was exchanged, but the receiver did not accept the test",
        };
        let text = format!("{}{then}\n", view::tested(&tested));
        let json = json!({ "rotated": webhook.id, "test": view::tested_json(&tested) });
        finish(output, &registry, &text, json)?;
        output.next(match (tested.is_accepted(), is_mlflow) {
            (true, true) => {
                "take the old secret away from the receiver after 60 s: MLflow may sign with it until then".to_owned()
            }
            (true, false) => {
                "take the old secret away from the receiver after some minutes: deliveries that are on \
                 their way may be signed with it"
                    .to_owned()
            }
            (false, _) => format!(
                "leave both secrets at the receiver; {} finds out why it refuses",
                self.one.command("doctor")
            ),
        })?;
        Ok(tested.status.map_or(Verdict::Undelivered, |status| Fate::of(status).verdict()))
    }

    /// What Databricks is to send besides, which nobody can read back.
    fn authorization(&self) -> Result<Option<Confidential>, Error> {
        if self.no_authorization {
            return Ok(None);
        }
        if let Some(given) = self.authorization.read()? {
            return Ok(Some(given));
        }
        if !std::io::stderr().is_terminal() {
            return Err(Error::AuthorizationMissing);
        }
        anstream::eprintln!(
            "Databricks replaces the whole destination, and does not say which `Authorization` value\n\
             it has: give it again, or nothing if the receiver wants none."
        );
        let value = rpassword::prompt_password("Authorization: ").map_err(Error::Prompt)?;
        Ok((!value.is_empty()).then(|| Confidential::new(value)))
    }
}

/// Makes a secret, and writes it where its owner alone can read it.
fn make(path: &Path) -> Result<ExposedSecret, Error> {
    let secret = fresh()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(secret.as_ref()));
    written.map_err(|error| Error::File { path: path.to_owned(), error })?;
    keys::exposed(&secret)
}

#[cfg(test)]
mod tests {
    use super::make;

    #[test]
    fn a_secret_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let secret = make(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), secret.dangerous_expose());
        assert_eq!(secret.dangerous_expose().len(), 64);
        assert!(make(&path).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
