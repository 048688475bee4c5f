//! Runs the attack matrix over sockets against two receivers that have the environment and the
//! routes of `examples/receiver`, and prints what they answer differently, as Markdown.
//!
//!     compare receiver=http://127.0.0.1:8080 receiver-actix=http://127.0.0.1:8081
//!
//! Their secrets have to be those that `compare --environment` prints. Ends with 1 if a receiver is not
//! sound, and with 2 if one cannot be reached.

use core::time::Duration;
use std::{env, process::ExitCode};

use tokio::{join, task::JoinSet};
use verify_toolkit::{
    SecretEncoding, Sender,
    attack::{AWKWARD_SECRET, Case, CaseReport, Outcome, Report, Target, UrlError},
};

const TOKEN: &str = "a-token-for-this-comparison";

/// The token, where a sender can send one.
fn token(sender: &Sender) -> Option<&'static str> {
    sender.sends_bearer().then_some(TOKEN)
}

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
fn secret(sender: &Sender) -> String {
    match sender.secret_encoding() {
        SecretEncoding::Verbatim => format!("{AWKWARD_SECRET}{} ", sender.name()),
        encoding => encoding.write(sender.name().as_bytes()),
    }
}

fn print_environment() {
    for sender in Sender::ALL {
        let variable = format!("{}_WEBHOOK", sender.name().to_ascii_uppercase().replace('-', "_"));
        println!("{variable}_SECRET='{}'", secret(sender));
        if let Some(token) = token(sender) {
            println!("{variable}_TOKEN='{token}'");
        }
    }
}

/// Returns whether both are sound.
async fn compare(one: (&str, &str), other: (&str, &str)) -> Result<bool, UrlError> {
    // At the same time, because each waits for a body that stalls.
    let urls = [one.1.to_owned(), other.1.to_owned()];
    let attacks = Sender::ALL.iter().zip(0..).map(|(sender, place)| {
        let urls = urls.each_ref().map(|url| format!("{url}/webhooks/{}", sender.name()));
        async move {
            // The answer to a body that stalls takes 10 s.
            let patience = Duration::from_secs(60);
            let mut target = Target::new(*sender, secret(sender)).with_patience(patience);
            if let Some(token) = token(sender) {
                target = target.with_bearer(token);
            }
            let reports = join!(target.attack_url(&urls[0]), target.attack_url(&urls[1]));
            (place, reports)
        }
    });
    let mut reports = attacks.collect::<JoinSet<_>>().join_all().await;
    reports.sort_by_key(|(place, _)| *place);

    let (mut cases, mut is_sound, mut rows) = (0, true, Vec::new());
    for (_, reports) in reports {
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
