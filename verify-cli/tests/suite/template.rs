use serde_json::{Value, json};
use verify_toolkit::{
    Capture,
    template::{OWN, VENDOR},
};

use super::support::{file, receiver, verify};

#[test]
fn our_own_template_has_nothing_to_be_said_of_it() {
    let printed = verify("template print").run().ended(0);
    assert_eq!(printed, OWN);
    let checked = verify("template check -").input(printed).run().ended(0);
    assert_eq!(checked.lines().count(), 9 + 2);
    assert!(
        checked
            .contains("event_type                is read by the typed payload and the bridges\n")
    );
}

#[test]
fn what_is_wrong_ends_with_1_and_what_is_not_read_with_0() {
    for (_, template) in VENDOR {
        verify("template check -").input(template).run().ended(0);
    }
    let typo = r#"{"alias": "${alais}", "event_type": "${event_type}", "tag": "${ACCESS_TOKEN}"}"#;
    let checked = verify("template check -").input(typo).run().ended(1);
    assert!(checked.starts_with("wrong, `alias`: there is no variable `${alais}`"), "{checked}");
    let json = verify("template check - --json").input(typo).run().ended(1);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["findings"][0]["kind"], "unknown-variable");
    assert_eq!(json["findings"][0]["wrong"], true);
    let by = "the typed payload and the bridges";
    assert_eq!(json["read"], json!([{"variable": "event_type", "by": by}]));
    let ugly = "{\"\u{1b}[2J\": \"${alais}\u{7f}\"}";
    let checked = verify("template check -").input(ugly).run().ended(1);
    assert!(!checked.contains(['\u{1b}', '\u{7f}']), "{checked:?}");
}

#[test]
fn a_template_is_filled_in_and_sent() {
    let own = file("own-template.json", OWN);
    let render = "template render --event add_artifact_alias --set alias=champion";
    let rendered = verify(render).arg(&own).run().ended(0);
    let rendered: Value = serde_json::from_str(&rendered).unwrap();
    assert_eq!(
        (&rendered["event_type"], &rendered["alias"]),
        (&json!("ADD_ARTIFACT_ALIAS"), &json!("champion"))
    );
    let url = format!("http://{}/wandb", receiver());
    let send = |line: &str| verify(line).arg(&own).arg("--to").arg(&url).run();
    let sent = send("send wandb --json --template").ended(0);
    assert_eq!(serde_json::from_str::<Value>(&sent).unwrap()["answer"]["status"], 204);
    send("send wandb ADD_ARTIFACT_TAG --json --template").ended(0);
    // The body is the template's, with the field set.
    let capture = verify("sign wandb UNLINK_ARTIFACT --json --set tag=x --template").arg(&own);
    let capture = Capture::read(capture.run().ended(0).as_bytes()).unwrap();
    let body: Value = serde_json::from_slice(&capture.request.body).unwrap();
    assert_eq!((&body["event_type"], &body["tag"]), (&json!("UNLINK_ARTIFACT"), &json!("x")));
}

#[test]
fn what_cannot_be_filled_in_is_said() {
    let own = file("template-for-another.json", OWN);
    let other = verify("sign mlflow --template").arg(&own).run().failed();
    assert_eq!(other, "error: mlflow sends no templates; `--template` is for wandb\n");
    let unknown = verify("template render --event DEPLOYED").arg(&own).run().failed();
    assert!(unknown.starts_with("error: wandb has no event `DEPLOYED`\n"), "{unknown}");
    let bytes = file("bytes-template.json", b"{\"a\": \"\xff\"}");
    let bytes_failed = verify("template render --event LINK_ARTIFACT").arg(&bytes).run().failed();
    assert_eq!(bytes_failed, format!("error: `{bytes}` is not UTF-8\n"));
    let large = file("large-template.json", vec![b' '; 1024 * 1024 + 1]);
    let large_failed = verify("template check").arg(&large).run().failed();
    let expected = format!("error: `{large}` is larger than 1 MiB, the most for a template\n");
    assert_eq!(large_failed, expected);
}
