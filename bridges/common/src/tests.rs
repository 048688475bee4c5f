//! Settings as a bridge reads them. Secrets are in files, which a test may write; variables are read by
//! the same code, and by users.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use toml::Spanned;

use crate::{Lines, Read, Senders, Store, WebhookUrl, is_hidden, printable_json};

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
    let Read { settings, lines, told } = Read::text(path, text)?;
    told?;
    Ok((settings, lines))
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
        ("store = 5".to_owned(), "1: should be a table or an address"),
        ("senders = ['hunter2']".to_owned(), "1: should be a table"),
        (good.clone() + "[store]\npath = 'x'\nmax_mib = 'hunter2'", "5: should be a whole number"),
        (good.clone() + "[store]\npath = 'x'\nmax_mib = -1", "5: should be a whole number"),
        (
            good.clone() + "secret_env = 'Y'",
            "3: this name stands in the same table twice: keep one",
        ),
        (
            good.clone() + "[store]\npath = 'x'\nsize = 1",
            "5: there is no setting `size` here; there is `path`, `address`, `address_env`, `address_file`, \
             `max_mib`, `retention_days`, `wandb_retention_minutes`, `give_up_after_days`",
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
fn all_that_is_no_setting_is_told_at_once() {
    let text = "\
        [senders.mlflow]\n\
        secret_evn = 'X'\n\
        bearer_env = 5\n\
        link = [\n\
          'https://x',\n\
        ]\n\
        [sender.databricks]\n\
        secret_env = 'Y'\n\
        [channels]\n\
        c = 'hunter2'\n\
        [channels.d]\n\
        url = 'hunter2'\n\
        [store]\n\
        path = 'x'\n\
        max_mib = true\n\
        give_up_after = 1\n";
    let expected = [
        "2: there is no setting `secret_evn` here; there is `secret_env`, `secret_file`, `previous_secret_env`, \
         `previous_secret_file`, `bearer_env`, `bearer_file`, `previous_bearer_env`, `previous_bearer_file`, `link`",
        "3: should be a text in quotes",
        "4: should be a text in quotes",
        "7: there is no setting `sender` here; there is `senders`, `channels`, `store`",
        "10: should be a table",
        "12: there is no setting `url` here; there is `url_env` or `url_file`",
        "15: should be a whole number",
        "16: there is no setting `give_up_after` here; there is `path`, `address`, `address_env`, `address_file`, \
         `max_mib`, `retention_days`, `wandb_retention_minutes`, `give_up_after_days`",
    ];
    let said = parse(text).unwrap_err();
    let expected: Vec<_> = expected.iter().map(|line| format!("bridge.toml:{line}")).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_store_needs_its_folder() {
    let folder = |store: &str| {
        let (file, lines) = parse(store).unwrap();
        file.store.unwrap().place(&lines).map(drop).map_err(|mistake| mistake.to_string())
    };
    for start in ["[store]\npath = '", "[store]\naddress = 'sqlite:", "\nstore = 'sqlite:"] {
        assert_eq!(folder(&format!("{start}here.db'")), Ok(()));
        assert_eq!(folder(&format!("{start}/here.db'")), Ok(()));
        let said = "bridge.toml:2: the folder of this file is not there".to_owned();
        assert_eq!(folder(&format!("{start}/not/mounted/here.db'")), Err(said));
    }
}

/// What is open goes on with what it read.
#[test]
fn other_authorities_of_a_store_are_another_place() {
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authority.pem");
    let place = |text: &str| {
        fs::write(&authorities, text).unwrap();
        let address = format!(
            "postgres://ada@db/models?sslmode=verify-full&sslrootcert={}",
            authorities.display()
        );
        let good = sender("mlflow", "secret_env = 'X'");
        let (file, lines) = parse(&format!("store = '{address}'\n{good}")).unwrap();
        file.store.unwrap().place(&lines).unwrap()
    };
    let one = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap().cert.pem();
    let other = rcgen::generate_simple_self_signed(["db".to_owned()]).unwrap().cert.pem();
    assert!(place(&one) == place(&one));
    assert!(place(&one) != place(&other));
}

/// The place of a store, by what is set, or what is said of it.
#[test]
fn a_store_is_a_file_or_a_server_and_no_password_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("address");
    let said = |store: &str, address: &str| {
        fs::write(&secret, address).unwrap();
        let good = sender("mlflow", "secret_env = 'X'");
        let text = format!("{}\n{good}", store.replace("FILE", secret.to_str().unwrap()));
        check(&text)?;
        let (file, lines) = parse(&text)?;
        let place = file.store.unwrap().place(&lines)?;
        Ok::<_, String>(format!("{place:?}"))
    };
    let hidden = "postgres://ada:hunter2@127.0.0.1/models";
    let by_file = "[store]\naddress_file = 'FILE'";
    for (store, address) in [
        ("store = 'sqlite:x.db'", ""),
        ("store.path = 'x.db'", ""),
        ("store = 'postgres://ada@127.0.0.1:5432/models'", ""),
        ("store = 'postgresql://ada@db/models?sslmode=disable'", ""),
        (by_file, hidden),
        (by_file, "sqlite:x.db"),
    ] {
        assert_eq!(said(store, address).unwrap(), "Place { .. }", "{store}");
    }
    let scheme = "an address is `sqlite:PATH` or `postgres://user@host:5432/database`";
    let invalid = "the address of PostgreSQL is not one such as `postgres://user:password@host:5432/database`";
    let password = "a password does not belong into the settings: put the address into a variable or a file, and \
                    name that by `address_env` or `address_file`";
    let names = "one of `path`, `address`, `address_env` and `address_file`";
    for (store, address, expected) in [
        ("store = 'hunter2'", "", format!("1: {scheme}")),
        ("store = 'sqlite:'", "", format!("1: {scheme}")),
        ("store = 'mysql://ada:hunter2@db'", "", format!("1: {scheme}")),
        ("store = 'postgres://ada:hunter2@127.0.0.1/models'", "", format!("1: {password}")),
        ("store = 'postgres://ada:hunter2/x?y@127.0.0.1/models'", "", format!("1: {password}")),
        (
            "store = 'postgres://127.0.0.1/models?user=ada&password=hunter2'",
            "",
            format!("1: {password}"),
        ),
        ("store = 'postgres://ada@127.0.0.1:hunter2/models'", "", format!("1: {invalid}")),
        ("[store]\nmax_mib = 1", "", format!("1: set {names}")),
        ("[store]\npath = 'x'\naddress = 'sqlite:x'", "", format!("1: keep {names}")),
        (by_file, "hunter2", format!("2: in it, {scheme}")),
        (by_file, "postgres://ada:hunter2@127.0.0.1:x/models", format!("2: in it, {invalid}")),
        (
            "[store]\naddress_file = 'FILE'\nmax_mib = 5",
            hidden,
            "2: in it, PostgreSQL has no limit but its disk: leave `max_mib` out".to_owned(),
        ),
        (
            "[store]\nmax_mib = 5\naddress = 'postgres://ada@127.0.0.1/models'",
            "",
            "3: PostgreSQL has no limit but its disk: leave `max_mib` out".to_owned(),
        ),
    ] {
        assert_eq!(said(store, address).unwrap_err(), format!("bridge.toml:{expected}"), "{store}");
    }
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
