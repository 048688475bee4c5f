mod apply;
mod create;
mod doctor;
pub(crate) mod keys;
mod rotate;
mod simple;
mod update;
pub(crate) mod view;
pub(crate) mod wanted;

use std::io::{self, IsTerminal as _, Write as _};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use verify_manage::{Environment, Registry, Webhook, databricks, mlflow};
use verify_toolkit::Sender;

use crate::{
    Error, Output, Verdict,
    output::{DIM, Styled},
    printed::Printed,
    target::runtime,
    text::{Shown, word},
};

const EXAMPLES: &str = "\
Examples:
  verify webhooks list mlflow
  verify webhooks create mlflow deploy --url https://hooks.example.com/webhooks/mlflow \\
      --event model_version_alias.created
  verify webhooks doctor mlflow deploy
  verify webhooks apply webhooks.toml --plan

Where the service is, and who asks, stands in the variables that the vendors' own tools read:
  Databricks  DATABRICKS_HOST with DATABRICKS_TOKEN, or with DATABRICKS_CLIENT_ID and
              DATABRICKS_CLIENT_SECRET; or a profile of ~/.databrickscfg
  MLflow      MLFLOW_TRACKING_URI; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or
              MLFLOW_TRACKING_TOKEN; MLFLOW_WORKSPACE

Exit code: 0 done (or accepted, nothing found, nothing to change), 1 refused by the receiver (or
something found, or to change), 2 wrong usage or trouble.";

/// Manage webhooks where they come from: make, change, test, rotate and diagnose them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(Printed<simple::List>),
    Show(Printed<simple::Show>),
    Create(Printed<create::Options>),
    Update(Printed<update::Options>),
    Delete(Printed<simple::Delete>),
    Test(Printed<simple::Test>),
    Rotate(Printed<rotate::Options>),
    Apply(Printed<apply::Options>),
    Doctor(Printed<doctor::Options>),
}

impl Options {
    pub(crate) fn run(self) -> Result<Verdict, Error> {
        let runtime = runtime()?;
        match self.command {
            Command::List(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Show(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Create(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Update(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Delete(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Test(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Rotate(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Apply(all) => all.run(|it, output| runtime.block_on(it.run(output))),
            Command::Doctor(all) => all.run(|it, output| runtime.block_on(it.run(output))),
        }
    }
}

/// A management API.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Api {
    Databricks,
    Mlflow,
}

impl Api {
    pub(crate) const fn sender(self) -> Sender {
        match self {
            Self::Databricks => Sender::DATABRICKS,
            Self::Mlflow => Sender::MLFLOW,
        }
    }

    /// The names of all events.
    pub(crate) fn events(self) -> impl Iterator<Item = String> {
        let names: Vec<_> = match self {
            Self::Databricks => databricks::Event::all().map(|event| event.to_string()).collect(),
            Self::Mlflow => mlflow::Event::all().map(|event| event.to_string()).collect(),
        };
        names.into_iter()
    }

    /// Whether its webhooks have names.
    pub(crate) const fn has_names(self) -> bool {
        matches!(self, Self::Mlflow)
    }
}

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Debug)]
#[group(skip)]
struct Service {
    /// Whose webhooks.
    #[arg(value_name = "SENDER")]
    api: Api,

    #[command(flatten)]
    profile: Profile,
}

#[derive(Args, Debug, Default)]
#[group(skip)]
pub(crate) struct Profile {
    /// Take host and token of Databricks from this profile of `~/.databrickscfg`, whatever the
    /// variables say.
    #[arg(long, value_name = "NAME", help_heading = "Service")]
    profile: Option<String>,
}

impl Profile {
    /// The option again, for a command that is told to people.
    pub(crate) fn option(&self) -> String {
        self.profile
            .as_ref()
            .map(|profile| format!(" --profile {}", word(profile)))
            .unwrap_or_default()
    }

    /// Finds the service. Nothing is connected yet.
    pub(crate) fn registry(&self, api: Api) -> Result<Registry, Error> {
        let environment = Environment::of_process();
        let made = match api {
            Api::Databricks => databricks::Settings::find(&environment, self.profile.as_deref())
                .map_err(Into::into)
                .and_then(databricks::Client::new)
                .map(Registry::Databricks),
            Api::Mlflow => mlflow::Settings::find(&environment)
                .map_err(Into::into)
                .and_then(mlflow::Client::new)
                .map(Registry::Mlflow),
        };
        Ok(made?)
    }
}

/// A webhook that there is.
#[derive(Args, Debug)]
#[group(skip)]
struct One {
    #[command(flatten)]
    service: Service,

    /// Its id, or its name if no other has it.
    webhook: String,
}

impl One {
    const fn sender(&self) -> Sender {
        self.service.api.sender()
    }

    /// A command about it, to be told to people.
    fn command(&self, verb: &str) -> String {
        self.service.command(verb, &self.webhook)
    }

    /// Finds it, and where it is.
    async fn find(&self) -> Result<(Registry, Webhook), Error> {
        let registry = self.service.registry()?;
        let webhook = registry.find(&self.webhook).await?;
        Ok((registry, webhook))
    }
}

impl Service {
    fn registry(&self) -> Result<Registry, Error> {
        self.profile.registry(self.api)
    }

    /// A command about a webhook, to be told to people. Its id may come from anywhere.
    fn command(&self, verb: &str, webhook: &str) -> String {
        let (sender, profile) = (self.api.sender().name(), self.profile.option());
        let line = format!("verify webhooks {verb} {sender} {}{profile}", word(webhook));
        format!("`{}`", Shown(line.as_bytes()))
    }
}

/// Prints a result, and the calls that led to it in one line each.
fn finish(
    output: &mut Output,
    registry: &Registry,
    text: &str,
    mut json: Value,
) -> Result<(), Error> {
    let calls = registry.done();
    if output.is_json() {
        json["calls"] = calls.into();
        return output.json(&json);
    }
    output.text(text)?;
    for call in calls {
        output.line(Styled(DIM, format_args!("= {}", Shown(call.as_bytes()))))?;
    }
    Ok(())
}

/// Asks for a yes on the terminal.
///
/// # Errors
///
/// There is no terminal to ask on.
fn confirm(question: &str) -> Result<bool, Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::YesMissing);
    }
    anstream::eprint!("{} [y/N] ", Shown(question.as_bytes()));
    io::stderr().flush().map_err(Error::Prompt)?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Error::Prompt)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
