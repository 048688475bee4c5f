use clap::Args;
use verify_manage::{
    Invalid, Registry, Webhook, databricks,
    mlflow::{self, SecretChange},
};

use super::{
    One,
    create::shown,
    keys,
    wanted::{NAMELESS, events, lacks, other, read, receiver},
};
use crate::{Error, Output, Verdict};

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
    one: One,

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

    #[command(flatten)]
    signing: keys::Signing,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let (registry, webhook) = self.one.find().await?;
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
        // Its name may be another one now.
        let test = self.one.service.command("test", &webhook.id);
        output.next(format_args!("{test} makes the sender deliver a test"))?;
        Ok(Verdict::Verified)
    }

    fn for_mlflow(&self) -> Result<mlflow::Changes, Error> {
        lacks(&[(
            self.verify_tls.is_some() || self.signing.authorization()?.is_some(),
            "MLflow has neither `--verify-tls` nor an `Authorization` of one's own",
        )])?;
        let secret = match self.signing.is_named() {
            true => Some(self.signing.secret(self.one.sender())?),
            false => None,
        };
        Ok(mlflow::Changes {
            name: self.name.clone(),
            url: self.url.clone(),
            events: self.events(mlflow::Event::new)?,
            secret: secret.map(|secret| secret.map_or(SecretChange::Remove, SecretChange::Set)),
            description: self.description.clone(),
            status: self.status.as_deref().map(mlflow::Status::new).map(read).transpose()?,
        })
    }

    fn for_databricks(&self, webhook: &Webhook) -> Result<databricks::Changes, Error> {
        lacks(&[(self.name.is_some(), NAMELESS)])?;
        let is_replaced =
            self.url.is_some() || self.verify_tls.is_some() || self.signing.is_named();
        let target = if is_replaced {
            let secret = self.signing.secret(self.one.sender())?;
            let mut http = receiver(webhook, secret, self.signing.authorization()?)?;
            http.url = self.url.clone().unwrap_or(http.url);
            http.verifies_tls = self.verify_tls.unwrap_or(http.verifies_tls);
            Some(databricks::Target::Http(http))
        } else {
            None
        };
        Ok(databricks::Changes {
            events: self.events(databricks::Event::new)?,
            description: self.description.clone(),
            status: self.status.as_deref().map(databricks::Status::new).map(read).transpose()?,
            target,
        })
    }

    /// The events, if some are named.
    fn events<E>(
        &self,
        event: impl Fn(&str) -> Result<E, Invalid>,
    ) -> Result<Option<Vec<E>>, Error> {
        (!self.event.is_empty()).then(|| events(&self.event, event)).transpose()
    }
}
