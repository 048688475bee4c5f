//! The files, as `vectors/README.md` describes them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::common::{base64, hex};

#[derive(Serialize)]
pub(crate) struct File {
    schema: &'static str,
    #[serde(rename = "generatorVersion")]
    generator_version: &'static str,
    sender: &'static str,
    algorithm: &'static str,
    header: Vec<&'static str>,
    #[serde(rename = "numberOfTests")]
    number_of_tests: usize,
    notes: BTreeMap<&'static str, &'static str>,
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Serialize)]
pub(crate) struct Group {
    comment: &'static str,
    config: Config,
    tests: Vec<Test>,
}

/// What the receiver is configured with.
#[derive(Clone, Serialize)]
pub(crate) struct Config {
    pub(crate) secrets: Vec<Secret>,
    pub(crate) bearer: Vec<&'static str>,
    pub(crate) authorization: Vec<&'static str>,
    pub(crate) without_signature: bool,
    pub(crate) encodings: Vec<&'static str>,
    pub(crate) tolerance: Option<u64>,
    pub(crate) body_limit: usize,
}

#[derive(Clone, Serialize)]
pub(crate) struct Secret {
    pub(crate) label: &'static str,
    #[serde(rename = "secret_base64", serialize_with = "as_base64")]
    pub(crate) bytes: Vec<u8>,
}

#[derive(Serialize)]
pub(crate) struct Test {
    #[serde(rename = "tcId")]
    id: usize,
    comment: String,
    flags: Vec<&'static str>,
    now: u64,
    headers: Vec<Header>,
    #[serde(rename = "body_base64", serialize_with = "as_base64")]
    body: Vec<u8>,
    result: &'static str,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Serialize)]
struct Header {
    name: String,
    #[serde(flatten)]
    value: Value,
}

#[derive(Serialize)]
enum Value {
    #[serde(rename = "value_base64", serialize_with = "as_base64")]
    Bytes(Vec<u8>),
    #[serde(rename = "value")]
    Text(String),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Outcome {
    Refused {
        reason: &'static str,
        reason_header: Option<&'static str>,
    },
    Taken {
        replay_key: String,
        secret_label: Option<&'static str>,
        encoding: Option<&'static str>,
        delivery_id: Option<String>,
        signed_at: Option<u64>,
    },
}

/// What must come of a request.
#[derive(Clone)]
pub(crate) enum Expected {
    Taken(Taken),
    /// The code, and the header that it is about.
    Refused(&'static str, Option<&'static str>),
}

/// What must be known of a request that is accepted.
#[derive(Clone)]
pub(crate) struct Taken {
    pub(crate) replay_key: [u8; 32],
    pub(crate) label: Option<&'static str>,
    pub(crate) encoding: Option<&'static str>,
    pub(crate) id: Option<String>,
    pub(crate) time: Option<u64>,
    /// Whether another receiver may refuse it.
    pub(crate) open: bool,
}

pub(crate) type Headers = Vec<(String, Vec<u8>)>;

fn as_base64<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&base64(bytes))
}

impl File {
    pub(crate) fn new(sender: &'static str, groups: Vec<Group>) -> Self {
        let mut file = Self {
            schema: "verify-vectors-v1",
            generator_version: "1",
            sender,
            algorithm: "HMAC-SHA256",
            header: vec![
                "A delivery of this sender, as it may arrive, and whether a receiver must take it.",
                "Format, origin and licence: README.md beside this file.",
            ],
            number_of_tests: groups.iter().map(|group| group.tests.len()).sum(),
            notes: BTreeMap::new(),
            groups,
        };
        let mut id = 0;
        for test in file.groups.iter_mut().flat_map(|group| &mut group.tests) {
            id += 1;
            test.id = id;
            for flag in &test.flags {
                let (_, note) = NOTES.iter().find(|(name, _)| name == flag).unwrap();
                file.notes.insert(flag, note);
            }
        }
        file
    }

    pub(crate) fn number_of_tests(&self) -> usize {
        self.number_of_tests
    }

    /// The same text every time.
    pub(crate) fn to_json(&self) -> String {
        let mut text = Vec::new();
        let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
        self.serialize(&mut serializer).unwrap();
        text.push(b'\n');
        String::from_utf8(text).unwrap()
    }
}

impl Group {
    pub(crate) fn new(comment: &'static str, config: Config) -> Self {
        Self { comment, config, tests: Vec::new() }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn add(
        &mut self,
        comment: impl Into<String>,
        flags: &[&'static str],
        now: u64,
        headers: Headers,
        body: impl Into<Vec<u8>>,
        expected: Expected,
    ) {
        let header = |(name, value): (String, Vec<u8>)| {
            let value = match String::from_utf8(value) {
                Ok(text) => Value::Text(text),
                Err(error) => Value::Bytes(error.into_bytes()),
            };
            Header { name, value }
        };
        let (result, outcome) = match expected {
            Expected::Refused(reason, reason_header) => {
                ("invalid", Outcome::Refused { reason, reason_header })
            }
            Expected::Taken(Taken { replay_key, label, encoding, id, time, open }) => {
                let result = if open { "acceptable" } else { "valid" };
                let outcome = Outcome::Taken {
                    replay_key: hex(&replay_key),
                    secret_label: label,
                    encoding,
                    delivery_id: id,
                    signed_at: time,
                };
                (result, outcome)
            }
        };
        self.tests.push(Test {
            id: 0,
            comment: comment.into(),
            flags: flags.to_vec(),
            now,
            headers: headers.into_iter().map(header).collect(),
            body: body.into(),
            result,
            outcome,
        });
    }
}

/// What each flag means.
const NOTES: [(&str, &str); 21] = [
    ("Authorization", "The value of Authorization, beside a signature or instead of one."),
    ("Boundary", "Id, time and body are cut elsewhere, so that the signed text stays the same."),
    ("BodyChanged", "Other bytes than were signed. A receiver has to hash what came, as it came."),
    ("BodyLimit", "The body and the limit that the receiver is configured with."),
    ("BodyOdd", "A genuine body of an unusual kind. A signature is over bytes, whatever they say."),
    ("DeliveryId", "The form of the delivery id: 1 to 64 visible ASCII characters without a dot."),
    ("HeaderMissing", "A header that is needed is not there. No header is no pass."),
    ("HeaderRepeated", "A header that is needed occurs more than once, or is a list."),
    (
        "KeyForm",
        "What the key is: the secret verbatim, or, of Standard Webhooks, its decoded base64.",
    ),
    ("List", "The header is a list of signatures, separated by spaces."),
    ("ListBound", "More signatures than this project tries. Another receiver may try more."),
    ("Normal", "What the sender sends."),
    ("Prefix", "What stands in front of the encoded signature."),
    ("Recorded", "Recorded byte for byte from a real server."),
    ("Replay", "The same delivery again: the same replay key."),
    ("Rotation", "Several secrets are configured."),
    ("Spelling", "How the 32 bytes are written. Each accepted text has one meaning, and no other."),
    ("Timestamp", "The form of the signed time: Unix seconds in plain digits, and nothing else."),
    (
        "Tolerance",
        "How far the signed time is from the receiver's, which is bounded on both sides.",
    ),
    ("VendorSample", "A body from the vendor's documentation."),
    ("WrongSignature", "A signature of the right form that is not the one of this delivery."),
];
