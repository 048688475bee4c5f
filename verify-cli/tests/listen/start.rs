//! How it begins and ends: what it refuses to start with, and what it says.

use std::process::Command;

use tempfile::tempdir;
use verify_toolkit::{Sender, UnixTime, WireRequest, samples};

use crate::process::{Listen, SECRETS, command, signed};

/// The end of a start that is refused.
fn refused(options: &[&str], settings: &[(&str, &str)]) -> String {
    let folder = tempdir().unwrap();
    let mut command = command(&folder.path().join("store"), options);
    let output = command.envs(settings.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_a_secret_there_is_one_for_a_try() {
    let folder = tempdir().unwrap();
    let listen = Listen::start_with(&folder.path().join("store"), &[], &[]);
    let lines: Vec<_> =
        listen.greeting.lines().filter(|line| line.contains(" verify send ")).collect();
    assert_eq!(lines.len(), Sender::ALL.len(), "{}", listen.greeting);
    let now = UnixTime::now().unwrap();
    for (line, sender) in lines.iter().zip(Sender::ALL) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [setting, "verify", "send", name, event, "--to", url] = words[..] else {
            panic!("{line}");
        };
        let (variable, secret) = setting.split_once('=').unwrap();
        assert_eq!(variable, format!("{}_WEBHOOK_SECRET", name.to_uppercase().replace('-', "_")));
        let path = format!("/webhooks/{}", sender.name());
        assert_eq!(url, format!("http://{}{path}", listen.address));
        let delivery = samples::find(name, event).unwrap().delivery().with_path(path);
        assert_eq!(listen.deliver(&delivery.sign(secret, now).unwrap()).status, 204);
    }
}

#[test]
fn with_secrets_the_senders_that_have_one_are_listened_for() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "mlflow secret\n").unwrap();
    let of_file = format!("mlflow={}", file.display());
    let options =
        ["--secret-env", "mlflow=A", "--secret-file", &of_file, "--secret-env", "databricks=B"];
    let settings =
        [("A", "another"), ("B", "databricks secret"), ("WANDB_WEBHOOK_SECRET", "w"), SECRETS[1]];
    let listen = Listen::start_with(&folder.path().join("store"), &options, &settings);
    let line = format!(
        "  verify send mlflow model_version.created --to http://{}/webhooks/mlflow --secret-env A\n",
        listen.address
    );
    assert!(listen.greeting.contains(&line), "{}", listen.greeting);
    assert!(!listen.greeting.contains("mlflow secret"), "{}", listen.greeting);
    for (place, sender) in [(2, Sender::MLFLOW), (1, Sender::DATABRICKS)] {
        let label = place.to_string();
        assert_eq!(listen.deliver(&signed(sender)).status, 204);
        assert_eq!(listen.json("/api/deliveries")["deliveries"][0]["verdict"]["secret"], *label);
    }
    drop(listen);

    let spaced = folder.path().join("it's a secret");
    std::fs::rename(file, &spaced).unwrap();
    let of_file = format!("mlflow={}", spaced.display());
    let options = ["--secret-file", &of_file, "--token-env", "mlflow=T"];
    let listen = Listen::start_with(&folder.path().join("store"), &options, &[("T", "t0ken")]);
    let same = format!(
        " --secret-file '{}' --token-env T\n",
        spaced.display().to_string().replace('\'', r"'\''")
    );
    assert!(listen.greeting.contains(&same), "{}", listen.greeting);
    drop(listen);
    let settings =
        [("MLFLOW_WEBHOOK_SECRET", "new"), ("MLFLOW_WEBHOOK_SECRET_PREVIOUS", "mlflow secret")];
    let listen = Listen::start_with(&folder.path().join("store"), &[], &settings);
    assert_eq!(listen.deliver(&signed(Sender::MLFLOW)).status, 204);
    assert_eq!(listen.deliver(&signed(Sender::DATABRICKS)).status, 404);
}

#[test]
fn a_token_is_asked_for_if_one_is_set() {
    let folder = tempdir().unwrap();
    let settings = [SECRETS[0], ("DATABRICKS_WEBHOOK_TOKEN", "t0ken")];
    let listen = Listen::start_with(&folder.path().join("store"), &[], &settings);
    let line = "/webhooks/databricks --token-env DATABRICKS_WEBHOOK_TOKEN\n";
    assert!(listen.greeting.contains(line), "{}", listen.greeting);
    let mut request = signed(Sender::DATABRICKS);
    assert_eq!(listen.deliver(&request).status, 401);
    request.headers.push(("authorization".to_owned(), b"Bearer t0ken".to_vec()));
    assert_eq!(listen.deliver(&request).status, 204);
    let error = refused(&[], &[("MLFLOW_WEBHOOK_TOKEN", "t")]);
    assert!(error.contains("MLFLOW_WEBHOOK_SECRET is not set"), "{error}");
}

#[test]
fn what_would_open_something_is_refused() {
    for (options, settings, error, hint) in [
        (
            &["--page", "0.0.0.0:0"][..],
            &SECRETS[..],
            "`--page 0.0.0.0:0` can be reached from other machines",
            "--dangerous-open-page",
        ),
        (
            &["--bind", "0.0.0.0:0"],
            &[],
            "no secret is set, and `--bind 0.0.0.0:0` is open to other machines",
            "set a secret",
        ),
        (
            &[],
            &[("MLFLOW_WEBHOOK_SECRET", "same"), ("WANDB_WEBHOOK_SECRET", "same")],
            "mlflow and wandb have the same secret",
            "give each its own",
        ),
        (&[], &[("MLFLOW_WEBHOOK_SECRET", "")], "`secret` is empty", "everybody knows"),
        (&["--bind", "192.0.2.1:1"], &SECRETS, "cannot listen on --bind 192.0.2.1:1", "--bind"),
        (&["--forward-to", "ftp://x"], &SECRETS, "not an `http` or `https` URL", ""),
        (
            &["--bind", "127.0.0.1:1", "--forward-to", "http://LOCALHOST:1/x"],
            &SECRETS,
            "`--forward-to http://LOCALHOST:1/x` is the address of --bind",
            "the address of your handler",
        ),
        (
            &["--page", "[::1]:80", "--forward-to", "http://[::1]"],
            &SECRETS,
            "`--forward-to http://[::1]` is the address of --page",
            "",
        ),
        (
            &["--bind", "0.0.0.0:1", "--forward-to", "http://127.0.0.1:1"],
            &SECRETS,
            "is the address of --bind",
            "",
        ),
        (&["--bind", "localhost:8094"], &SECRETS, "not an address with a port", "127.0.0.1:8080"),
        (&["--page", "8093"], &SECRETS, "not an address with a port", "127.0.0.1:8080"),
        (&["--secret-env", "mlflow"], &SECRETS, "not SENDER=VALUE", ""),
        (&["--secret-env", "nobody=A"], &SECRETS, "no such sender", ""),
    ] {
        let text = refused(options, settings);
        assert!(text.contains(error) && text.contains(hint), "{options:?}: {text}");
        assert!(!text.contains("same\""), "{text}");
    }
}

#[test]
fn a_page_that_is_opened_says_so() {
    let folder = tempdir().unwrap();
    let options = ["--page", "0.0.0.0:0", "--dangerous-open-page"];
    let store = folder.path().join("store");
    let mut listen = Listen::start(&store, &options);
    assert!(listen.greeting.contains("warning: the page shows bodies and tokens"));
    listen.page = listen.page.replace("0.0.0.0", "127.0.0.1");
    assert_eq!(listen.ids(), [0; 0]);
}

#[test]
fn one_file_is_not_used_by_two() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    let listen = Listen::start(&store, &[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let output = command(&store, &[]).envs(SECRETS).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("is in use by another `verify listen`"), "{error}");
    assert!(error.contains("--store FILE"), "{error}");
    drop(listen);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    drop(Listen::start(&store, &[]));
    std::fs::set_permissions(&store, Permissions::from_mode(0o666)).unwrap();
    let _listen = Listen::start(&store, &[]);
    assert_eq!(std::fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_well() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &[]);
    listen.deliver(&signed(Sender::DATABRICKS));
    // A page that is open does not keep it.
    let page = std::net::TcpStream::connect(&listen.page).unwrap();
    std::io::Write::write_all(&mut &page, b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    Command::new("kill").arg(listen.id().to_string()).status().unwrap();
    assert_eq!(listen.wait(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_signal_is_heeded_as_soon_as_it_says_that_it_listens() {
    let folder = tempdir().unwrap();
    for _ in 0..50 {
        let listen = Listen::start(&folder.path().join("store"), &[]);
        Command::new("kill").arg(listen.id().to_string()).status().unwrap();
        assert_eq!(listen.wait(), Some(0));
    }
}

/// Whether a store has to be repaired when it is opened.
#[cfg(unix)]
fn is_repaired(store: &std::path::Path) -> bool {
    use core::sync::atomic::{AtomicBool, Ordering};
    use std::sync::Arc;

    let is_repaired = Arc::new(AtomicBool::new(false));
    let repaired = Arc::clone(&is_repaired);
    let mut builder = redb::Database::builder();
    builder.set_repair_callback(move |_| repaired.store(true, Ordering::Relaxed));
    drop(builder.open(store).unwrap());
    is_repaired.load(Ordering::Relaxed)
}

#[cfg(unix)]
#[test]
fn what_a_signal_ended_needs_no_repair() {
    let folder = tempdir().unwrap();
    let store = folder.path().join("store");
    for is_killed in [false, true] {
        let listen = Listen::start(&store, &[]);
        assert_eq!(listen.deliver(&signed(Sender::DATABRICKS)).status, 204);
        if is_killed {
            listen.kill();
        } else {
            Command::new("kill").arg(listen.id().to_string()).status().unwrap();
            assert_eq!(listen.wait(), Some(0));
        }
        assert_eq!(is_repaired(&store), is_killed);
    }
}

/// The folder of the usual store is made, and no other.
#[test]
fn only_the_usual_folder_is_made() {
    let folder = tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    let output = command(&nowhere.join("store"), &[]).envs(SECRETS).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("hint: its folder is not there: make it, or name another file"),
        "{error}"
    );
    assert!(!nowhere.exists());
    let state = folder.path().join("state");
    let store = state.join("verify/listen.redb");
    let state = state.to_str().unwrap();
    drop(Listen::start_usual(&[SECRETS[0], ("XDG_STATE_HOME", state)]));
    assert!(store.exists());
}

#[cfg(unix)]
#[test]
fn a_signal_is_heard_while_nobody_reads_the_output() {
    let folder = tempdir().unwrap();
    let listen = Listen::start(&folder.path().join("store"), &["--json"]);
    let path = format!("/{}", "x".repeat(30_000));
    // Of each, 512 characters are shown: more than a pipe and a reader's buffer hold.
    for _ in 0..200 {
        let stray = WireRequest { path: path.clone(), ..signed(Sender::DATABRICKS) };
        assert_eq!(listen.deliver(&stray).status, 404);
    }
    Command::new("kill").arg(listen.id().to_string()).status().unwrap();
    assert_eq!(listen.wait(), Some(0));
}
