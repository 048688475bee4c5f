use clap::Args;
use serde_json::json;
use verify_manage::{Registry, Webhook, databricks, mlflow};

use super::{Service, finish, keys, view};
use crate::{Error, Output, Verdict, secret::SecretOptions};

const EXAMPLES: &str = "\
Examples:
  With the secret that the receiver has, from MLFLOW_WEBHOOK_SECRET:
    verify webhooks create mlflow deploy --url https://hooks.example.com/webhooks/mlflow \\
        --event model_version_alias.created --event model_version_alias.deleted

  For one model of a Databricks workspace:
    verify webhooks create databricks --model fraud --secret-file secret.txt \\
        --url https://hooks.example.com/webhooks/databricks --event MODEL_VERSION_TRANSITIONED_STAGE

  One that runs a job:
    verify webhooks create databricks --job 42 --job-token-env JOB_TOKEN --event MODEL_VERSION_CREATED

If the service hangs up before it has answered, the webhook is looked for, and not made twice.";

/// Make a webhook.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(flatten)]
    service: Service,

    /// Its name, which MLflow wants and Databricks does not have.
    name: Option<String>,

    /// Where to deliver to.
    #[arg(long, required_unless_present = "job")]
    url: Option<String>,

    /// An event to deliver. Can be repeated; `verify senders SENDER` lists them.
    #[arg(long, value_name = "EVENT", required = true)]
    event: Vec<String>,

    /// Its description.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,

    /// `active` or `disabled`; with Databricks also `test_mode`. Without it: active.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,

    /// Databricks: for this model. Without it: for the whole registry.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Databricks: run this job in place of delivering.
    #[arg(long, value_name = "ID", conflicts_with = "url", requires = "job_token_env")]
    job: Option<String>,

    /// Databricks: the workspace of the job, if it is another one.
    #[arg(long, value_name = "URL", requires = "job")]
    job_workspace: Option<String>,

    /// Databricks: the environment variable with a token that may run the job.
    #[arg(long, value_name = "NAME", requires = "job")]
    job_token_env: Option<String>,

    /// Deliver without a signature: the receiver cannot tell whom a delivery comes from.
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
        let webhook = match &registry {
            Registry::Databricks(client) => client.create(&self.for_databricks()?).await?,
            Registry::Mlflow(client) => client.create(&self.for_mlflow()?).await?,
            _ => return Err(other()),
        };
        shown(output, &registry, "made", &webhook)?;
        Ok(Verdict::Verified)
    }

    fn secret(&self) -> Result<Option<verify_manage::ExposedSecret>, Error> {
        match self.dangerous_unsigned {
            true => Ok(None),
            false => keys::read(&self.secret, self.service.api.sender()).map(Some),
        }
    }

    fn for_mlflow(&self) -> Result<mlflow::NewWebhook, Error> {
        let has = [
            (self.model.is_some(), "MLflow's webhooks are for all models: leave `--model` out"),
            (self.job.is_some(), "MLflow cannot run jobs of Databricks: leave `--job` out"),
            (
                self.authorization.read()?.is_some(),
                "MLflow sends no `Authorization` of one's own: check the signature",
            ),
        ];
        if let Some((_, what)) = has.into_iter().find(|(has, _)| *has) {
            return Err(verify_manage::Error::Unsupported { what }.into());
        }
        let name = self.name.clone().unwrap_or_default();
        let url = self.url.clone().unwrap_or_default();
        let events = events(&self.event, mlflow::Event::new)?;
        let mut webhook = mlflow::NewWebhook::new(name, url, events, self.secret()?);
        webhook.description.clone_from(&self.description);
        if let Some(status) = &self.status {
            webhook.status = read(mlflow::Status::new(status))?;
        }
        Ok(webhook)
    }

    fn for_databricks(&self) -> Result<databricks::NewWebhook, Error> {
        if self.name.is_some() {
            let what = "webhooks of Databricks have no name: use `--description`";
            return Err(verify_manage::Error::Unsupported { what }.into());
        }
        let target = match (&self.job, &self.job_token_env) {
            (Some(job), Some(variable)) => databricks::Target::Job(databricks::JobTarget {
                job_id: job.clone(),
                workspace_url: self.job_workspace.clone(),
                access_token: keys::confidential(&crate::secret::from_env(variable)?),
            }),
            _ => {
                let url = self.url.clone().unwrap_or_default();
                let mut http = databricks::HttpTarget::new(url, self.secret()?);
                http.authorization = self.authorization.read()?;
                databricks::Target::Http(http)
            }
        };
        let events = events(&self.event, databricks::Event::new)?;
        let mut webhook = databricks::NewWebhook::new(events, target);
        webhook.model.clone_from(&self.model);
        webhook.description.clone_from(&self.description);
        if let Some(status) = &self.status {
            webhook.status = read(databricks::Status::new(status))?;
        }
        Ok(webhook)
    }
}

/// Reads the names of events.
pub(super) fn events<E>(
    names: &[String],
    event: impl Fn(&str) -> Result<E, verify_manage::Invalid>,
) -> Result<Vec<E>, Error> {
    names.iter().map(|name| read(event(name))).collect()
}

pub(super) fn read<T>(read: Result<T, verify_manage::Invalid>) -> Result<T, Error> {
    read.map_err(|invalid| verify_manage::Error::from(invalid).into())
}

/// The error for a service that this command does not know.
pub(super) fn other() -> Error {
    verify_manage::Error::Unsupported { what: "this command does not know the service" }.into()
}

/// Prints a webhook that was made or changed.
pub(super) fn shown(
    output: &mut Output,
    registry: &Registry,
    verb: &str,
    webhook: &Webhook,
) -> Result<(), Error> {
    let text = format!("{verb}\n{}", view::details(webhook));
    finish(output, registry, &text, json!({ verb: view::to_json(webhook) }))
}
