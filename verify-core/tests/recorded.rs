//! Deliveries recorded from a real MLflow server, byte for byte: see `fixtures/README.md`.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be read is a failed test")]

use std::{collections::BTreeMap, fs, path::Path};

use base64ct::{Base64, Encoding as _};
use serde::Deserialize;
use verify_core::{Encoding, Receipt, Rejection, Secret, Sender, UnixTime, Verifier};

/// Every file that must be there, so that a lost one is noticed.
const NAMES: [&str; 18] = [
    "budget_policy.exceeded",
    "model_version.created",
    "model_version_alias.created",
    "model_version_alias.deleted",
    "model_version_tag.deleted",
    "model_version_tag.set",
    "prompt.created",
    "prompt_alias.created",
    "prompt_alias.deleted",
    "prompt_tag.deleted",
    "prompt_tag.set",
    "prompt_version.created",
    "prompt_version_tag.deleted",
    "prompt_version_tag.set",
    "registered_model.created",
    "registered_model.created.unicode-secret",
    "registered_model.created.unsigned",
    "registered_model.created.whsec-secret",
];

const ID: &str = "X-MLflow-Delivery-Id";
const SIGNATURE: &str = "X-MLflow-Signature";
const TIMESTAMP: &str = "X-MLflow-Timestamp";

#[derive(Deserialize)]
struct Fixture {
    sender: String,
    secret: Option<String>,
    received_at: u64,
    headers: Vec<(String, String)>,
    body_base64: String,
}

impl Fixture {
    fn header(&self, name: &str) -> &str {
        &self.headers.iter().find(|(key, _)| key == name).unwrap().1
    }

    fn with_header(&self, name: &str, value: &str) -> Vec<(&str, String)> {
        let value =
            |(key, old): &(String, String)| if key == name { value } else { old }.to_owned();
        self.headers.iter().map(|pair| (pair.0.as_str(), value(pair))).collect()
    }

    fn body(&self) -> Vec<u8> {
        decode(&self.body_base64)
    }

    fn sent_at(&self) -> u64 {
        self.header(TIMESTAMP).parse().unwrap()
    }

    /// Judges the delivery as recorded, with another secret and at another time.
    fn judge_with(&self, secret: &str, now: u64) -> Result<Receipt, Rejection> {
        judge(&verifier(secret), now, &self.headers, &self.body())
    }
}

fn decode(text: &str) -> Vec<u8> {
    let mut buffer = vec![0; text.len()];
    Base64::decode(text, &mut buffer).unwrap().to_vec()
}

fn verifier(secret: &str) -> Verifier {
    Verifier::builder(Sender::MLFLOW).secret(Secret::new(secret).unwrap()).build().unwrap()
}

fn judge<N: AsRef<str>, V: AsRef<[u8]>>(
    verifier: &Verifier,
    now: u64,
    headers: &[(N, V)],
    body: &[u8],
) -> Result<Receipt, Rejection> {
    let verified = verifier.verify(UnixTime::from_secs(now), headers, body)?;
    assert_eq!(*verified.body(), body);
    Ok(*verified.receipt())
}

fn fixtures() -> BTreeMap<String, Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mlflow");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let fixture = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fixture)
        })
        .collect()
}

/// Every signed fixture, its name and its secret.
fn signed() -> Vec<(String, String, Fixture)> {
    let signed: Vec<_> = fixtures()
        .into_iter()
        .filter_map(|(name, fixture)| Some((name, fixture.secret.clone()?, fixture)))
        .collect();
    assert_eq!(signed.len(), 17);
    signed
}

#[test]
fn every_fixture_is_there() {
    let fixtures = fixtures();
    assert_eq!(fixtures.keys().map(String::as_str).collect::<Vec<_>>(), NAMES);
    assert!(fixtures.values().all(|fixture| fixture.sender == "mlflow"));
}

#[test]
fn verifies_as_recorded() {
    for (name, secret, fixture) in signed() {
        let receipt = fixture.judge_with(&secret, fixture.received_at).unwrap();
        let skew = i64::try_from(fixture.received_at).unwrap() - fixture.sent_at().cast_signed();
        assert_eq!(receipt.sender(), "mlflow", "{name}");
        assert!(receipt.is_body_signed(), "{name}");
        assert_eq!(receipt.secret_label(), Some("1"), "{name}");
        assert_eq!(receipt.encoding(), Some(Encoding::Base64), "{name}");
        assert_eq!(receipt.delivery_id(), Some(fixture.header(ID)), "{name}");
        assert_eq!(receipt.signed_at(), Some(UnixTime::from_secs(fixture.sent_at())), "{name}");
        assert_eq!(receipt.received_at(), UnixTime::from_secs(fixture.received_at), "{name}");
        assert_eq!(receipt.skew(), Some(skew), "{name}");
    }
}

#[test]
fn refuses_the_unsigned_one() {
    let fixture = &fixtures()["registered_model.created.unsigned"];
    assert_eq!(fixture.secret, None);
    let rejection = fixture.judge_with("any", fixture.received_at).unwrap_err();
    assert_eq!(
        (rejection.code(), rejection.header()),
        ("header_missing", Some("x-mlflow-signature"))
    );
}

#[test]
fn refuses_every_changed_byte() {
    for (name, secret, fixture) in signed() {
        let verifier = verifier(&secret);
        let mut body = fixture.body();
        for place in 0..body.len() {
            body[place] ^= 1 << (place % 8);
            let verdict = judge(&verifier, fixture.received_at, &fixture.headers, &body);
            assert_eq!(verdict.unwrap_err().code(), "signature_mismatch", "{name}: byte {place}");
            body[place] ^= 1 << (place % 8);
        }
        assert!(judge(&verifier, fixture.received_at, &fixture.headers, &body).is_ok());
    }
}

#[test]
fn refuses_every_flipped_bit_of_the_signature() {
    for (name, secret, fixture) in signed() {
        let (verifier, body) = (verifier(&secret), fixture.body());
        let tag = decode(fixture.header(SIGNATURE).strip_prefix("v1,").unwrap());
        assert_eq!(tag.len(), 32);
        for bit in 0..256 {
            let mut tag = tag.clone();
            tag[bit / 8] ^= 1 << (bit % 8);
            let mut buffer = [0; 44];
            let signature = format!("v1,{}", Base64::encode(&tag, &mut buffer).unwrap());
            let headers = fixture.with_header(SIGNATURE, &signature);
            let verdict = judge(&verifier, fixture.received_at, &headers, &body);
            assert_eq!(verdict.unwrap_err().code(), "signature_mismatch", "{name}: bit {bit}");
        }
    }
}

#[test]
fn refuses_the_secret_of_another_fixture() {
    let signed = signed();
    let mut refused = 0;
    for (name, secret, fixture) in &signed {
        for (other_name, other, _) in signed.iter().filter(|(_, other, _)| other != secret) {
            let verdict = fixture.judge_with(other, fixture.received_at);
            let code = verdict.unwrap_err().code();
            assert_eq!(code, "signature_mismatch", "{name}: secret of {other_name}");
            refused += 1;
        }
    }
    // 15 of one secret and two of their own: every ordered pair of different ones.
    assert_eq!(refused, 15 * 2 + 16 * 2);
}

#[test]
fn accepts_300_seconds_and_refuses_301() {
    for (name, secret, fixture) in signed() {
        let sent_at = fixture.sent_at();
        for (now, expected) in [
            (sent_at - 301, Err("timestamp_too_new")),
            (sent_at - 300, Ok(Some(-300))),
            (sent_at + 300, Ok(Some(300))),
            (sent_at + 301, Err("timestamp_too_old")),
        ] {
            let verdict = fixture.judge_with(&secret, now);
            let skew = verdict.map(|receipt| receipt.skew()).map_err(|rejection| rejection.code());
            assert_eq!(skew, expected, "{name}");
        }
    }
}
