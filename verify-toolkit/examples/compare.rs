//! Runs the attack matrix over sockets against two receivers that have the environment and the
//! routes of `examples/receiver`, and prints what they answer differently, as Markdown.
//!
//!     compare http://127.0.0.1:8080 http://127.0.0.1:8081
//!
//! Their secrets have to be those that `compare --environment` prints. Ends with 1 if a receiver is not
//! sound or the two differ, and with 2 if one cannot be reached.

use std::{env, process::ExitCode};

use tokio::join;
use verify_toolkit::{
    Sender,
    attack::{AWKWARD_SECRET, CaseReport, Outcome, Report, Target, UrlError},
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
        [one, other] => match compare(one, other).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("compare: {error}");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("compare: give the URLs of two receivers, or `--environment`");
            ExitCode::from(2)
        }
    }
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

/// Returns whether both are sound and the same.
async fn compare(one: &str, other: &str) -> Result<bool, UrlError> {
    // At the same time, because each waits for a body that stalls.
    let [databricks, mlflow, wandb] = SENDERS.map(|(sender, _, token)| async move {
        let mut target = Target::new(sender, secret(sender));
        if let Some(token) = token {
            target = target.with_bearer(token);
        }
        let url = |receiver: &str| format!("{receiver}/webhooks/{}", sender.name());
        let (one, other) = (url(one), url(other));
        join!(target.attack_url(&one), target.attack_url(&other))
    });
    let (databricks, mlflow, wandb) = join!(databricks, mlflow, wandb);

    let (mut cases, mut is_sound, mut rows) = (0, true, Vec::new());
    for (one, other) in [databricks, mlflow, wandb] {
        let (one, other) = (one?, other?);
        for report in [&one, &other] {
            eprintln!("{report}");
            cases += report.tried();
            is_sound &= report.is_hardened();
        }
        rows.extend(differences(&one, &other));
    }
    println!("| sender | case | {one} | {other} |\n|---|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
    println!("\n{cases} answers, {} differences", rows.len());
    Ok(is_sound && rows.is_empty())
}

/// Compares status, headers and body, without the date and what became of the connection.
fn differences(one: &Report, other: &Report) -> Vec<String> {
    let told = |outcome: &Outcome| match outcome {
        Outcome::Answered(answer) => Outcome::Answered(answer.told()),
        other => other.clone(),
    };
    let pairs = one.cases.iter().zip(&other.cases).filter(|(one, other)| {
        one.findings != other.findings || told(&one.outcome) != told(&other.outcome)
    });
    let row = |(a, b): (&CaseReport, &CaseReport)| {
        format!(
            "| {} | {} | {:?} | {:?} |",
            one.sender,
            a.case.name,
            told(&a.outcome),
            told(&b.outcome)
        )
    };
    pairs.map(row).collect()
}
