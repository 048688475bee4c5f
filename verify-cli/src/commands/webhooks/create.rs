use clap::Args;
use serde_json::json;
use verify_manage::{Registry, Webhook, databricks::JobTarget};

use super::{Service, finish, keys, view, wanted::Wanted};
use crate::{Error, Output, Verdict};

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

    #[command(flatten)]
    signing: keys::Signing,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let registry = self.service.registry()?;
        let sender = self.service.api.sender();
        let wanted = Wanted {
            job: self.job()?,
            authorization: self.signing.authorization()?,
            name: self.name,
            url: self.url.unwrap_or_default(),
            events: self.event,
            description: self.description,
            status: self.status,
            model: self.model,
        };
        let webhook = wanted.create(&registry, || self.signing.secret(sender)).await?;
        shown(output, &registry, "made", &webhook)?;
        let test = self.service.command("test", &webhook.id);
        output.next(format_args!("{test} makes the sender deliver a test"))?;
        Ok(Verdict::Verified)
    }

    fn job(&self) -> Result<Option<JobTarget>, Error> {
        let (Some(job), Some(variable)) = (&self.job, &self.job_token_env) else { return Ok(None) };
        Ok(Some(JobTarget {
            job_id: job.clone(),
            workspace_url: self.job_workspace.clone(),
            access_token: keys::confidential(&crate::secret::from_env(variable)?),
        }))
    }
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
