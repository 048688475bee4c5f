//! Runs the attack matrix over sockets against two receivers that have the environment and the
//! routes of `examples/receiver`, and prints what they answer differently, as Markdown.
//!
//!     compare receiver=http://127.0.0.1:8080 receiver-actix=http://127.0.0.1:8081
//!
//! Their secrets have to be those that `compare --environment` prints. Ends with 1 if a receiver is not
//! sound, and with 2 if one cannot be reached.

use core::time::Duration;
use std::{env, process::ExitCode};

use tokio::join;
use verify_toolkit::{
    Sender,
    attack::{AWKWARD_SECRET, Case, CaseReport, Outcome, Report, Target, UrlError},
};

const TOKEN: &str = "a-token-for-this-comparison";

/// Each sender, its variables, and the token where it can send one.
const SENDERS: [(Sender, &str, Option<&str>); 3] = [
    (Sender::DATABRICKS, "DATABRICKS_WEBHOOK", Some(TOKEN)),
    (Sender::MLFLOW, "MLFLOW_WEBHOOK", None),
    (Sender::WANDB, "WANDB_WEBHOOK", Some(TOKEN)),
];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--environment"] => {
            print_environment();
            ExitCode::SUCCESS
        }
        [one, other] => match (one.split_once('='), other.split_once('=')) {
            (Some(one), Some(other)) => match compare(one, other).await {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => usage(&error.to_string()),
            },
            _ => usage("a receiver is `name=URL`"),
        },
        _ => usage("give two receivers as `name=URL`, or `--environment`"),
    }
}

fn usage(message: &str) -> ExitCode {
    eprintln!("compare: {message}");
    ExitCode::from(2)
}

/// Each secret is its own, as the receivers want it.
fn secret(sender: Sender) -> String {
    format!("{AWKWARD_SECRET}{} ", sender.name())
}

fn print_environment() {
    for (sender, variable, token) in SENDERS {
        println!("{variable}_SECRET='{}'", secret(sender));
        if let Some(token) = token {
            println!("{variable}_TOKEN='{token}'");
        }
    }
}

/// Returns whether both are sound.
async fn compare(one: (&str, &str), other: (&str, &str)) -> Result<bool, UrlError> {
    // At the same time, because each waits for a body that stalls.
    let [databricks, mlflow, wandb] = SENDERS.map(|(sender, _, token)| async move {
        // The answer to a body that stalls takes 10 s.
        let patience = Duration::from_secs(60);
        let mut target = Target::new(sender, secret(sender)).with_patience(patience);
        if let Some(token) = token {
            target = target.with_bearer(token);
        }
        let url = |receiver: &str| format!("{receiver}/webhooks/{}", sender.name());
        let (one, other) = (url(one.1), url(other.1));
        join!(target.attack_url(&one), target.attack_url(&other))
    });
    let (databricks, mlflow, wandb) = join!(databricks, mlflow, wandb);

    let (mut cases, mut is_sound, mut rows) = (0, true, Vec::new());
    for reports in [databricks, mlflow, wandb] {
        let (one, other) = (reports.0?, reports.1?);
        for report in [&one, &other] {
            eprintln!("{report}");
            is_sound &= report.is_hardened();
        }
        cases += one.tried();
        rows.extend(differences(&one, &other));
    }
    println!("{cases} cases over a socket, {} answers that differ.\n", rows.len());
    println!("| sender | case | expected | `{}` | `{}` |\n|---|---|---|---|---|", one.0, other.0);
    rows.iter().for_each(|row| println!("{row}"));
    Ok(is_sound)
}

/// Compares status, headers and body, without the date and what became of the connection.
fn differences(one: &Report, other: &Report) -> Vec<String> {
    let told = |outcome: &Outcome| match outcome {
        Outcome::Answered(answer) => Outcome::Answered(answer.told()),
        other => other.clone(),
    };
    let differ = |one: &CaseReport, other: &CaseReport| {
        one.findings != other.findings || told(&one.outcome) != told(&other.outcome)
    };
    let pairs = one.cases.iter().zip(&other.cases).filter(|(one, other)| differ(one, other));
    let row = |(a, b): (&CaseReport, &CaseReport)| {
        let Case { name, expected, .. } = &a.case;
        let (a, b) = (shown(&a.outcome), shown(&b.outcome));
        format!("| {} | `{name}` | {expected} | {a} | {b} |", one.sender)
    };
    pairs.map(row).collect()
}

/// The status and the names of the headers.
fn shown(outcome: &Outcome) -> String {
    let Outcome::Answered(answer) = outcome else { return outcome.to_string() };
    let told = answer.told();
    let names: Vec<_> = told.headers.iter().map(|(name, _)| format!("`{name}`")).collect();
    format!("{answer} {}", names.join(", ")).trim_end().to_owned()
}
