use serde_json::Value;
use verify_axum::Sender;

use super::{
    support::{file, on_a_runtime, receiver, verify},
    tls_server,
};

#[test]
fn every_sample_of_every_sender_is_accepted() {
    let receiver = receiver();
    for sender in Sender::ALL.iter().map(Sender::name) {
        let facts = verify(&format!("senders {sender} --json")).run().ended(0);
        let facts: Value = serde_json::from_str(&facts).unwrap();
        let events = facts["events"].as_array().unwrap();
        assert!(!events.is_empty());
        for event in events {
            let event = event.as_str().unwrap();
            let to = format!("send {sender} {event} --to http://{receiver}/{sender}");
            let shown = verify(&to).run().ended(0);
            assert!(shown.contains("204 No Content after "), "{shown}");
            assert!(shown.contains(event), "{shown}");
        }
    }
}

#[test]
fn every_forgery_is_refused() {
    let receiver = receiver();
    for what in ["body", "header", "id", "secret", "signature", "stale", "timestamp", "unsigned"] {
        let to = format!("send mlflow prompt.created --forge {what} --to http://{receiver}/mlflow");
        let shown = verify(&to).run().ended(1);
        assert!(shown.contains("\n401 Unauthorized after "), "{shown}");
        assert!(shown.contains("Refused, as it should be."), "{shown}");
    }
    let shown = verify(&format!("send wandb LINK_MODEL --forge body --to http://{receiver}/open"));
    let shown = shown.run().ended(0);
    assert!(shown.contains("\n  taken\n\nThe receiver accepted a forged delivery.\n"), "{shown}");
}

#[test]
fn a_refusal_says_what_to_look_at() {
    let shown = verify(&format!("send wandb LINK_MODEL --to http://{}/databricks", receiver()));
    assert!(shown.run().ended(1).contains("Does the receiver have the same secret?"));
}

#[test]
fn only_an_answer_of_who_judges_is_a_refusal() {
    let receiver = receiver();
    let to = |path: &str, options: &str| {
        verify(&format!("send wandb LINK_MODEL --to http://{receiver}/{path} {options}")).run()
    };
    for (status, code, said) in [
        (202, 0, ""),
        (302, 2, "Not delivered: the answer leads elsewhere"),
        (400, 1, ""),
        (403, 1, "Refused. Does the receiver have the same secret?"),
        (404, 2, "Not delivered: no receiver is at this path."),
        (405, 2, "Not delivered: no receiver is at this path."),
        (413, 1, ""),
        (429, 2, "Not delivered: the receiver failed, or wants it again later."),
        (500, 2, "Not delivered: the receiver failed"),
        (503, 2, "Not delivered: the receiver failed"),
    ] {
        let path = format!("status/{status}");
        let shown = to(&path, "").ended(code);
        assert!(shown.contains(said), "{status}: {shown}");
        to(&path, "--count 2").ended(code);
        // What nobody judged is no refusal of what was forged either.
        let shown = to(&path, "--forge body").ended(code);
        assert_eq!(shown.contains("Refused, as it should be."), code == 1, "{status}: {shown}");
        let shown = to(&path, "--forge body --count 2").ended(code);
        assert_eq!(shown.contains("\nRefused, as it should be.\n"), code == 1, "{status}: {shown}");
    }
    let shown = to("open", "--forge body --count 2").ended(0);
    assert!(shown.ends_with("\nThe receiver accepted 2 forged deliveries.\n"), "{shown}");
    let shown = to("status/404", "--count 2").ended(2);
    assert!(shown.ends_with("compare the path in `--to` with its route.\n"), "{shown}");
}

#[test]
fn a_sender_has_an_event_that_is_sent_if_none_is_named() {
    let receiver = receiver();
    for sender in Sender::ALL.iter().map(Sender::name) {
        let usual = verify_toolkit::samples::usual(sender).unwrap().event;
        // Without `http://`, because it is on this machine.
        let shown = verify(&format!("send {sender} --to {receiver}/{sender}")).run().ended(0);
        assert!(shown.starts_with(&format!("POST http://{receiver}/{sender}\n")), "{shown}");
        assert!(shown.contains(&format!("  {sender}, {usual}, ")), "{shown}");
        let next = format!("\nnext: `verify attack {sender} --to http://{receiver}/{sender}` ");
        assert!(shown.contains(&next), "{shown}");
    }
}

#[test]
fn an_event_that_is_nearly_one_is_suggested() {
    for (line, meant) in [
        ("mlflow MODEL_VERSION_CREATED", "did you mean `model_version.created`?"),
        ("databricks model_version_create", "did you mean `MODEL_VERSION_CREATED`?"),
        ("wandb link_artefact", "did you mean `LINK_ARTIFACT`?"),
        ("mlflow RUN_METRIC_ZSCORE", "it is an event of wandb."),
        ("mlflow something", "these are the events;"),
    ] {
        let said = verify(&format!("send {line} --to localhost:1")).run().failed();
        assert!(said.contains(&format!("hint: {meant}")), "{said}");
    }
    let said = verify("send mflow --to localhost:1").run().failed();
    assert!(said.contains("a similar value exists: 'mlflow'"), "{said}");
}

#[test]
fn a_field_that_was_not_there_is_noted() {
    let to = format!("send wandb LINK_MODEL --to http://{}/wandb --set", receiver());
    let set = |assignment: &str| verify(&to).arg(assignment).run();
    set("alias=x").ended(0);
    set("nope=1")
        .noted("note: the body had no `nope`: it was added, as a text; `nope:=JSON` adds any type");
    set("nope:=1").noted("note: the body had no `nope`: it was added");
}

#[test]
fn a_token_is_sent_and_not_shown() {
    let to = format!("send wandb LINK_MODEL --to http://{}/token", receiver());
    verify(&to).run().ended(1);
    verify(&format!("{to} --token-env TOKEN")).run().ended(0);
    let json = verify(&format!("{to} --token-env TOKEN --json")).run().ended(0);
    assert!(!json.contains("authorization"), "{json}");
}

#[test]
fn a_body_of_ones_own_goes_out_as_it_is() {
    let to = format!("send wandb --to http://{}/wandb", receiver());
    for body in ["", "not JSON", "{\"a\": 1e-06}\n"] {
        let shown = verify(&format!("{to} --body -")).input(body).run().ended(0);
        assert!(shown.contains(&format!("a body of your own, {} bytes", body.len())), "{shown}");
    }
    let path = file("own.json", r#"{"a": {"b": "c"}}"#);
    let shown = verify(&format!("{to} --set a.b=long --body")).arg(&path).run().ended(0);
    assert!(shown.contains("a body of your own, 20 bytes"), "{shown}");
}

#[test]
fn many_are_summed_up() {
    let to = format!("send mlflow prompt.created --to http://{}/mlflow --count 20", receiver());
    let shown = verify(&to).run().ended(0);
    assert!(
        shown.starts_with("20 deliveries in ") && shown.contains("\n  204     20\n"),
        "{shown}"
    );
    assert!(shown.contains(" ms (median), "), "{shown}");

    let shown = verify(&format!("{to} --rate 1000 --json")).run().ended(0);
    let lines: Vec<Value> = shown.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(lines.iter().all(|line| line["answer"]["status"] == 204));
    assert_eq!(lines[0]["event"], "prompt.created");
    let mut ids: Vec<_> = lines.iter().map(|line| line["headers"][1][1].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);

    let shown = verify(&format!("{to} --delivery-id {:064} --forge stale", 0)).run().ended(1);
    assert!(shown.contains("\n  401     20\n"), "{shown}");
}

#[test]
fn tls_needs_trust() {
    let (address, pem) = on_a_runtime(async || tls_server::start("localhost").await);
    let to = format!("send wandb --body - --to https://localhost:{}/", address.port());
    let said = verify(&to).input("{}").run().failed();
    let authority = "the receiver's certificate is not from an authority that is trusted";
    assert!(said.contains(authority), "{said}");
    assert!(said.contains("hint: if the certificate is from an authority of your own"), "{said}");
    let ca = file("ca.pem", pem);
    let shown = verify(&format!("{to} --ca")).arg(&ca).input("{}").run().ended(0);
    assert!(shown.contains("204 No Content"), "{shown}");

    let ca = file("no-ca.pem", "text");
    let said = verify(&format!("{to} --ca")).arg(&ca).input("{}").run().failed();
    assert!(said.contains("holds no certificate of an authority in PEM"), "{said}");
}

#[test]
fn errors_say_what_to_do_next() {
    let nobody = "--to http://127.0.0.1:1/";
    for (line, expected) in [
        ("send mlflow nope --to http://localhost/", "mlflow has no event `nope`"),
        ("send mlflow prompt.created", "--to <URL>"),
        ("send mlflow prompt.created --to example.com", "not a URL such as"),
        ("send mlflow prompt.created --to ftp://localhost", "not an `http` or `https` URL"),
        (
            "send nobody x --to http://localhost",
            "[possible values: databricks, mlflow, standard-webhooks, wandb]",
        ),
        ("send wandb LINK_MODEL --forge id --to http://localhost", "`--forge body`"),
        ("send wandb LINK_MODEL --set nope.x=1 --to http://localhost", "there is no `nope`"),
        ("send wandb LINK_MODEL --rate 0 --to http://localhost", "not a number of deliveries"),
        ("send wandb LINK_MODEL --timeout=-1 --to http://localhost", "not a span of time"),
        (
            "send mlflow prompt.created --delivery-id a.b --to http://localhost",
            "`--delivery-id`: header is not a usable delivery id",
        ),
        (
            &format!("send mlflow prompt.created --delivery-id {:065} --to http://localhost", 0),
            "hint: give `--delivery-id` 1 to 64 visible ASCII characters",
        ),
        ("send mlflow prompt.created --count 0 --to http://localhost", "must be at least 1"),
        (
            &format!("send mlflow prompt.created --to https://{}/mlflow", receiver()),
            "what answers does not speak TLS\n\nhint: write `http://`",
        ),
        ("send wandb --body /dev/zero --to http://localhost", "`/dev/zero` is larger than 64 MiB"),
        ("send wandb --body /does/not/exist --to http://localhost", "No such file"),
        (&format!("send wandb LINK_MODEL {nobody}"), "hint: nothing listens at this host and port"),
        (&format!("send wandb LINK_MODEL --count 3 {nobody} --json"), ""),
    ] {
        let ran = verify(line).run();
        assert_eq!(ran.code, 2, "{line}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with("error: ") && ran.stderr.contains(expected),
            "{}",
            ran.stderr
        );
    }
}
