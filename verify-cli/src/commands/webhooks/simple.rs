//! The commands that say little and do one thing.

use clap::Args;
use serde_json::json;
use verify_manage::{Registry, databricks};

use super::{One, Service, confirm, finish, view};
use crate::{Error, Output, Verdict, target::Fate, text::Shown};

/// List webhooks.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  verify webhooks list mlflow
  verify webhooks list databricks --model fraud --event MODEL_VERSION_CREATED
  verify webhooks list mlflow --json | jq -r 'select(.status != \"ACTIVE\").id'")]
pub(super) struct List {
    #[command(flatten)]
    service: Service,

    /// Those of this model alone. Databricks lets others than administrators list in this way only.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,

    /// Those with this event. Can be repeated.
    #[arg(long, value_name = "EVENT")]
    event: Vec<String>,
}

impl List {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let registry = self.service.registry()?;
        let mut webhooks = match &registry {
            Registry::Databricks(client) => {
                let events = self.event.iter().map(|event| databricks::Event::new(event));
                let events =
                    events.collect::<Result<_, _>>().map_err(verify_manage::Error::from)?;
                client.list(&databricks::Filter { model: self.model.clone(), events }).await?
            }
            _ if self.model.is_some() => {
                let what = "MLflow's webhooks are for all models: leave `--model` out";
                return Err(verify_manage::Error::Unsupported { what }.into());
            }
            registry => registry.list().await?,
        };
        let is_wanted =
            |event: &String| self.event.iter().any(|own| own.eq_ignore_ascii_case(event));
        if !self.event.is_empty() {
            webhooks.retain(|webhook| webhook.events.iter().any(is_wanted));
        }
        if output.is_json() {
            return webhooks
                .iter()
                .try_for_each(|webhook| output.json(&view::to_json(webhook)))
                .map(|()| Verdict::Verified);
        }
        match webhooks.first() {
            None => {
                output.line(format_args!("{} has no such webhooks", registry.host()))?;
                output.next("`verify webhooks create --help` shows how to make one")?;
            }
            Some(first) => {
                output.text(view::table(&webhooks))?;
                let doctor = self.service.command("doctor", &first.id);
                output.next(format_args!("{doctor} finds out why the first delivers nothing"))?;
            }
        }
        Ok(Verdict::Verified)
    }
}

/// Show a webhook.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  verify webhooks show mlflow deploy
  verify webhooks show databricks 1a2b3c --json")]
pub(super) struct Show {
    #[command(flatten)]
    one: One,
}

impl Show {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let webhook = self.one.find().await?.1;
        match output.is_json() {
            true => output.json(&view::to_json(&webhook))?,
            false => output.text(view::details(&webhook))?,
        }
        let test = self.one.command("test");
        output.next(format_args!("{test} makes the sender deliver a test"))?;
        Ok(Verdict::Verified)
    }
}

/// Delete a webhook.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  verify webhooks delete mlflow deploy
  verify webhooks delete databricks 1a2b3c --yes")]
pub(super) struct Delete {
    #[command(flatten)]
    one: One,

    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let (registry, webhook) = self.one.find().await?;
        let name = webhook.name.as_deref().unwrap_or_default();
        let what = format!("webhook {} {name} to {}", webhook.id, webhook.destination);
        if !self.yes && !confirm(&format!("delete {what}?"))? {
            output.line("nothing was deleted")?;
            return Ok(Verdict::Refused);
        }
        registry.delete(&webhook.id).await?;
        let text = format!("deleted {}\n", Shown(what.as_bytes()));
        finish(output, &registry, &text, json!({ "deleted": webhook.id }))?;
        output
            .next("take its secret away from the receiver, unless another webhook signs with it")?;
        Ok(Verdict::Verified)
    }
}

/// Let the sender deliver a test, and show what the receiver answers.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  verify webhooks test mlflow deploy
  verify webhooks test mlflow deploy --event model_version_alias.created

Exit code: 0 if the receiver accepted it (2xx), 1 if it refused it (401, 403 and other 4xx), 2 if it
was not delivered.")]
pub(super) struct Test {
    #[command(flatten)]
    one: One,

    /// Deliver this event. Without it, the service takes one.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
}

impl Test {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let (registry, webhook) = self.one.find().await?;
        let tested = registry.test(&webhook.id, self.event.as_deref()).await?;
        finish(output, &registry, &view::tested(&tested), view::tested_json(&tested))?;
        let doctor = self.one.command("doctor");
        output.next(match tested.is_accepted() {
            true => format!("if real events do not arrive, {doctor} finds out why"),
            false => format!("{doctor} finds out why"),
        })?;
        Ok(tested.status.map_or(Verdict::Undelivered, |status| Fate::of(status).verdict()))
    }
}
