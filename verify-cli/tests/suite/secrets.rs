use std::process::{Command, Stdio};

use super::support::{SECRET, file, receiver, verify};

#[test]
fn a_secret_comes_from_a_variable_or_a_file() {
    let to = format!("send mlflow prompt.created --to http://{}/mlflow", receiver());
    let bare = || verify(&to).without_variables();
    bare().arg("--secret-env").arg("MINE").env("MINE", SECRET).run().ended(0);
    bare().arg("--secret-env").arg("MINE").env("MINE", SECRET.trim()).run().ended(1);
    for (content, code) in [
        (SECRET.to_owned(), 0),
        (format!("{SECRET}\n"), 0),
        (format!("{SECRET}\r\n"), 0),
        (format!("{SECRET}\n\n"), 1),
    ] {
        let path = file("secret", content);
        bare().arg("--secret-file").arg(&path).run().ended(code);
    }
}

#[test]
fn a_missing_secret_is_asked_for_or_said() {
    let none = verify("sign mlflow prompt.created").without_variables();
    let said = none.run().failed();
    assert!(said.starts_with("error: no secret: MLFLOW_WEBHOOK_SECRET is not set"), "{said}");
    assert!(said.contains("`--secret-file FILE`, or `--secret-prompt` to be asked"), "{said}");

    let said = verify("sign mlflow prompt.created --secret-env NOT_SET").run().failed();
    assert!(
        said.contains("is not set: `NOT_SET`\n\nhint: set it in this shell: `read -rs NOT_SET")
    );
    let sign = || verify("sign mlflow prompt.created").without_variables();
    let usual = sign().env("MLFLOW_WEBHOOK_SECRET", "");
    let named = sign().arg("--secret-env").arg("E").env("E", "");
    let path = file("empty-secret", "\n");
    let in_file = sign().arg("--secret-file").arg(&path);
    for (run, place) in [
        (usual, "variable `MLFLOW_WEBHOOK_SECRET`"),
        (named, "variable `E`"),
        (in_file, &*format!("file `{path}`")),
    ] {
        let said = run.run().failed();
        let empty =
            format!("error: the secret is empty: the {place} holds nothing\n\nhint: an empty");
        assert!(said.starts_with(&empty), "{said}");
    }
    let said = verify("sign mlflow prompt.created --secret-file /does/not/exist").run().failed();
    assert!(said.contains("/does/not/exist`: No such file"), "{said}");
    let said = verify("sign mlflow prompt.created --secret-file /dev/zero").run().failed();
    assert!(said.contains("/dev/zero`: file too large"), "{said}");
    let said = verify("sign mlflow prompt.created --secret-env A --secret-file B").run().failed();
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    // A session of its own has no terminal, wherever the tests are run.
    let verify = env!("CARGO_BIN_EXE_verify");
    let line = ["--wait", verify, "sign", "mlflow", "prompt.created", "--secret-prompt"];
    let Ok(ran) = Command::new("setsid").args(line).stdin(Stdio::null()).output() else {
        eprintln!("SKIPPED: setsid is not installed");
        return;
    };
    assert_eq!(ran.status.code(), Some(2));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.starts_with("error: cannot ask on the terminal: "), "{said}");
}

#[test]
fn a_token_has_to_be_one() {
    let line = "send wandb LINK_MODEL --to http://localhost --token-env T";
    for token in ["", "Bearer abc", "abc\n"] {
        let said = verify(line).env("T", token).run().failed();
        assert!(said.contains("`bearer` is not a token"), "{said}");
    }
}

#[test]
fn no_command_takes_a_secret_by_value() {
    for line in ["sign mlflow prompt.created --secret", "send mlflow x --to http://h --token"] {
        let said = verify(line).arg(SECRET.trim_end()).run();
        assert_eq!(said.code, 2);
        assert!(!said.stderr.contains("whsec_"), "{}", said.stderr);
    }
}

#[test]
fn whoever_types_a_secret_is_told_what_to_do_instead() {
    for (line, instead) in [
        ("sign mlflow --secret hunter2", "`--secret-env NAME` or `--secret-file FILE`"),
        ("sign mlflow --secret=hunter2", "`--secret-env NAME` or `--secret-file FILE`"),
        ("send mlflow --to http://h --token hunter2", "`--token-env NAME` or `--token-file FILE`"),
        ("check x --previous-secret hunter2", "`--previous-secret-env NAME` or"),
    ] {
        let said = verify(line).run().failed();
        assert!(said.contains("is not taken: other users of this machine see"), "{said}");
        assert!(said.contains(instead) && !said.contains("hunter2"), "{said}");
        assert!(
            !said.contains("'typed'") && said.contains("    read -rs NAME && export NAME"),
            "{said}"
        );
    }
    // Where no secret is read, it is an argument like another.
    let said = verify("senders --secret x").run().failed();
    assert!(said.contains("unexpected argument '--secret'"), "{said}");
}
