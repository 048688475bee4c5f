//! What a sender does, by the textbook.

use sha2::{Digest, Sha256};

use crate::{
    common::{base64, hex, hmac},
    format::{Config, Expected, Headers, Secret, Taken},
};

pub(crate) const NOW: u64 = 1_795_290_782;
pub(crate) const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
pub(crate) const SECRET: &[u8] = b"a secret for tests";

/// A sender, by its documented facts.
#[derive(Clone, Copy)]
pub(crate) struct Sender {
    pub(crate) name: &'static str,
    /// Name of the signature's header as it is sent, and in lower case.
    pub(crate) header: (&'static str, &'static str),
    pub(crate) prefix: &'static str,
    /// The headers of id and time, as the signature's, where they are signed.
    pub(crate) signed: Option<[(&'static str, &'static str); 2]>,
    /// Standard Webhooks: secrets are base64, the header is a list, and retries are signed anew.
    pub(crate) is_standard: bool,
    /// The sender's own first.
    pub(crate) encodings: &'static [&'static str],
    pub(crate) body_limit: usize,
}

pub(crate) const DATABRICKS: Sender = Sender {
    name: "databricks",
    header: ("X-Databricks-Signature", "x-databricks-signature"),
    prefix: "",
    signed: None,
    is_standard: false,
    encodings: &["hex"],
    body_limit: 1024 * 1024,
};

pub(crate) const MLFLOW: Sender = Sender {
    name: "mlflow",
    header: ("X-MLflow-Signature", "x-mlflow-signature"),
    prefix: "v1,",
    signed: Some([
        ("X-MLflow-Delivery-Id", "x-mlflow-delivery-id"),
        ("X-MLflow-Timestamp", "x-mlflow-timestamp"),
    ]),
    is_standard: false,
    encodings: &["base64"],
    body_limit: 4 * 1024 * 1024,
};

pub(crate) const WANDB: Sender = Sender {
    name: "wandb",
    header: ("X-Wandb-Signature", "x-wandb-signature"),
    prefix: "",
    signed: None,
    is_standard: false,
    encodings: &["base64", "base64_unpadded", "hex"],
    body_limit: 1024 * 1024,
};

pub(crate) const STANDARD: Sender = Sender {
    name: "standard-webhooks",
    header: ("Webhook-Signature", "webhook-signature"),
    prefix: "v1,",
    signed: Some([("Webhook-Id", "webhook-id"), ("Webhook-Timestamp", "webhook-timestamp")]),
    is_standard: true,
    encodings: &["base64"],
    body_limit: 1024 * 1024,
};

pub(crate) const ALL: [Sender; 4] = [DATABRICKS, MLFLOW, STANDARD, WANDB];

impl Sender {
    pub(crate) fn signs_id_and_time(&self) -> bool {
        self.signed.is_some()
    }

    pub(crate) fn id_header(&self) -> (&'static str, &'static str) {
        self.signed.unwrap()[0]
    }

    pub(crate) fn time_header(&self) -> (&'static str, &'static str) {
        self.signed.unwrap()[1]
    }

    /// The text of a secret with this key.
    pub(crate) fn secret(&self, label: &'static str, key: &[u8]) -> Secret {
        match self.is_standard {
            true => secret(label, format!("whsec_{}", base64(key))),
            false => secret(label, key),
        }
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            secrets: vec![self.secret("1", SECRET)],
            bearer: Vec::new(),
            authorization: Vec::new(),
            without_signature: false,
            encodings: self.encodings.to_vec(),
            tolerance: self.signs_id_and_time().then_some(300),
            body_limit: self.body_limit,
        }
    }

    /// A delivery that is signed.
    pub(crate) fn delivery(&self, body: impl Into<Vec<u8>>) -> Delivery {
        Delivery {
            sender: *self,
            secret: SECRET.to_vec(),
            id: ID.into(),
            time: NOW.to_string().into(),
            body: body.into(),
        }
    }
}

pub(crate) fn secret(label: &'static str, bytes: impl Into<Vec<u8>>) -> Secret {
    Secret { label, bytes: bytes.into() }
}

/// What a sender sends, with any id and time.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) sender: Sender,
    pub(crate) secret: Vec<u8>,
    pub(crate) id: Vec<u8>,
    pub(crate) time: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    pub(crate) fn tag(&self) -> [u8; 32] {
        let mut signed = Vec::new();
        if self.sender.signs_id_and_time() {
            signed.extend([&self.id[..], b".", &self.time, b"."].concat());
        }
        signed.extend(&self.body);
        hmac(&self.secret, &signed)
    }

    /// The value of the signature's header, for any 32 bytes.
    pub(crate) fn written(&self, tag: &[u8], encoding: &str) -> String {
        let text = match encoding {
            "hex" => hex(tag),
            "base64" => base64(tag),
            _ => base64(tag).trim_end_matches('=').to_owned(),
        };
        format!("{}{text}", self.sender.prefix)
    }

    pub(crate) fn signature(&self) -> String {
        self.written(&self.tag(), self.sender.encodings[0])
    }

    pub(crate) fn headers(&self) -> Headers {
        self.headers_with(self.signature())
    }

    pub(crate) fn headers_with(&self, signature: impl Into<Vec<u8>>) -> Headers {
        let mut headers = Vec::new();
        if self.sender.signs_id_and_time() {
            headers.push((self.sender.id_header().0.to_owned(), self.id.clone()));
            headers.push((self.sender.time_header().0.to_owned(), self.time.clone()));
        }
        headers.push((self.sender.header.0.to_owned(), signature.into()));
        headers
    }

    /// What must be known of it once it is accepted by a receiver that has its secret alone.
    pub(crate) fn taken(&self) -> Taken {
        self.taken_beside(&self.secret)
    }

    /// The same, of a receiver whose first secret is this one.
    pub(crate) fn taken_beside(&self, first: &[u8]) -> Taken {
        let signs = self.sender.signs_id_and_time();
        let identity = match self.sender.is_standard {
            true => hmac(first, &[b"\0verify-replay-id-v1\0", &self.id[..]].concat()),
            false => self.tag(),
        };
        Taken {
            replay_key: replay_key(self.sender.name, &identity),
            label: Some("1"),
            encoding: Some(self.sender.encodings[0]),
            id: signs.then(|| String::from_utf8(self.id.clone()).unwrap()),
            time: signs.then(|| core::str::from_utf8(&self.time).unwrap().parse().unwrap()),
            open: false,
        }
    }

    pub(crate) fn valid(&self) -> Expected {
        Expected::Taken(self.taken())
    }
}

/// The key as it is documented.
pub(crate) fn replay_key(sender: &str, tag: &[u8; 32]) -> [u8; 32] {
    let text = [b"verify-replay-key-v1\0", sender.as_bytes(), b"\0", tag].concat();
    Sha256::digest(text).into()
}
