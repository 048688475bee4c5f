//! Without a file it says what to paste.

use std::{
    io::{BufRead, BufReader},
    process::Command,
};

use verify_core::Sender;

use crate::{gateway::Gateway, upstream::Upstream};

/// Runs the commands that are printed, as somebody who pastes them.
fn paste(gateway: &Gateway) -> Vec<(String, u16)> {
    let lines = gateway.said.lines().collect::<Vec<_>>();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("# "));
    let pairs = pairs.map(|pair| {
        let output = Command::new("sh").args(["-c", pair[1]]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (pair[0].to_owned(), text[9..12].parse().unwrap())
    });
    pairs.collect()
}

fn try_with(arguments: &[&str]) -> Gateway {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verify-gateway"));
    command.env_clear().env("PATH", "/usr/bin:/bin").args(arguments);
    Gateway::spawn(command)
}

#[test]
fn what_is_printed_can_be_pasted_and_the_service_of_its_own_shows_it() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: there is no curl");
    }
    let mut gateway = try_with(&[]);
    let answers = paste(&gateway);
    assert_eq!(answers.len(), 2 * Sender::ALL.len(), "{}", gateway.said);
    for (comment, status) in &answers {
        let expected = if comment.contains("forwarded") { 204 } else { 401 };
        assert_eq!(*status, expected, "{comment}");
    }
    let shown = BufReader::new(gateway.process.stdout.take().unwrap()).lines();
    let sent = shown.map_while(Result::ok).filter(|line| line.contains("verify-sender: "));
    let sent: Vec<_> = sent.take(Sender::ALL.len()).collect();
    let expected = Sender::ALL.iter().map(|sender| format!("  verify-sender: {}", sender.name()));
    assert_eq!(sent, expected.collect::<Vec<_>>());
}

#[test]
fn it_can_be_put_in_front_of_a_service() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("SKIPPED: there is no curl");
    }
    let upstream = Upstream::new();
    let gateway = try_with(&["try", "--upstream", &upstream.url("/hook")]);
    paste(&gateway);
    let reached = upstream.reached();
    assert_eq!(reached.len(), Sender::ALL.len());
    assert!(reached.iter().all(|reached| reached.path == "/hook"));
}
