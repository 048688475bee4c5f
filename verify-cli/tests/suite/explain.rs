use serde_json::Value;

use super::support::{SECRET, file, verify};

fn capture() -> String {
    verify("sign mlflow prompt.created --at 1700000000 --json").run().ended(0)
}

#[test]
fn a_wrong_setting_is_named() {
    let pasted = format!("{SECRET}\n");
    let shown = verify("explain - --secret-env PASTED")
        .env("PASTED", &pasted)
        .input(capture())
        .run()
        .ended(1);
    assert!(shown.starts_with("refused: signature does not match"), "{shown}");
    assert!(shown.contains("proved: "), "{shown}");

    let explain = verify("explain - --secret-env NEW --previous-secret-env MLFLOW_WEBHOOK_SECRET");
    let shown = explain.env("NEW", "new").input(capture()).run().ended(1);
    assert!(shown.contains("proved: ") && shown.contains("previous"), "{shown}");

    let shown = verify("explain - --now now").input(capture()).run().ended(1);
    assert!(shown.starts_with("refused: timestamp is older than the tolerance"), "{shown}");
}

#[test]
fn another_secret_has_no_other_cause() {
    let json = verify("explain - --json --secret-env NEW").env("NEW", "new").input(capture()).run();
    let json: Value = serde_json::from_str(&json.ended(1)).unwrap();
    assert_eq!(json["conclusion"], "other-secret");
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn what_verifies_needs_no_explanation() {
    let capture = file("explained.json", capture());
    let shown = verify("explain").arg(&capture).run().ended(0);
    assert!(shown.starts_with("verified: mlflow\n\nnext: if your receiver refuses"), "{shown}");
}

#[test]
fn lines_end_between_words() {
    let pasted = format!("{SECRET}\n");
    let explain = verify("explain - --secret-env PASTED").env("PASTED", &pasted).input(capture());
    let shown = explain.env("COLUMNS", "60").run().ended(1);
    assert!(shown.lines().all(|line| line.chars().count() <= 60 || line.contains('`')), "{shown}");
    assert!(shown.lines().count() > 6, "{shown}");
}

#[test]
fn an_age_that_nobody_knows_is_not_judged() {
    let signed = verify("sign mlflow --body - --at 1700000000").input("{}").run().ended(0);
    let request = format!("POST / HTTP/1.1\r\n{}\r\n{{}}", signed.replace('\n', "\r\n"));
    let explain = |options: &str| verify(&format!("explain - {options}")).input(request.clone());
    let shown = explain("").run().ended(0);
    assert!(shown.starts_with("verified: mlflow\nits age was not judged, "), "{shown}");
    assert!(shown.contains("`--now SECONDS`"), "{shown}");
    let shown = explain("--now 1700000000").run().ended(0);
    assert!(shown.starts_with("verified: mlflow\n\nnext: "), "{shown}");
    explain("--now now").run().ended(1);
}

#[test]
fn a_secret_in_the_capture_comes_last() {
    let capture = verify("sign wandb LINK_MODEL --secret-env S --json").env("S", "thrown-away");
    let capture = capture.run().ended(0).replace("\"secret\": null", "\"secret\": \"thrown-away\"");
    let explain = || verify("explain -").input(capture.clone());
    explain().run().ended(1);
    let shown = explain().without_variables().run().ended(0);
    let note = "verified with the secret that stands in the capture, ";
    assert!(shown.starts_with(&format!("verified: wandb\n{note}")), "{shown}");
    let json = explain().without_variables().arg("--json").run().ended(0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["notes"][0].as_str().unwrap().starts_with(note));
}

#[test]
fn settings_are_those_of_check() {
    let said = verify("explain -").input("text").run().failed();
    assert!(said.contains("not recognised: give the text of an HTTP/1.1 request"), "{said}");
    let shown = verify("explain - --token-env TOKEN").input(capture()).run().ended(1);
    assert!(shown.starts_with("refused: header is missing: `authorization`"), "{shown}");
    let late = "explain - --now 1700000310 --tolerance";
    verify(&format!("{late} 310")).input(capture()).run().ended(0);
    verify(&format!("{late} 309")).input(capture()).run().ended(1);
}
