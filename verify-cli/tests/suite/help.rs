//! The help is a page that people read: kept as one, so that a change of it is seen.

use std::fs;

use super::support::verify;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/HELP.md");

/// In the order of `verify --help`, and then what it does not show.
const COMMANDS: &[&str] = &[
    "",
    "send",
    "sign",
    "check",
    "diagnose",
    "explain",
    "recorder",
    "listen",
    "attack",
    "emulate",
    "template",
    "webhooks",
    "senders",
    "completions",
    "man",
    "emulate databricks",
    "template check",
    "template render",
    "template print",
    "webhooks list",
    "webhooks show",
    "webhooks create",
    "webhooks update",
    "webhooks delete",
    "webhooks test",
    "webhooks rotate",
    "webhooks apply",
    "webhooks doctor",
];

/// `UPDATE=1` writes the page.
#[test]
fn the_page_is_what_the_command_says() {
    let mut page = "# Every command and option\n\nMade by `UPDATE=1 cargo test -p verify-cli \
                    help`, which compares it otherwise.\n"
        .to_owned();
    for command in COMMANDS {
        let help = verify(&format!("{command} --help")).run().ended(0);
        // An editor would take a space from the end of a line.
        let help: Vec<_> = help.lines().map(str::trim_end).collect();
        let title = format!("verify {command}");
        page += &format!("\n## `{}`\n\n```text\n{}\n```\n", title.trim_end(), help.join("\n"));
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    assert!(fs::read_to_string(PAGE).unwrap() == page, "UPDATE=1 writes {PAGE} anew");
}

#[test]
fn every_command_is_on_the_page() {
    let help = verify("--help").run().ended(0);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let shown: Vec<_> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(shown.len() >= 5);
    assert!(COMMANDS[1..].starts_with(&shown), "{shown:?}");
    for command in shown {
        assert!(verify(&format!("{command} --help")).run().ended(0).contains("Examples:\n"));
    }
}

#[test]
fn the_first_thing_is_where_to_start() {
    let help = verify("--help").run().ended(0);
    assert!(help.starts_with("Start here: signature mismatch?"), "{help}");
    let start = help.split_once("Usage:").unwrap().0;
    for line in start.lines().filter(|line| line.starts_with("  verify ")) {
        let command = line.split_whitespace().nth(1).unwrap();
        assert!(COMMANDS.contains(&command), "{line}");
    }
    assert!(start.contains("  verify explain request.txt ") && start.contains("  verify listen "));
}

#[test]
fn completions_and_pages_are_made() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(verify(&format!("completions {shell}")).run().ended(0).contains("forge"));
    }
    // The events, and `--json` where it does something.
    let bash = verify("completions bash").run().ended(0);
    let options = |command: &str| {
        let (_, rest) = bash.split_once(&format!("verify__subcmd__{command})\n")).unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    assert!(options("send").contains(" prompt_alias.created "), "{}", options("send"));
    for (command, has_json) in
        [("send", true), ("check", true), ("man", false), ("completions", false)]
    {
        assert_eq!(options(command).contains("--json"), has_json, "{command}");
        let ran = verify(&format!("{command} --json")).run();
        assert_eq!(ran.stderr.contains("unexpected argument '--json'"), !has_json, "{command}");
    }
    let page = verify("man").run().ended(0);
    assert!(page.contains(".TH verify 1"), "{page}");
    let folder = format!("{}/man", env!("CARGO_TARGET_TMPDIR"));
    verify("man --out").arg(&folder).run().ended(0);
    let page = fs::read_to_string(format!("{folder}/verify-send.1")).unwrap();
    assert!(page.contains("\\-\\-forge"), "{page}");
    let said = verify("man --out /dev/null/x").run().failed();
    assert!(said.starts_with("error: `/dev/null/x`: "), "{said}");
}
