use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use verify_manage::{
    Registry,
    apply::{Action, Choices, File, Plan},
};

use super::{Api, Profile, confirm, finish};
use crate::{
    Error, Output, Verdict,
    output::{BAD, DIM, GOOD, STRONG, Styled},
    payload::read as read_file,
    text::Shown,
};

const EXAMPLES: &str = "\
Examples:
  verify webhooks apply webhooks.toml --plan
  verify webhooks apply webhooks.toml

The file says which webhooks are wanted:
  set = \"team-a\"

  [[mlflow]]
  name = \"deploy\"
  url = \"https://hooks.example.com/webhooks/mlflow\"
  events = [\"model_version_alias.created\"]
  secret_env = \"MLFLOW_WEBHOOK_SECRET\"

  [[databricks]]
  name = \"deploy\"
  url = \"https://hooks.example.com/webhooks/databricks\"
  events = [\"MODEL_VERSION_TRANSITIONED_STAGE\"]
  secret_file = \"/run/secrets/databricks\"
  model = \"fraud\"

A webhook that is made so has `[verify:team-a/deploy]` at the end of its description. One of the set
that is no longer in the file is deleted; one without the mark is left alone. To delete all of a
sender, write `mlflow = []`.

Exit code: with --plan, 1 if there is something to change. Otherwise 0, and 2 if it went wrong.";

/// Make webhooks what a file says, or show what that would change.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The wanted webhooks, in TOML; `-` is standard input.
    file: PathBuf,

    /// Show what would be done, and do nothing.
    #[arg(long)]
    plan: bool,

    /// Take over webhooks without a mark that go to the same URL.
    #[arg(long)]
    adopt: bool,

    /// Send the secrets of webhooks that are there already: no service says what they have.
    #[arg(long)]
    secrets: bool,

    /// Do not ask before something is deleted.
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    profile: Profile,
}

impl Options {
    pub(super) async fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        const MOST: u64 = 1024 * 1024;
        let text = String::from_utf8_lossy(&read_file(&self.file, MOST)?).into_owned();
        let file = File::read(&text)
            .map_err(|error| Error::WebhooksFile { path: self.file.clone(), error })?;
        let choices = Choices::default().with_adoption(self.adopt).with_secrets(self.secrets);
        let mut is_changed = false;
        for (api, is_there) in
            [(Api::Databricks, file.databricks.is_some()), (Api::Mlflow, file.mlflow.is_some())]
        {
            if !is_there {
                continue;
            }
            let registry = self.profile.registry(api)?;
            let plan = file.plan(&registry, choices).await?;
            is_changed |= !plan.is_empty();
            print(output, &registry, &plan)?;
            if self.plan || plan.is_empty() {
                continue;
            }
            let deleted = plan.steps.iter().filter(|step| step.action == Action::Delete).count();
            if deleted > 0 && !self.yes && !confirm(&format!("delete {deleted} of them?"))? {
                output.line("nothing was changed")?;
                return Ok(Verdict::Refused);
            }
            for step in &plan.steps {
                step.apply(&registry, choices).await?;
            }
            let host = registry.host();
            let text = format!("{host} is as the file says\n");
            finish(output, &registry, &text, json!({ "applied": host }))?;
        }
        output.next(match (self.plan, is_changed) {
            (true, true) => "the same command without `--plan` does it",
            (true, false) => "nothing has to change; a new secret in the file is sent only with `--secrets`",
            (false, _) => {
                "`verify webhooks list SENDER` shows the ids; `verify webhooks test SENDER ID` makes the sender deliver \
                 a test"
            }
        })?;
        Ok(if self.plan && is_changed { Verdict::Refused } else { Verdict::Verified })
    }
}

fn print(output: &mut Output, registry: &Registry, plan: &Plan<'_>) -> Result<(), Error> {
    let host = registry.host();
    if output.is_json() {
        for step in &plan.steps {
            let changes = match &step.action {
                Action::Update(changes) => changes.as_slice(),
                _ => &[],
            };
            let changes: Vec<_> = changes
                .iter()
                .map(|change| {
                    json!({"field": change.field, "from": change.answered, "to": change.asked})
                })
                .collect();
            output.json(&json!({
                "sender": plan.sender.name(), "name": step.name, "id": step.id,
                "action": word(&step.action), "changes": changes,
            }))?;
        }
        return Ok(());
    }
    output.line(format_args!("{} at {host}", Styled(STRONG, plan.sender.name())))?;
    for step in &plan.steps {
        let (style, sign) = match &step.action {
            Action::Create => (GOOD, '+'),
            Action::Delete => (BAD, '-'),
            Action::Update(_) => (STRONG, '~'),
            _ => (DIM, '='),
        };
        let id = step.id.as_deref().unwrap_or_default();
        let name = Shown(step.name.as_bytes());
        let line = format!("{sign} {} {name} {id}", word(&step.action));
        output.line(format_args!("  {}", Styled(style, line.trim_end())))?;
        if let Action::Update(changes) = &step.action {
            if changes.is_empty() {
                output.line("      the secret is sent again")?;
            }
            for change in changes {
                let (from, to) =
                    (Shown(change.answered.as_bytes()), Shown(change.asked.as_bytes()));
                output.line(format_args!("      {}: `{from}` becomes `{to}`", change.field))?;
            }
        }
    }
    match plan.others {
        0 => Ok(()),
        1 => output.line("  1 other is left alone"),
        others => output.line(format_args!("  {others} others are left alone")),
    }
}

const fn word(action: &Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Delete => "delete",
        Action::Update(_) => "update",
        _ => "keep",
    }
}
