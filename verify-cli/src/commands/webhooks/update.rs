use clap::Args;
use verify_manage::{Destination, Registry, Webhook, databricks, mlflow};

use super::{
    Service,
    create::{events, other, read, shown},
    keys,
};
use crate::{Error, Output, Verdict, secret::SecretOptions};

const EXAMPLES: &str = "\
Examples:
  verify webhooks update mlflow deploy --status disabled
  verify webhooks update mlflow deploy --event prompt.created --event prompt_tag.set
  verify webhooks update databricks 1a2b3c --url https://hooks.example.com/other \\
      --authorization-env HOOK_AUTHORIZATION

Databricks replaces the destination as a whole, with the secret and the `Authorization` value, which
nobody can read back. So where its URL changes, both are sent again: from the options, or the secret
from DATABRICKS_WEBHOOK_SECRET. To change the secret alone, `verify webhooks rotate` is there.";

/// Change a webhook. What is not named stays as it is.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    service: Service,

    /// Its id, or its name if no other has it.
    webhook: String,

    /// MLflow: its new name.
    #[arg(long)]
    name: Option<String>,

    /// Where to deliver to.
    #[arg(long)]
    url: Option<String>,

    /// An event to deliver, in place of all that it has. Can be repeated.
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,

    /// Its description. An empty one takes it away.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// `active` or `disabled`; with Databricks also `test_mode`.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// Databricks: whether the receiver's certificate is checked.
    #[arg(long, value_name = "BOOL")]
    verify_tls: Option<bool>,

    /// Deliver without a signature from now on.
    #[arg(long, conflicts_with = "secret")]
    dangerous_unsigned: bool,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    authorization: keys::Authorization,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let registry = self.service.registry()?;
        let webhook = registry.find(&self.webhook).await?;
        match &registry {
            Registry::Databricks(client) => {
                client.update(&webhook.id, &self.for_databricks(&webhook)?).await?;
            }
            Registry::Mlflow(client) => {
                client.update(&webhook.id, &self.for_mlflow()?).await?;
            }
            _ => return Err(other()),
        }
        shown(output, &registry, "changed", &registry.find(&webhook.id).await?)?;
        Ok(Verdict::Verified)
    }

    fn for_mlflow(&self) -> Result<mlflow::Changes, Error> {
        if self.verify_tls.is_some() || self.authorization.read()?.is_some() {
            let what = "MLflow has neither `--verify-tls` nor an `Authorization` of one's own";
            return Err(verify_manage::Error::Unsupported { what }.into());
        }
        Ok(mlflow::Changes {
            name: self.name.clone(),
            url: self.url.clone(),
            events: match self.event.as_slice() {
                [] => None,
                names => Some(events(names, mlflow::Event::new)?),
            },
            secret: self.dangerous_unsigned.then_some(mlflow::SecretChange::Remove),
            description: self.description.clone(),
            status: self.status.as_deref().map(mlflow::Status::new).map(read).transpose()?,
        })
    }

    fn for_databricks(&self, webhook: &Webhook) -> Result<databricks::Changes, Error> {
        if self.name.is_some() {
            let what = "webhooks of Databricks have no name: use `--description`";
            return Err(verify_manage::Error::Unsupported { what }.into());
        }
        let authorization = self.authorization.read()?;
        let is_replaced = self.url.is_some()
            || self.verify_tls.is_some()
            || self.dangerous_unsigned
            || authorization.is_some();
        let target = if is_replaced {
            let Destination::Http { url, verifies_tls } = &webhook.destination else {
                let what = "the webhook runs a job: make another one for a receiver";
                return Err(verify_manage::Error::Unsupported { what }.into());
            };
            let secret = match self.dangerous_unsigned {
                true => None,
                false => Some(keys::read(&self.secret, self.service.api.sender())?),
            };
            let url = self.url.as_ref().unwrap_or(url);
            let mut http = databricks::HttpTarget::new(url, secret);
            http.authorization = authorization;
            http.verifies_tls = self.verify_tls.unwrap_or(*verifies_tls);
            Some(databricks::Target::Http(http))
        } else {
            None
        };
        Ok(databricks::Changes {
            events: match self.event.as_slice() {
                [] => None,
                names => Some(events(names, databricks::Event::new)?),
            },
            description: self.description.clone(),
            status: self.status.as_deref().map(databricks::Status::new).map(read).transpose()?,
            target,
        })
    }
}
