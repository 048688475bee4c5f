//! The vectors for other languages, `vectors/*.json` of the repository, held against this crate.
//!
//! In a package that was taken from a registry they are not there, and nothing is tested.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a vector that cannot be read is a failed test"
)]

use core::time::Duration;
use std::{fs, path::Path};

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use verify_core::{Encoding, Receipt, Rejection, Secret, Sender, UnixTime, Verifier};

#[derive(Deserialize)]
struct File {
    sender: String,
    #[serde(rename = "numberOfTests")]
    number_of_tests: usize,
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    config: Config,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Config {
    secrets: Vec<LabelledSecret>,
    bearer: Vec<String>,
    authorization: Vec<String>,
    without_signature: bool,
    encodings: Vec<String>,
    tolerance: Option<u64>,
    body_limit: usize,
}

#[derive(Deserialize)]
struct LabelledSecret {
    label: String,
    secret_base64: String,
}

#[derive(Deserialize)]
struct Test {
    #[serde(rename = "tcId")]
    id: usize,
    comment: String,
    now: u64,
    headers: Vec<Header>,
    body_base64: String,
    result: String,
    reason: Option<String>,
    reason_header: Option<String>,
    replay_key: Option<String>,
    secret_label: Option<String>,
    encoding: Option<String>,
    delivery_id: Option<String>,
    signed_at: Option<u64>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: Option<String>,
    value_base64: Option<String>,
}

/// Of each sender, how many tests there are at least: so that lost ones are noticed.
const LEAST: [(&str, usize); 4] =
    [("databricks", 250), ("mlflow", 350), ("standard-webhooks", 350), ("wandb", 250)];

#[test]
fn the_verdict_is_that_of_the_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    if !folder.is_dir() {
        println!("no vectors here: nothing is tested");
        return;
    }
    for (name, least) in LEAST {
        let text = fs::read(folder.join(format!("{name}.json"))).unwrap();
        let file: File = serde_json::from_slice(&text).unwrap();
        assert_eq!(file.sender, name);
        let mut tests = 0;
        for Group { config, tests: in_group } in &file.groups {
            let verifier = verifier(name, config);
            for test in in_group {
                tests += 1;
                assert_eq!(test.id, tests, "{name}");
                judge(&verifier, test);
            }
        }
        assert_eq!(tests, file.number_of_tests);
        assert!(tests >= least, "{name}: {tests}");
    }
}

fn verifier(name: &str, config: &Config) -> Verifier {
    // The configurations that the vectors have; anything else is a vector that this does not test.
    let pinned: &[Encoding] = match config.encodings.join(",").as_str() {
        "base64" => &[Encoding::Base64],
        "base64_unpadded" => &[Encoding::Base64Unpadded],
        "hex" => &[Encoding::Hex],
        "base64,base64_unpadded,hex" => {
            &[Encoding::Base64, Encoding::Base64Unpadded, Encoding::Hex]
        }
        other => panic!("encodings: {other}"),
    };
    let known = Sender::ALL.iter().find(|sender| sender.name() == name).unwrap();
    // As the crate has it, unless the group pins one of several.
    let sender = match pinned.len() == known.encodings().len() {
        true => *known,
        false => known.with_encodings(pinned),
    };
    let mut builder = Verifier::builder(sender).body_limit(config.body_limit);
    for LabelledSecret { label, secret_base64 } in &config.secrets {
        builder = builder.secret_named(label, Secret::new(decode(secret_base64)).unwrap());
    }
    builder = config.bearer.iter().fold(builder, |builder, token| builder.bearer(token));
    builder =
        config.authorization.iter().fold(builder, |builder, value| builder.authorization(value));
    if let Some(seconds) = config.tolerance {
        builder = builder.tolerance(Duration::from_secs(seconds));
    }
    if config.without_signature {
        builder = builder.without_signature();
    }
    builder.build().unwrap()
}

fn judge(verifier: &Verifier, test: &Test) {
    let what = format!("{} {}: {}", verifier.sender().name(), test.id, test.comment);
    let value = |header: &Header| match (&header.value, &header.value_base64) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(bytes)) => decode(bytes),
        _ => panic!("{what}"),
    };
    let headers: Vec<_> =
        test.headers.iter().map(|header| (header.name.as_str(), value(header))).collect();
    let body = decode(&test.body_base64);
    let now = UnixTime::from_secs(test.now);

    let whole = verifier.verify(now, headers.as_slice(), &body).map(|verified| *verified.receipt());
    let chunked = |size| -> Result<Receipt, Rejection> {
        let mut pending = verifier.begin(now, headers.as_slice())?;
        for chunk in body.chunks(size) {
            pending.feed(chunk)?;
        }
        pending.finish()
    };
    for verdict in [whole, chunked(1), chunked(7), chunked(64)] {
        match (verdict, test.result.as_str()) {
            // What is left open, this crate accepts.
            (Ok(receipt), "valid" | "acceptable") => compare(&receipt, test, &what),
            (Err(rejection), "invalid") => {
                assert_eq!(Some(rejection.code()), test.reason.as_deref(), "{what}");
                assert_eq!(rejection.header(), test.reason_header.as_deref(), "{what}");
            }
            (verdict, expected) => panic!("{what}: {verdict:?}, not {expected}"),
        }
    }
}

fn compare(receipt: &Receipt, test: &Test, what: &str) {
    let key: String = receipt.replay_key().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(Some(key), test.replay_key, "{what}");
    assert_eq!(receipt.secret_label(), test.secret_label.as_deref(), "{what}");
    assert_eq!(receipt.delivery_id(), test.delivery_id.as_deref(), "{what}");
    assert_eq!(receipt.signed_at().map(UnixTime::as_secs), test.signed_at, "{what}");
    let encoding = receipt.encoding().map(|encoding| match encoding {
        Encoding::Base64 => "base64",
        Encoding::Base64Unpadded => "base64_unpadded",
        _ => "hex",
    });
    assert_eq!(encoding, test.encoding.as_deref(), "{what}");
}

fn decode(text: &str) -> Vec<u8> {
    Base64::decode_vec(text).unwrap()
}
