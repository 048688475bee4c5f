//! Takes deliveries of Databricks, MLflow, Weights & Biases and senders of Standard Webhooks, and posts
//! to Slack what they say. The README beside it has the settings, and what is promised.

mod admin;
mod bridge;
mod config;
mod message;
mod slack;

use std::process::ExitCode;

use bridge_common::{Command, Mistake, exit_code, log_to_stderr, print_lines};
use clap::Parser;

use crate::config::Config;

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
    let config = Config::read(command.config())?;
    match command {
        Command::Serve { dry_run, log_format, .. } => {
            log_to_stderr(log_format);
            bridge::run(config, dry_run).await
        }
        Command::Check { .. } => check(&config),
        Command::Dead { command, json } => command.run(&config.place()?, config.channels(), json),
    }
}

fn check(config: &Config) -> Result<(), String> {
    let secrets = Mistake::both(config.verifiers(), config.endpoints());
    let (_, (verifiers, channels)) = Mistake::both(config.place(), secrets)?;
    let all = format!("{} senders, {} channels: nothing is wrong", verifiers.len(), channels.len());
    print_lines(config.oddities().into_iter().chain([all]))
}
