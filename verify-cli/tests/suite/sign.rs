use std::{io, process::Command};

use verify_axum::Sender;

use super::support::{SECRET, file, receiver, verify};

#[test]
fn the_headers_are_those_of_the_sender() {
    // From the documentation of the vendor.
    let body = file("wandb-body", r#"{"key1": "value1", "key2": "value2"}"#);
    let signed = verify("sign wandb --secret-env S --body").arg(&body).env("S", "your_api_secret");
    assert_eq!(
        signed.run().ended(0),
        "content-type: application/json\n\
         x-wandb-signature: 4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=\n"
    );
    let signed = verify("sign mlflow --body - --at 1795290782 --delivery-id 7").input("{}").run();
    let signed = signed.ended(0);
    assert!(
        signed.contains("\nx-mlflow-delivery-id: 7\nx-mlflow-timestamp: 1795290782\n"),
        "{signed}"
    );
}

#[test]
fn where_the_body_is_shown_is_said() {
    for line in ["sign mlflow prompt.created", "sign wandb --body - --set a=2"] {
        let ran = verify(line).input(r#"{"a": "1"}"#).run();
        assert_eq!((ran.code, ran.stdout.contains("-signature: ")), (0, true));
        assert!(ran.stderr.contains("`--json` has it, and `--curl URL` sends it."), "{line}");
        assert_eq!(ran.stderr.lines().count(), 1);
    }
    for line in ["sign wandb --body -", "sign wandb LINK_MODEL --json"] {
        verify(line).input("{}").run().ended(0);
    }
}

#[test]
fn the_capture_verifies() {
    for sender in Sender::ALL.iter().map(Sender::name) {
        let capture = verify(&format!("sign {sender} --body - --json")).input("{\"a\":\n 1}").run();
        let capture = capture.ended(0);
        assert_eq!(capture.lines().count(), 1);
        verify("check -").input(capture).run().ended(0);
    }
}

#[test]
fn the_curl_command_is_accepted() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: curl is not installed");
        return;
    }
    let url = format!("http://{}/mlflow?a=b", receiver());
    let command = verify("sign mlflow model_version.created --set data.description=it's --curl");
    let command = command.arg(&url).run().ended(0);
    assert!(command.contains(&format!("'{url}'")), "{command}");
    let ran = Command::new("sh").args(["-c", &command]).output().unwrap();
    assert!(ran.stdout.starts_with(b"HTTP/1.1 204 "), "{ran:?}");
}

#[test]
fn a_url_may_have_a_query_and_no_path() {
    let command = verify("sign mlflow prompt.created --curl http://127.0.0.1:1?tenant=a").run();
    assert!(command.ended(0).contains("'http://127.0.0.1:1/?tenant=a'"));
}

#[test]
fn errors_say_what_to_do_next() {
    for (line, expected) in [
        ("sign mlflow prompt.created --at now", "not Unix seconds, as `date +%s` prints them"),
        ("sign mlflow prompt.created --at 1795290782000", "in seconds it is 1795290782"),
        ("sign mlflow prompt.created --curl example.com", "not a URL such as"),
        ("sign mlflow prompt.created --curl http://", "not a URL such as"),
        ("sign mlflow prompt.created --curl http://host --json", "cannot be used with"),
        ("sign mlflow prompt.created --body x", "cannot be used with"),
        ("sign mlflow prompt.created --set name", "write FIELD=VALUE or FIELD:=JSON"),
    ] {
        let said = verify(line).run().failed();
        assert!(said.starts_with("error: ") && said.contains(expected), "{said}");
    }
}

#[test]
fn who_stops_reading_is_no_trouble() {
    let line = format!("'{}' senders | true", env!("CARGO_BIN_EXE_verify"));
    let ran = Command::new("sh").args(["-c", &line]).env("S", SECRET).output().unwrap();
    assert!(ran.stderr.is_empty(), "{ran:?}");

    // Nor is it a verdict.
    let signed = verify("sign mlflow prompt.created --json").run().ended(0);
    let capture = file("closed.json", signed);
    for (secret, code) in [(SECRET, 0), ("another", 1)] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut check = Command::new(env!("CARGO_BIN_EXE_verify"));
        check.arg("check").arg(&capture).env("MLFLOW_WEBHOOK_SECRET", secret).stdout(writer);
        assert_eq!(check.status().unwrap().code(), Some(code));
    }
}
