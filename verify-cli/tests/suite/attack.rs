use std::fs;

use serde_json::Value;

use super::support::{SECRET, file, receiver, verify};

#[test]
fn a_sound_receiver_has_nothing_found() {
    let receiver = receiver();
    let line = format!("attack mlflow --to http://{receiver}/mlflow --only time/ --only secret/");
    let shown = verify(&line).run().ended(0);
    let groups: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("ok      ")).collect();
    let names: Vec<_> = groups.iter().filter_map(|group| group.split_whitespace().next()).collect();
    assert_eq!(names, ["genuine", "secret", "time"], "{shown}");
    assert!(
        shown.contains("\nmlflow: ") && shown.contains(" 0 skipped, 0 failed\n\nnext: "),
        "{shown}"
    );

    let line = format!("attack wandb --to http://{receiver}/token --only credential/");
    verify(&format!("{line} --token-env TOKEN")).run().ended(0);
}

#[test]
fn what_holds_connections_is_tried_if_it_is_wanted() {
    let line = format!("attack mlflow --to http://{}/mlflow --only time/stale", receiver());
    assert!(!verify(&line).run().ended(0).contains("connection"));
    let lines = verify(&format!("{line} --slow=1 --json")).run().stdout;
    let names = ["crowd", "drip", "head-drip", "long-head", "host-missing", "upgrade"];
    for name in names {
        assert!(lines.contains(&format!("\"case\":\"connection/{name}\"")), "{lines}");
    }
}

#[test]
fn nothing_is_tried_where_a_genuine_delivery_is_refused() {
    let receiver = receiver();
    for line in [
        format!("attack wandb --to http://{receiver}/token"),
        format!("attack mlflow --to http://{receiver}/mlflow --secret-env TOKEN --only time/"),
        format!("attack mlflow --to http://{receiver}/nowhere --json"),
    ] {
        let said = verify(&line).run().failed();
        let error = "error: the receiver does not accept a genuine delivery: 40";
        assert!(
            said.starts_with(error)
                && said.contains("hint: nothing else was tried: `verify diagnose`"),
            "{said}"
        );
    }
}

#[test]
fn an_open_receiver_is_found_out() {
    let junit = file("junit.xml", "");
    let line = format!("attack databricks --to http://{}/open --only signature/", receiver());
    let shown = verify(&format!("{line} --junit")).arg(&junit).run().ended(1);
    assert!(shown.contains("\nfailed  signature "), "{shown}");
    assert!(shown.contains("        signature/missing: "), "{shown}");
    assert!(shown.contains("          200 \"taken\", instead of 401\n"), "{shown}");
    assert!(
        shown.contains(
            "\nWhat was found, the worst first:\n  critical: anybody can have a delivery"
        ),
        "{shown}"
    );
    assert!(shown.contains("such as signature/missing). To do: compare the bytes"), "{shown}");
    assert!(shown.contains("\nAs code, with `--framework NAME`, of these: actix-web, "), "{shown}");
    let shown = verify(&format!("{line} --framework express")).run().ended(1);
    assert!(
        shown.contains("\nIn Express, compare the bytes") && shown.contains("\n    const expected"),
        "{shown}"
    );
    let junit = fs::read_to_string(junit).unwrap();
    assert!(!junit.contains(SECRET));
    assert!(junit.contains("<testcase name=\"signature/missing\" classname=\"verify.attack\">"));
    assert!(junit.contains("<failure message=\"200 &quot;taken&quot;, instead of 401"), "{junit}");

    let lines = verify(&format!("{line} --json")).run().ended(1);
    let cases: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases[0]["case"], "genuine");
    assert_eq!(cases[0]["findings"], serde_json::json!([]));
    let missing = cases.iter().find(|case| case["case"] == "signature/missing").unwrap();
    assert_eq!((&missing["outcome"], &missing["expected"]), (&200.into(), &"401".into()));
    assert_eq!(missing["severity"], "critical");
}

#[test]
fn a_pipeline_may_end_well_with_what_is_less_bad() {
    // It accepts what is not signed as it should be: times a minute too old, which is high.
    let line =
        format!("attack mlflow --to http://{}/mlflow --only time/ --tolerance 60", receiver());
    for (least, code) in [("low", 1), ("high", 1), ("critical", 0)] {
        let shown = verify(&format!("{line} --fail-on {least}")).run().ended(code);
        assert!(shown.contains("\n  high: who recorded a delivery can send it again"), "{shown}");
    }
}

#[test]
fn settings_reach_the_matrix() {
    let receiver = receiver();
    let body = file("attack-body", "{\"a\": 1}");
    let line = format!("attack mlflow --to http://{receiver}/mlflow");
    // The receiver takes 300 s and 4 MiB, so other values are found to be wrong.
    let all = format!("{line} --only time/ --tolerance 60 --body");
    assert!(verify(&all).arg(&body).run().ended(1).contains("time/"));
    let shown = verify(&format!("{line} --only size/ --body-limit 1000")).run().ended(1);
    assert!(shown.contains("size/"), "{shown}");
}

#[test]
fn errors_say_what_to_do_next() {
    for (line, expected) in [
        ("attack mlflow", "--to <URL>"),
        ("attack mlflow --to http://127.0.0.1:1/ --only tim/", "no case begins with `tim/`"),
        (
            "attack mlflow --to http://127.0.0.1:1/ --only tim/",
            "names begin with one of these:\n  body",
        ),
        ("attack wandb --to http://127.0.0.1:1/ --only credential/missing", "no case begins with"),
        (
            "attack wandb --to http://127.0.0.1:1/ --token-env TOKEN --only credential/missing",
            "hint: nothing listens at this host and port",
        ),
        (
            "attack mlflow --to http://127.0.0.1:1/ --secret-env PLAIN --only secret/trimmed",
            "this secret is too simple for any case that begins with `secret/trimmed`",
        ),
        ("attack mlflow --to http://127.0.0.1:1/", "hint: nothing listens at this host and port"),
        ("attack mlflow --to http://localhost/ --body /dev/zero", "is larger than 64 MiB"),
        ("attack mlflow --to http://me:pw@host/", "not a URL such as"),
    ] {
        let said = verify(line).env("PLAIN", "plain").run().failed();
        assert!(said.starts_with("error: ") && said.contains(expected), "{said}");
    }
}

#[test]
fn cases_that_need_another_secret_are_counted() {
    let to = format!("attack mlflow --to http://{}/open --only secret/", receiver());
    let shown = verify(&to).run().ended(1);
    assert!(!shown.contains(" more need a secret"), "{shown}");
    let plain = verify(&to).arg("--secret-env").arg("S").env("S", "plain").run().ended(1);
    let note = " more need a secret of which every part counts: `verify attack --help` has one\n";
    let (start, _) = plain.split_once(note).unwrap();
    let count = |shown: &str| -> usize {
        let (_, line) = shown.split_once("\nmlflow: ").unwrap();
        line.split(' ').next().unwrap().parse().unwrap()
    };
    let more: usize = start.lines().last().unwrap().parse().unwrap();
    assert_eq!(count(&plain) + more, count(&shown));
}
