//! Settings as a bridge reads them. Secrets are in files, which a test may write; variables are read by
//! the same code, and by users.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use toml::Spanned;

use crate::{
    Lines, Mistake, Senders, Store, WebhookUrl, is_hidden, parse_settings, printable_json,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    senders: Senders,
    #[serde(default)]
    channels: BTreeMap<Spanned<String>, WebhookUrl>,
    store: Option<Store<3>>,
}

fn parse(text: &str) -> Result<(File, Lines), String> {
    let path = Path::new("bridge.toml");
    parse_settings(path, text).map_err(|mistake: Mistake| mistake.to_string())
}

fn check(text: &str) -> Result<(), String> {
    let (file, lines) = parse(text)?;
    file.senders.check(&lines)?;
    Ok(file.store.map_or(Ok(()), |store| store.check(&lines))?)
}

/// Reads all secrets.
fn read(text: &str) -> Result<(), String> {
    let (file, lines) = parse(text)?;
    file.senders.verifiers(&lines)?;
    for (name, url) in &file.channels {
        url.read(name, &lines)?;
    }
    Ok(())
}

fn sender(name: &str, settings: &str) -> String {
    format!("[senders.{name}]\n{settings}\n")
}

#[test]
fn mistakes_in_tables_have_their_line() {
    let good = sender("mlflow", "secret_env = 'X'");
    assert_eq!(check(&good), Ok(()));
    assert_eq!(check(&format!("{good}[store]\npath = 'x'\nmax_mib = 1000000")), Ok(()));
    for (text, said) in [
        (String::new(), " there is no `[senders.\u{2026}]`, so nothing could come in"),
        (
            good.clone() + &sender("gitlab", ""),
            "3: no sender is called `gitlab`; there are databricks, mlflow, standard-webhooks, wandb",
        ),
        (good.clone() + "previous_bearer_file = 'x'", "3: mlflow sends no bearer token"),
        (good.clone() + "[store]\npath = 'x'\nmax_mib = 1000001", "5: `max_mib` is 1 to 1000000"),
        (
            good.clone() + "[store]\npath = 'x'\nretention_days = 366",
            "5: `retention_days` is 1 to 365",
        ),
        (
            good.clone() + "[store]\npath = 'x'\nwandb_retention_minutes = 10001",
            "5: `wandb_retention_minutes` is 1 to 10000",
        ),
        (
            good.clone() + "[store]\npath = 'x'\ngive_up_after_days = 0",
            "5: `give_up_after_days` is 1 to 365",
        ),
        // What is typed in the wrong place is not repeated: it may be the secret.
        (
            good.clone() + "[store]\npath = hunter2",
            "4: not TOML: write `name = \"value\"`, or `[table]`, on a line of its own",
        ),
        (sender("mlflow", "secret_env = 12345"), "2: should be a text in quotes"),
        (sender("mlflow", "secret_file = [true]"), "2: should be a text in quotes"),
        ("store = 'hunter2, expected x'".to_owned(), "1: should be a table"),
        ("senders = ['hunter2']".to_owned(), "1: should be a table"),
        (good.clone() + "[store]\nmax_mib = 1", "3: `path` is missing"),
        (good.clone() + "[store]\npath = 'x'\nmax_mib = 'hunter2'", "5: should be a whole number"),
        (good.clone() + "[store]\npath = 'x'\nmax_mib = -1", "5: should be a whole number"),
        (
            good.clone() + "secret_env = 'Y'",
            "3: this name stands in the same table twice: keep one",
        ),
        (
            good.clone() + "[store]\npath = 'x'\nsize = 1",
            "5: there is no setting `size` here; there is `path`, `max_mib`, `retention_days`, \
             `wandb_retention_minutes`, `give_up_after_days`",
        ),
        (
            good.clone() + "[store",
            "3: not TOML: write `name = \"value\"`, or `[table]`, on a line of its own",
        ),
    ] {
        assert_eq!(check(&text).unwrap_err(), format!("bridge.toml:{said}"), "{text}");
    }
}

#[test]
fn a_store_needs_its_folder() {
    let folder = |path: &str| {
        let (file, lines) = parse(&format!("[store]\npath = '{path}'")).unwrap();
        file.store.unwrap().check_folder(&lines).map_err(|mistake| mistake.to_string())
    };
    assert_eq!(folder("here.db"), Ok(()));
    assert_eq!(folder("/here.db"), Ok(()));
    let said = "bridge.toml:2: the folder of this file is not there".to_owned();
    assert_eq!(folder("/not/mounted/here.db"), Err(said));
}

#[test]
fn secrets_are_read_and_their_mistakes_told_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, secret: &str| {
        fs::write(folder.path().join(name), secret).unwrap();
        format!("_file = '{}'\n", folder.path().join(name).display())
    };
    let (one, same, empty) =
        (file("one", "s3cret\r\n"), file("same", "s3cret"), file("empty", "\n"));
    let (https, plain) =
        (file("https", "https://example.com/T/B/x\n"), file("plain", "http://example.com/x"));
    let good = format!("[senders.mlflow]\nsecret{one}");
    assert_eq!(read(&format!("{good}[channels.c]\nurl{https}")), Ok(()));
    for (text, said) in [
        (
            good.clone() + &sender("wandb", &format!("secret{same}")),
            "4: `mlflow` has the same secret: each sender needs its own",
        ),
        (format!("{good}previous_secret{same}"), "3: the same as the other secret of this sender"),
        (sender("mlflow", &format!("secret{empty}")), "2: `secret` is empty"),
        (sender("mlflow", ""), "1: set `secret_env` or `secret_file`"),
        (
            sender("mlflow", "secret_env = 'BRIDGE_TEST_UNSET'"),
            "2: `BRIDGE_TEST_UNSET` is not set in the environment",
        ),
        (
            sender("mlflow", "secret_file = '/no/hunter2'"),
            "2: the file cannot be read: No such file or directory (os error 2)",
        ),
        // Somebody typed the secret where its name belongs.
        (
            sender("mlflow", "secret_env = 'hunter2!'"),
            "2: not a name of a variable: capital letters, digits and `_`",
        ),
        (
            sender("mlflow", "secret_env = 'whsec_C2FVsBQIhrscChlQIMV'"),
            "2: not a name of a variable: capital letters, digits and `_`",
        ),
        (
            good.clone() + "secret_env = 'X'",
            "2: a variable and a file for the same secret: keep one",
        ),
        (
            good.clone() + "[channels.c]",
            "3: set `url_env` or `url_file`: where the URL of the webhook is",
        ),
        (
            format!("{good}[channels.c]\nurl{plain}"),
            "4: the URL in it is `http` to another machine: it has to be `https`",
        ),
    ] {
        assert_eq!(read(&text).unwrap_err(), format!("bridge.toml:{said}"), "{text}");
    }
}

#[test]
fn what_hides_or_reverses_is_known_and_printed_as_its_number() {
    let hidden = "\0\n\u{7f}\u{9b}\u{34f}\u{115f}\u{1160}\u{180e}\u{200d}\u{202e}\u{2066}\u{2800}\u{3164}\
                  \u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{e0041}\u{e0100}\u{e01ef}";
    for char in hidden.chars() {
        assert!(is_hidden(char), "{char:?}");
    }
    for char in "a ~é你👋\u{301}\u{a0}\u{fffd}".chars() {
        assert!(!is_hidden(char), "{char:?}");
    }
    let printed = printable_json("{\n  \"a\": \"é\u{9b}\u{202e}\u{e0041}\"\n}");
    assert_eq!(printed, "{\n  \"a\": \"é\\u009b\\u202e\\udb40\\udc41\"\n}");
}
