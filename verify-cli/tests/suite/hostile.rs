//! Text that others wrote, on its way to a terminal. Each command is run without a terminal here, so
//! what would move a cursor has to be an escape already.

use super::support::{file, receiver, verify};

/// What a receiver may answer.
pub(crate) const UGLY: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\nnext\u{9b}31m\u{202e}";

const PLAIN: &str = r"\u{1b}]0;owned\u{7}\u{1b}[2J\r";

#[track_caller]
fn assert_harmless(shown: &str) {
    let is_odd = |char: char| (char.is_control() && char != '\n') || char == '\u{202e}';
    assert!(!shown.contains(is_odd), "{shown:?}");
}

#[test]
fn the_answer_of_a_receiver() {
    let to = format!("send wandb LINK_MODEL --to http://{}/ugly", receiver());
    let shown = verify(&to).run().ended(1);
    assert!(shown.contains(&format!("\n  {PLAIN}\n  next\\u{{9b}}31m\\u{{202e}}\n")), "{shown}");
    assert_harmless(&shown);
    let json = verify(&format!("{to} --json")).run().ended(1);
    assert_harmless(&json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["answer"]["body"], UGLY);
}

#[test]
fn the_answers_to_an_attack() {
    let junit = file("ugly.xml", "");
    let to = format!("attack wandb --only secret/ --to http://{}/ugly", receiver());
    assert_harmless(&verify(&to).run().failed());
    let to = format!("{to}/open");
    assert_harmless(&verify(&format!("{to} --junit")).arg(&junit).run().ended(1));
    assert_harmless(&verify(&format!("{to} --json")).run().ended(1));
    assert_harmless(&std::fs::read_to_string(junit).unwrap());
}

/// A capture of an event that holds it.
fn ugly_event() -> String {
    let signed = verify("sign databricks COMMENT_CREATED --json --set");
    signed.arg(&format!("comment={UGLY}")).run().ended(0)
}

#[test]
fn the_fields_of_an_event() {
    let shown = verify("check -").input(ugly_event()).run().ended(0);
    assert!(shown.contains(r"\u001b]0;owned\u0007\u001b[2J\r\nnext\u{9b}31m\u{202e}"), "{shown}");
    assert_harmless(&shown);
    assert_harmless(&verify("check - --json").input(ugly_event()).run().ended(0));
}

#[test]
fn the_name_of_an_event() {
    let body = serde_json::json!({ "event_type": UGLY }).to_string();
    let capture = verify("sign wandb --body - --json").input(body).run().ended(0);
    let shown = verify("check -").input(capture).run().ended(0);
    assert!(shown.contains(&format!("\nevent {PLAIN}")), "{shown}");
    assert_harmless(&shown);
}

#[test]
fn the_headers_of_a_request() {
    let request = format!("POST / HTTP/1.1\r\nx-wandb-signature: {}\r\n\r\n", "\u{9b}31m");
    assert_harmless(&verify("check -").input(request).run().ended(1));
}

#[test]
fn a_complaint_about_the_input() {
    let line = format!("{{\"entity\": \"{UGLY}");
    let ran = verify("check -").input(line).run();
    assert_harmless(&ran.failed());
    for arguments in [["--set", UGLY], ["--delivery-id", UGLY], ["--curl", UGLY]] {
        let [name, value] = arguments;
        let ran = verify("sign mlflow prompt.created").arg(name).arg(value).run();
        assert_eq!(ran.code, 2, "{name}");
        assert_harmless(&ran.stderr);
    }
    let ran = verify("sign mlflow").arg(UGLY).run();
    assert_harmless(&ran.failed());
}

#[test]
fn colours_are_ours_alone() {
    let plain = verify("check -").input(ugly_event()).run().ended(0);
    let coloured = verify("check -").env("CLICOLOR_FORCE", "1").input(ugly_event()).run().ended(0);
    assert!(coloured.starts_with("\u{1b}[1m\u{1b}[32mverified\u{1b}[0m "), "{coloured:?}");
    // Whatever stands between the ends of two colours is ours.
    let mut stripped = coloured;
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[32m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
}
