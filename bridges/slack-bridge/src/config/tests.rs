use std::path::Path;

use bridge_common::{Mistake, Read};

use super::Config;

const EXAMPLE: &str = include_str!("../../example.toml");

fn parse(text: &str) -> Result<Config, String> {
    Ok(Config::new(Read::text(Path::new("bridge.toml"), text)?)?)
}

#[test]
fn the_example_is_valid_and_as_meant() {
    let config = parse(EXAMPLE).unwrap();
    assert!(config.oddities().is_empty());
    // What is there by default is what it says.
    let is_default = |line: &&str| {
        ["max_mib", "retention_days", "wandb_retention_minutes", "give_up_after_days"]
            .iter()
            .any(|name| line.starts_with(name))
    };
    assert_eq!(EXAMPLE.lines().filter(is_default).count(), 4);
    let without: Vec<_> = EXAMPLE.lines().filter(|line| !is_default(line)).collect();
    assert_eq!(parse(&without.join("\n")).unwrap().file.store, config.file.store);
}

/// Each mistake in the example: what is replaced, and what is said.
#[test]
fn each_mistake_has_its_line_and_says_what_to_do() {
    let databricks = "there are COMMENT_CREATED, MODEL_VERSION_CREATED, MODEL_VERSION_TAG_SET, \
        MODEL_VERSION_TRANSITIONED_STAGE, MODEL_VERSION_TRANSITIONED_TO_ARCHIVED, \
        MODEL_VERSION_TRANSITIONED_TO_PRODUCTION, MODEL_VERSION_TRANSITIONED_TO_STAGING, \
        REGISTERED_MODEL_CREATED, TRANSITION_REQUEST_CREATED, \
        TRANSITION_REQUEST_TO_ARCHIVED_CREATED, TRANSITION_REQUEST_TO_PRODUCTION_CREATED, \
        TRANSITION_REQUEST_TO_STAGING_CREATED";
    for (from, to, said) in [
        (
            "\"TRANSITION_REQUEST_*\"",
            "\"TRANSITON_*\"",
            &*format!("no event is called `TRANSITON_*`; {databricks}"),
        ),
        (
            "senders.mlflow]",
            "senders.mlfow]",
            "no sender is called `mlfow`; there are databricks, mlflow, standard-webhooks, wandb",
        ),
        (
            "secret_env = \"MLFLOW_WEBHOOK_SECRET\"",
            "bearer_env = \"X\"",
            "mlflow sends no bearer token",
        ),
        ("link = \"https://wandb.ai\"", "link = \"wandb.ai\"", "not a URL such as `https://host`"),
        (
            "link = \"https://wandb.ai\"",
            "link = \"https://x|y>\"",
            "not a URL such as `https://host`",
        ),
        ("8081", "8080", "`listen` is the same: each needs its own"),
        ("max_mib = 1024", "max_mib = 0", "`max_mib` is 1 to 1000000"),
        ("retention_days = 7", "retention_days = 0", "`retention_days` is 1 to 365"),
        ("give_up_after_days = 3", "give_up_after_days = 366", "`give_up_after_days` is 1 to 365"),
        ("sender = \"mlflow\"", "sender = \"wand\"", "there is no `[senders.wand]`"),
        (
            "[\"everything\"]",
            "[\"evrything\"]",
            "no channel is called `evrything`; there is everything, releases",
        ),
        ("[\"everything\"]", "[]", "name a channel"),
        (
            "models = [\"fraud-*\", \"Airline_Delay_SparkML\"]",
            "models = []",
            "an empty list lets nothing pass; leave it out to let everything",
        ),
        (
            "listen = \"127.0.0.1:8080\"",
            "listen = \"here\"",
            "not an address with a port, such as `127.0.0.1:8080`",
        ),
        // What is typed in the wrong place is not repeated: it may be the secret.
        (
            "secret_env = \"MLFLOW_WEBHOOK_SECRET\"",
            "secret = \"hunter2\"",
            "there is no setting `secret` here; there is `secret_env`, `secret_file`, \
             `previous_secret_env`, `previous_secret_file`, `bearer_env`, `bearer_file`, \
             `previous_bearer_env`, `previous_bearer_file`, `link`",
        ),
        (
            "[store]",
            "[store",
            "not TOML: write `name = \"value\"`, or `[table]`, on a line of its own",
        ),
    ] {
        let (before, after) = EXAMPLE.split_once(from).unwrap();
        let line = before.matches('\n').count() + 1;
        let mistake = parse(&format!("{before}{to}{after}")).unwrap_err();
        let expected = format!("bridge.toml:{line}: {said}");
        assert!(mistake.lines().any(|line| line == expected), "{mistake}");
    }
}

/// Nobody starts a bridge six times to find six mistakes.
#[test]
fn all_mistakes_are_told_at_once() {
    let text = EXAMPLE
        .replace("8081", "8080")
        .replace("retention_days = 7", "retention_days = 0")
        .replace("max_mib = 1024", "max_mib = 0")
        .replace("senders.wandb]", "senders.wand]")
        .replace("link = \"https://mlflow.example.com\"", "link = \"mlflow\"")
        .replace("[\"everything\"]", "[\"evrything\"]");
    let mistakes = parse(&text).unwrap_err();
    let lines: Vec<_> = mistakes.lines().map(|line| line.split(':').nth(1).unwrap()).collect();
    let expected: Vec<_> = [
        "admin = ",
        "max_mib = 0",
        "retention_days = 0",
        "link = \"mlflow\"",
        "[senders.wand]",
        "[\"evrything\"]",
    ]
    .map(|wrong| (text.split_once(wrong).unwrap().0.matches('\n').count() + 1).to_string())
    .to_vec();
    assert_eq!(lines, expected, "{mistakes}");

    let config = parse(EXAMPLE).unwrap();
    let secrets = Mistake::both(config.verifiers(), config.endpoints()).unwrap_err().to_string();
    assert_eq!(secrets.lines().count(), 5, "{secrets}");
}

#[test]
fn something_has_to_come_in_and_to_go_out() {
    let store = "listen = \"[::1]:0\"\nadmin = \"[::1]:0\"\n[store]\npath = \"x\"\n";
    let said = |rest: &str| parse(&format!("{store}{rest}")).unwrap_err();
    let no_routes = "bridge.toml: there is no `[[routes]]`, so nothing would go anywhere";
    let sender = "[senders.mlflow]\nsecret_env = \"X\"\n";
    assert_eq!(said(sender), no_routes);
    let route = "[channels.c]\nurl_env = \"X\"\n[[routes]]\nchannels = [\"c\"]\n";
    let no_senders = "bridge.toml: there is no `[senders.\u{2026}]`, so nothing could come in";
    assert_eq!(said(route), no_senders);
    let listen = parse("").unwrap_err();
    assert_eq!(listen, "bridge.toml:1: `listen` is missing");
}

#[test]
fn what_is_probably_not_meant_is_pointed_out() {
    let route = "[[routes]]\nchannels = [\"everything\"]";
    let text = EXAMPLE
        .replace(route, "[[routes]]\nsender = \"wandb\"\nevents = [\"BUILD_AND_DEPLOY\"]\nchannels = [\"releases\"]")
        .replacen("sender = \"mlflow\"", "sender = \"databricks\"", 1)
        .replace("model_version_alias.*", "COMMENT_CREATED");
    let odd = [
        "bridge.toml:69: `BUILD_AND_DEPLOY` is no event that this version knows",
        "bridge.toml:50: no route leads to this channel",
        "bridge.toml:38: no route takes anything of this sender",
    ];
    assert_eq!(parse(&text).unwrap().oddities(), odd);
}
