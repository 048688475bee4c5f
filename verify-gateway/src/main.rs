//! Verifies webhooks of model registries in front of a service in any language. The README beside it has the settings,
//! and what is promised.

mod admin;
mod afterwards;
mod caught;
mod check;
mod config;
mod deliver;
mod echo;
mod facts;
mod finished;
mod forwarded;
mod kept;
mod log_line;
mod once;
mod resign;
mod run;
mod serve;
mod service;
mod try_out;
mod upstream;

use std::process::ExitCode;

use bridge_common::{Dead, LogFormat, Settings, exit_code, log_to_stderr, print_lines};
use clap::{Parser, Subcommand};

use crate::config::Config;

/// Verifies webhooks of Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and hands on what is
/// genuine to a service in any language.
///
/// Without a command it is `try`.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it without a file: a secret for this run, and deliveries to paste.
    Try {
        /// Where your service listens, such as `http://127.0.0.1:8000/webhooks`. Without it, a service of its own prints
        /// what it is sent.
        #[arg(long, value_name = "URL")]
        upstream: Option<String>,
    },
    /// Verify deliveries, and hand them on as the settings say.
    Serve {
        #[command(flatten)]
        settings: Settings,
        /// How lines of the log look, on standard error.
        #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
        log_format: LogFormat,
    },
    /// Read the settings and the secrets that they name, look at the servers that they name, and say all that is wrong.
    Check {
        #[command(flatten)]
        settings: Settings,
        /// Connect to no server.
        #[arg(long)]
        offline: bool,
    },
    /// What was kept and was not taken: by an upstream, or by a stream.
    Dead {
        #[command(subcommand)]
        command: Dead,
        /// Print JSON, one object a line, for scripts.
        #[arg(long, global = true)]
        json: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Cli::parse().command.unwrap_or(Command::Try { upstream: None });
    exit_code("verify-gateway", run(command).await)
}

async fn run(command: Command) -> Result<(), String> {
    match command {
        Command::Try { upstream } => {
            log_to_stderr(LogFormat::Text);
            try_out::run(upstream.as_deref()).await
        }
        Command::Serve { settings, log_format } => {
            log_to_stderr(log_format);
            run::run(settings.config()).await
        }
        Command::Check { settings, offline } => {
            let config = Config::read(settings.config())?;
            let (oddities, summary) = (config.oddities().to_vec(), config.summary());
            let told = if offline { Vec::new() } else { check::look(config).await? };
            print_lines(oddities.into_iter().chain(told).chain([summary]))
        }
        Command::Dead { command, json } => {
            let (place, destinations) = Config::read_store(command.config())?;
            command.run(&place, destinations, json)
        }
    }
}
