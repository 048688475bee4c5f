//! Takes deliveries of Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and posts
//! to Slack what they say. The README beside it has the settings, and what is promised.

mod admin;
mod bridge;
mod config;
mod live;
mod made;
mod message;
mod slack;

use std::process::ExitCode;

use bridge_common::{Command, exit_code, log_to_stderr, print_lines};
use clap::Parser;

use crate::{config::Config, made::Made};

/// Posts what Databricks, MLflow and Weights & Biases say about models to Slack, and loses nothing on
/// the way.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("slack-bridge", run(Cli::parse().command).await)
}

async fn run(command: Command) -> Result<(), String> {
    let path = command.config().to_owned();
    let config = Config::read(&path)?;
    match command {
        Command::Serve { dry_run, log_format, .. } => {
            log_to_stderr(log_format);
            bridge::run(path, config, dry_run).await
        }
        Command::Check { .. } => check(config),
        Command::Dead { command, json } => command.run(&config.place()?, config.channels(), json),
    }
}

fn check(config: Config) -> Result<(), String> {
    let made = Made::new(config, false)?;
    let all = format!("{}: nothing is wrong", made.summary());
    print_lines(made.config.oddities().into_iter().chain([all]))
}
