use core::fmt::Write as _;

use serde_json::{Value, json};
use verify_axum::{Secret, Sender, UnixTime, Verifier};
use verify_core::Signer;
use verify_outbox::Delivery;
use verify_toolkit::samples;

/// What the vendor documents for other receivers, filled in.
const TEMPLATES: [(&str, &str); 3] = [
    (
        "GitHub",
        include_str!(
            "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/github.json"
        ),
    ),
    (
        "Slack",
        r#"{"text": "New alert from WANDB!", "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "Registry event: LINK_ARTIFACT"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "New version: acme/model-registry/fraud:v3"}},
            {"type": "divider"},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Author: ada"}}
        ]}"#,
    ),
    (
        "Teams",
        include_str!(
            "../../../../verify-toolkit/tests/cases/captures/28-wandb-vendor-templates/teams.json"
        ),
    ),
];

const WORKSPACE: Option<&str> = Some("https://example.com/");

fn message(sender: Sender, body: &[u8]) -> Value {
    let secret = || Secret::new("c2hhcmVk").unwrap();
    let now = UnixTime::from_secs(1_795_290_101);
    let verifier = Verifier::builder(sender).secret(secret()).build().unwrap();
    let signed = Signer::new(sender, secret()).unwrap().sign(now, "an-id", body).unwrap();
    let headers: Vec<_> = signed.iter().collect();
    let verified = verifier.verify(now, &headers, body).unwrap();
    super::message(&Delivery::from(&verified), WORKSPACE)
}

/// A message as a person reads it, as far as that goes in text.
fn read(message: &Value) -> String {
    let mut read = String::new();
    for block in message["blocks"].as_array().unwrap() {
        let texts = match block["type"].as_str().unwrap() {
            "header" => vec![&block["text"]],
            "section" if block["text"].is_object() => vec![&block["text"]],
            "section" => block["fields"].as_array().unwrap().iter().collect(),
            "context" => block["elements"].as_array().unwrap().iter().collect(),
            other => panic!("{other}"),
        };
        for text in texts {
            let text = text["text"].as_str().unwrap().replace('\n', ": ");
            writeln!(read, "  {text}").unwrap();
        }
    }
    read
}

/// `UPDATE=1` writes the page anew.
#[test]
fn every_event_of_every_sender_reads_as_the_page_shows() {
    let mut page =
        "# What the messages say\n\nOne for each sample of `verify-toolkit`, and for the templates that \
         Weights & Biases documents. Made by\n`UPDATE=1 cargo test -p slack-bridge every_event`, which \
         compares it otherwise.\n"
            .to_owned();
    for sample in samples::ALL {
        let message = message(sample.sender, sample.body.as_bytes());
        let (sender, event) = (sample.sender.name(), sample.event);
        write!(page, "\n## {sender}: {event}\n\n```text\n{}```\n", read(&message)).unwrap();
    }
    for (destination, body) in TEMPLATES {
        let message = message(Sender::WANDB, body.as_bytes());
        let title = format!("wandb: the vendor's template for {destination}");
        write!(page, "\n## {title}\n\n```text\n{}```\n", read(&message)).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/MESSAGES.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, page).unwrap();
    } else {
        assert_eq!(std::fs::read_to_string(path).unwrap(), page);
    }
}

#[test]
fn what_is_not_known_is_said_and_shown() {
    let mlflow = br#"{"entity": "dataset", "action": "created", "timestamp": "x", "data": {}}"#;
    let read = |sender, body: &[u8]| read(&message(sender, body)).lines().next().map(str::to_owned);
    assert_eq!(
        read(Sender::MLFLOW, mlflow).unwrap(),
        "  dataset.created, an event that this version does not know"
    );
    let databricks = br#"{"event": "MODEL_SOLD", "webhook_id": "w", "event_timestamp": 1, "model_name": "m", "text": ""}"#;
    assert_eq!(
        read(Sender::DATABRICKS, databricks).unwrap(),
        "  m: MODEL_SOLD, an event that this version does not know"
    );
    for (sender, body) in [
        (Sender::DATABRICKS, &b"\xff"[..]),
        (Sender::MLFLOW, b"[]"),
        (Sender::MLFLOW, br#"{"entity": "prompt", "action": "created", "timestamp": "x"}"#),
        (Sender::WANDB, b""),
    ] {
        assert_eq!(read(sender, body).unwrap(), "  An event that this version cannot read");
    }
    let template = br#"{"event_type": "${event_type}", "alias": "${alias}"}"#;
    let message = message(Sender::WANDB, template).to_string();
    assert!(message.contains(r"Not filled in\nevent_type, alias"), "{message}");
}

#[test]
fn a_token_in_a_body_is_not_shown() {
    let body = br#"{"event_type": "LINK_ARTIFACT", "token": "hunter2", "alias": "v1"}"#;
    let message = message(Sender::WANDB, body).to_string();
    assert!(message.contains("v1") && !message.contains("hunter2"), "{message}");
}

/// Whatever a field holds, Slack is told nothing by it, and refuses no message for its size.
#[test]
fn hostile_text_in_every_field_of_every_event_is_inert() {
    for hostile in [
        "<!channel> <@U1> <#C1> <https://evil.example|here> & @here".to_owned(),
        "a|b> <!here".to_owned(),
        "\u{202e}\u{0}\u{1b}[2J\u{200b}\u{85}\r\n\t".to_owned(),
        "<\u{1f44b}".repeat(5_000),
        "\n".repeat(10_000),
        String::new(),
    ] {
        let samples = samples::ALL.iter().map(|sample| (sample.sender, sample.body));
        for (sender, body) in samples.chain(TEMPLATES.map(|(_, body)| (Sender::WANDB, body))) {
            let mut body: Value = serde_json::from_str(body).unwrap();
            fill(&mut body, &hostile);
            let message = message(sender, body.to_string().as_bytes());
            assert_sound(&message);
        }
    }
}

/// Puts a text in the place of every other, except for those that tell which event it is.
fn fill(value: &mut Value, hostile: &str) {
    match value {
        Value::String(text) => hostile.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, hostile)),
        Value::Object(object) => {
            for (name, value) in object {
                if !["event", "entity", "action", "event_type"].contains(&name.as_str()) {
                    fill(value, hostile);
                }
            }
        }
        _ => {}
    }
}

fn assert_sound(message: &Value) {
    let length = |text: &Value| text.as_str().unwrap().encode_utf16().count();
    assert!((1..=150).contains(&length(&message["text"])), "{message}");
    assert_eq!((&message["parse"], &message["mrkdwn"]), (&json!("none"), &json!(false)));
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50);
    for block in blocks {
        let (texts, most): (Vec<_>, _) = match block["type"].as_str().unwrap() {
            "header" => (vec![&block["text"]], 150),
            "section" if block["text"].is_object() => (vec![&block["text"]], 3000),
            "section" => (block["fields"].as_array().unwrap().iter().collect(), 2000),
            "context" => (block["elements"].as_array().unwrap().iter().collect(), 3000),
            other => panic!("{other}"),
        };
        assert!((1..=10).contains(&texts.len()), "{block}");
        for text in texts {
            assert!((1..=most).contains(&length(&text["text"])), "{text}");
            let written = text["text"].as_str().unwrap();
            match text["type"].as_str().unwrap() {
                "plain_text" => assert_inert(written),
                "mrkdwn" => {
                    let link = written.strip_prefix("<https://example.com/").unwrap();
                    let link = link.strip_suffix("|Open>").unwrap();
                    assert!(
                        link.bytes()
                            .all(|byte| byte.is_ascii_graphic() && !b"<>|&".contains(&byte))
                    );
                    assert_eq!(text["verbatim"], true);
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_inert(message["text"].as_str().unwrap());
}

fn assert_inert(text: &str) {
    let entities = ["&amp;", "&lt;", "&gt;"];
    let rest = entities.iter().fold(text.to_owned(), |rest, entity| rest.replace(entity, ""));
    assert!(!rest.contains(['&', '<', '>', '\u{202e}', '\u{200b}']), "{text}");
    assert!(rest.chars().all(|char| char == '\n' || !char.is_control()), "{text}");
}
