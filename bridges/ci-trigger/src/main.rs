//! Takes deliveries of Databricks, MLflow and Weights & Biases, and starts pipelines when a model
//! moves. The README beside it has the settings, and what is promised.

mod admin;
mod config;
mod made;
mod movement;
mod pipeline;
mod serve;
mod trigger;

use std::process::ExitCode;

use bridge_common::{Command, exit_code, log_to_stderr, print_lines};
use clap::Parser;

use crate::{config::Config, made::Made};

/// Starts pipelines when Databricks, MLflow or Weights & Biases say that a model moved.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit_code("ci-trigger", run(Cli::parse().command).await)
}

async fn run(command: Command) -> Result<(), String> {
    let path = command.config().to_owned();
    let config = Config::read(&path)?;
    match command {
        Command::Serve { dry_run, log_format, .. } => {
            log_to_stderr(log_format);
            trigger::run(path, config, dry_run).await
        }
        Command::Check { .. } => check(config),
        Command::Dead { command, json } => {
            command.run(&config.place()?, config.pipelines().into_keys(), json)
        }
    }
}

fn check(config: Config) -> Result<(), String> {
    let made = Made::new(config, false)?;
    let all = format!("{}: nothing is wrong", made.summary());
    print_lines(made.config.oddities().into_iter().chain([all]))
}
