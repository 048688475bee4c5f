use core::{net::SocketAddr, time::Duration};
use std::{
    fs,
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use clap::Args;
use serde_json::json;
use tokio::runtime::Runtime;
use verify_toolkit::{
    ConfigError,
    emulator::{Databricks, Fate, Report, Token, Workspace},
};

use crate::{
    Error, Output, Verdict,
    output::{BAD, DIM, GOOD, Styled},
    signals::stop_signal,
    target::seconds,
    text::Shown,
};

const EXAMPLES: &str = "\
Examples:
  verify emulate databricks
  verify emulate databricks --token-env DATABRICKS_TOKEN --store workspace.json

Webhooks are created, listed, changed, tested and deleted as in the service, and what happens to
models, versions, tags, comments and stages is delivered, signed. The documentation of the module
`emulator` of verify-toolkit lists every call, and says which answers are known and which are our
choice.";

/// How many lines a terminal may be behind.
const BEHIND: usize = 1024;

/// Emulate the model registry of a Databricks workspace, and its webhooks.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Where clients find it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090", value_parser = address)]
    listen: SocketAddr,

    /// Let other machines reach it, if `--listen` says so. There is no TLS.
    #[arg(long)]
    dangerous_open: bool,

    /// Take the token that clients show from this environment variable. Without it, one is made for
    /// this run, and printed.
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,

    /// Keep webhooks and models in this file, with the secrets in the clear. It is made if it is not there.
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,

    /// Trust receivers with certificates of the authorities in this PEM file as well.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Wait so many seconds for the answer of a receiver.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "not an address with a port, such as 127.0.0.1:8090")
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let (reports, told) = sync_channel(BEHIND);
        let emulator = self.emulator(reports)?;
        let runtime = Runtime::new().map_err(Error::Runtime)?;
        runtime.block_on(async {
            // Before it says that it listens: an early one would end it.
            let stop = stop_signal()?;
            let workspace = emulator.start(self.listen).await?;
            self.greet(&workspace);
            let is_json = output.is_json();
            // A terminal or a pipe may stand still, and the rest must not.
            thread::spawn(move || show(&told, &mut Output::new(is_json)));
            stop.await;
            anstream::eprintln!("verify: stopping; what is in flight is finished");
            workspace.stop().await;
            Ok(Verdict::Verified)
        })
    }

    fn emulator(&self, reports: SyncSender<Report>) -> Result<Databricks, Error> {
        // What nobody reads in time is not shown.
        let observer = move |report: &Report| drop(reports.try_send(report.clone()));
        let mut emulator = Databricks::new().with_patience(self.timeout).with_observer(observer);
        if let Some(variable) = &self.token_env {
            emulator = emulator.with_token(token_from_env(variable)?);
        }
        if let Some(path) = &self.store {
            emulator = emulator.with_store(path);
        }
        if let Some(path) = &self.ca {
            let pem = fs::read(path).map_err(|error| Error::File { path: path.clone(), error })?;
            emulator = emulator.with_authority(pem);
        }
        Ok(if self.dangerous_open { emulator.dangerous_open() } else { emulator })
    }

    /// Says where it is, and what clients need.
    fn greet(&self, workspace: &Workspace) {
        let url = workspace.url();
        // One that is made for this run may be seen.
        let token = match &self.token_env {
            Some(variable) => format!("\"${variable}\""),
            None => workspace.token().as_str().to_owned(),
        };
        anstream::eprintln!(
            "A Databricks workspace to develop against is at {url}\n\n\
             For both Python clients and for `verify webhooks`, in another terminal:\n\n  \
             export DATABRICKS_HOST={url} DATABRICKS_TOKEN={token}\n\n\
             Then one of these:\n\n  \
             python -c 'from databricks_registry_webhooks import RegistryWebhooksClient as C; \
             print(C().list_webhooks())'\n  \
             python -c 'from databricks.sdk import WorkspaceClient as C; \
             print(list(C().model_registry.list_webhooks()))'\n  \
             verify webhooks list databricks\n\n\
             Receivers over http and on loopback are allowed here. The real service takes https only, and\n\
             refuses private addresses.\n"
        );
    }
}

fn token_from_env(variable: &str) -> Result<Token, Error> {
    let value = std::env::var_os(variable)
        .ok_or_else(|| ConfigError::EnvironmentUnset { variable: variable.to_owned() })?;
    let token = value.into_string().ok().and_then(|token| Token::new(token).ok());
    token.ok_or_else(|| Error::Token { variable: variable.to_owned() })
}

/// Prints what happens until nobody tells any more.
fn show(reports: &Receiver<Report>, output: &mut Output) -> Result<(), Error> {
    for report in reports {
        if output.is_json() {
            output.json(&to_json(&report))?;
        } else {
            let line = report.to_string();
            output.line(Styled(style(&report), Shown(line.as_bytes())))?;
        }
        output.flush()?;
    }
    Ok(())
}

fn style(report: &Report) -> anstyle::Style {
    match report {
        Report::Triggered { fate: Fate::Answered(200..=299), .. } => GOOD,
        Report::Triggered { .. } => BAD,
        _ => DIM,
    }
}

fn to_json(report: &Report) -> serde_json::Value {
    match report {
        Report::Called { method, path, status, .. } => {
            json!({"call": {"method": method, "path": path, "status": status}})
        }
        Report::Triggered { webhook_id, event, is_test, fate, .. } => {
            let status = match fate {
                Fate::Answered(status) => Some(*status),
                _ => None,
            };
            let why = status.is_none().then(|| fate.to_string());
            json!({"delivery": {
                "webhook_id": webhook_id, "event": event, "test": is_test, "status": status, "error": why,
            }})
        }
        _ => json!({}),
    }
}
