use serde_json::{Value, json};

use super::support::{SECRET, file, verify};

/// A delivery of MLflow as a capture, signed at a time of long ago.
fn capture() -> String {
    let signed = verify("sign mlflow model_version_alias.created --at 1700000000 --json");
    signed.run().ended(0)
}

#[test]
fn the_receipt_and_the_event_are_shown() {
    let shown = verify("check -").input(capture()).run().ended(0);
    assert!(shown.starts_with("verified mlflow\n  secret       current\n  encoding     base64\n"));
    assert!(shown.contains("\n  signed at    1700000000, 0 s before it was received\n"), "{shown}");
    assert!(shown.contains("\nevent model_version_alias.created\n"), "{shown}");
    assert!(shown.contains("\n      \"alias\": \"champion\""), "{shown}");

    let json = verify("check - --json").input(capture()).run().ended(0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["verdict"], "verified");
    assert_eq!(json["event"]["name"], "model_version_alias.created");
    assert_eq!(json["event"]["fields"]["data"]["alias"], "champion");
    assert_eq!(json["replay_key"].as_str().unwrap().len(), 64);
}

#[test]
fn a_body_of_the_users_own_is_shown_as_it_came() {
    let signed = verify("sign wandb --body - --json").input(r#"{"z": 1, "alias": "a"}"#).run();
    let shown = verify("check -").input(signed.ended(0)).run().ended(0);
    assert!(shown.contains("\nevent without a name\n"), "{shown}");
    assert!(shown.contains(r#"{"z": 1, "alias": "a"}"#), "{shown}");
}

#[test]
fn the_clock_is_that_of_the_recording_or_as_told() {
    let capture = file("old.json", capture());
    let check = |options: &str| verify(&format!("check {options}")).arg(&capture);
    check("").run().ended(0);
    check("--now 1700000300").run().ended(0);
    let early = check("--now 1699999927").run().ended(0);
    assert!(early.contains("1700000000, 73 s after it was received\n"), "{early}");
    let shown = check("--now 1700000301").run().ended(1);
    assert_eq!(
        shown,
        "refused mlflow: timestamp is older than the tolerance: `x-mlflow-timestamp`\n\n\
         next: `verify explain` with the same options finds out why\n"
    );
    check("--now 1700000301 --tolerance 301").run().ended(0);
    let json = check("--now now --json").run().ended(1);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["code"], "timestamp_too_old");
    assert!(check("--now soon").run().failed().contains("not Unix seconds"));
}

#[test]
fn a_request_without_a_clock_is_judged_by_the_time_that_was_signed() {
    let signed = verify("sign mlflow --body - --at 1700000000").input("{}").run().ended(0);
    let request = format!("POST / HTTP/1.1\r\n{}\r\n{{}}", signed.replace('\n', "\r\n"));
    let shown = verify("check -").input(request.clone()).run().ended(0);
    assert!(shown.contains("\n  signed at    1700000000\n"), "{shown}");
    assert!(shown.contains("\nits age was not judged, for when it was received is not known; "));
    assert!(shown.contains("The event cannot be read, but the delivery is verified all the same"));
    verify("check - --now now").input(request).run().ended(1);
}

#[test]
fn a_curl_command_is_a_capture() {
    let line = "sign databricks COMMENT_CREATED --curl http://localhost/";
    let command = verify(line).run().ended(0);
    let shown = verify("check -").input(command.clone()).run().ended(0);
    assert!(shown.contains("event COMMENT_CREATED\n"), "{shown}");
    let forged = verify(&format!("{line} --secret-env OTHER")).env("OTHER", "other").run().ended(0);
    assert!(
        verify("check -")
            .input(forged)
            .run()
            .ended(1)
            .contains("refused databricks: signature does not match")
    );
}

#[test]
fn an_entry_of_a_har_file_is_taken_by_its_number() {
    let capture: Value = serde_json::from_str(&capture()).unwrap();
    let entry = |path: &str| {
        let headers = capture["headers"].as_array().unwrap().iter();
        let headers: Vec<_> = headers.map(|h| json!({"name": h[0], "value": h[1]})).collect();
        let body = json!({"text": capture["body_base64"], "encoding": "base64"});
        json!({"request": {"method": "POST", "url": path, "headers": headers, "postData": body}})
    };
    let mut entries = vec![entry("http://h/1"), entry("http://h/2")];
    entries[0]["request"]["headers"][0]["value"] = "forged".into();
    entries[0]["request"]["postData"]["text"] = "e30=".into();
    let har = json!({"log": {"entries": entries}}).to_string();
    let check = |options: &str| verify(&format!("check - {options}")).input(har.clone()).run();
    let shown = check("").ended(1);
    assert!(shown.contains("this is number 1 of 2, of which 2 have"), "{shown}");
    check("--entry 1").ended(1);
    check("--entry 2").ended(0);
    assert!(check("--entry 3").failed().contains("there is no request 3: there are 2"));
}

#[test]
fn notes_say_what_was_taken_off_and_how_to_choose() {
    let signed = verify("sign databricks --body -").input("{}").run().ended(0);
    let request = format!("POST / HTTP/1.1\n{signed}\n{{}}");
    let other = "GET /health HTTP/1.1\nHost: h\n\n";
    let log =
        |text: &str| text.lines().map(|line| format!("app-1  | {line}\n")).collect::<String>();
    let text = log(&format!("{other}{request}"));
    let check = |options: &str| verify(&format!("check - {options}")).input(text.clone()).run();
    let shown = check("").ended(0);
    for note in [
        "\nwhat stands in front of the lines was taken off: `app-1  | `\n",
        "\nthere are more requests: this is number 2 of 2, of which 1 have a signature header; take another \
         one with `--entry NUMBER`\n",
    ] {
        assert!(shown.contains(note), "{shown}");
    }
    assert_eq!(check("--entry 2").ended(0), shown);
    assert!(check("--entry 3").failed().contains("there is no request 3: there are 2"));
    let json: Value = serde_json::from_str(&check("--json").ended(0)).unwrap();
    assert_eq!(json["notes"].as_array().map(Vec::len), Some(2));
    let forged = text.replace("{}", "[]");
    let forged = verify("explain - --json").input(forged).run().ended(1);
    assert_eq!(serde_json::from_str::<Value>(&forged).unwrap()["notes"][0], json["notes"][0]);
}

/// The README's capture is one, and has every field that its table has.
#[test]
fn the_capture_in_the_readme_verifies() {
    let readme = include_str!("../../README.md");
    let (table, rest) = readme.split_once("\n```json\n").unwrap();
    let (json, _) = rest.split_once("\n```").unwrap();
    let shown = verify("check -").without_variables().input(json).run().ended(0);
    assert!(shown.contains("\nevent RUN_STATE\n"), "{shown}");
    let fields: serde_json::Map<String, Value> = serde_json::from_str(json).unwrap();
    let (_, table) = table.rsplit_once("| field | holds |").unwrap();
    assert_eq!(fields.len(), 8);
    for field in fields.keys() {
        assert!(table.contains(&format!("`{field}`")), "{field}");
    }
}

#[test]
fn a_rotation_accepts_both() {
    let check = || verify("check - --secret-env NEW").env("NEW", "new").input(capture());
    check().run().ended(1);
    let shown = check().arg("--previous-secret-env").arg("MLFLOW_WEBHOOK_SECRET").run().ended(0);
    assert!(shown.contains("\n  secret       previous-1\n"), "{shown}");
    let old = file("previous", SECRET);
    check().arg("--previous-secret-file").arg(&old).run().ended(0);
}

#[test]
fn a_token_is_checked() {
    let check = verify("check - --token-env TOKEN").input(capture());
    assert!(check.run().ended(1).contains("header is missing: `authorization`"));
}

#[test]
fn a_throw_away_secret_in_a_capture_is_used() {
    let capture = verify("sign wandb LINK_MODEL --secret-env S --json").env("S", "thrown-away");
    let capture = capture.run().ended(0).replace("\"secret\": null", "\"secret\": \"thrown-away\"");
    let check = || verify("check -").input(capture.clone());
    let shown = check().without_variables().run().ended(0);
    assert!(shown.contains("\n  secret       capture\n"), "{shown}");
    assert!(shown.contains("\nverified with the secret that stands in the capture, "), "{shown}");
    let json = check().without_variables().arg("--json").run().ended(0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["secret"], "capture");
    assert!(json["notes"][0].as_str().unwrap().starts_with("verified with the secret that stands"));
    // It would verify whatever its author signed, so each other secret goes first.
    check().run().ended(1);
    check().arg("--secret-env").arg("WANDB_WEBHOOK_SECRET").run().ended(1);
}

#[test]
fn errors_say_what_to_do_next() {
    for (input, expected) in [
        ("", "not recognised: give the text of an HTTP/1.1 request"),
        ("{}", "`-`: not recognised: "),
        ("{", "`-`: JSON: line 1, column 2: the text ends in the middle"),
        ("{\"sender\": 1, \"path\": 1}", "`-`: JSON: field `sender` should hold a text"),
        (
            r#"[{"headers": {"a": "b"}, "body": ""}, {"headers": {"a": "b"}, "body": ""}]"#,
            "take one by its number, as with `--entry 1`",
        ),
        (
            r#"{"headers": {"x-wandb-signature": "a"}, "body": {"a": 1}}"#,
            "`body` holds only what a program parsed",
        ),
        ("POST / HTTP/1.1\r\n\r\n", "hint: say who should have sent it: `--sender mlflow`"),
    ] {
        let said = verify("check -").input(input).run().failed();
        assert!(said.starts_with("error: ") && said.contains(expected), "{said}");
    }
    let unsigned = "POST / HTTP/1.1\r\n\r\n";
    let shown = verify("check - --sender wandb").input(unsigned).run().ended(1);
    assert!(shown.contains("header is missing: `x-wandb-signature`"), "{shown}");
    let said = verify("check - --tolerance 9").input(unsigned).arg("--sender").arg("wandb").run();
    assert!(said.failed().contains("`tolerance` checks nothing: no timestamp is signed"));
    assert!(verify("check /does/not/exist").run().failed().contains("No such file"));
}

/// HTTPie and mitmdump indent JSON when they print it.
#[test]
fn a_body_that_a_tool_wrote_anew_is_put_back() {
    for (printed, tool) in [
        (
            include_str!("../../../verify-toolkit/tests/cases/captures/24-httpie-v/out.txt"),
            "HTTPie does not print the body as it was sent: ",
        ),
        (
            include_str!("../../../verify-toolkit/tests/cases/captures/26-mitmdump/detail3.txt"),
            "`mitmdump` does not print the body as it was sent: ",
        ),
    ] {
        let run = |command: &str, secret| {
            verify(&format!("{command} - --secret-env S")).env("S", secret).input(printed).run()
        };
        let secret = "hunt-secret-with-37-letters-0123456789";
        let shown = run("check", secret).ended(0);
        assert!(shown.starts_with("verified mlflow\n") && shown.contains(tool), "{shown}");
        assert!(shown.contains("the body was put back as the signature shows"), "{shown}");
        assert!(!shown.contains("Content-Length"), "{shown}");
        assert!(run("explain", secret).ended(0).starts_with("verified: mlflow\n"));
        // First of all, before anything blames the receiver.
        let shown = run("explain", "another").ended(1);
        assert!(shown.starts_with(tool), "{shown}");
        assert!(shown.contains("\nrefused: "), "{shown}");
        let shown = run("check", "another").ended(1);
        assert!(!shown.contains("put back"), "{shown}");
    }
}
