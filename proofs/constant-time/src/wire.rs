//! Deliveries as senders make them. All of this is public: whoever sends a delivery knows it.

use base64ct::Encoding as _;
use verify_core::{Encoding, Secret, SecretEncoding, Sender, SignedPart, Signer, UnixTime};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);
const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
/// More than one block of SHA-256.
const BODY: &str = r#"{"entity":"model_version_alias","action":"created","data":{"name":"fraud","alias":"champion","version":"3"}}"#;

/// A sender, and one of the ways it may write a signature.
#[derive(Clone, Copy)]
pub(crate) struct Wire {
    pub(crate) sender: Sender,
    encodings: &'static [Encoding],
}

#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    pub(crate) fn all() -> Vec<Self> {
        let wires = |sender: &Sender| {
            let sender = *sender;
            sender.encodings().chunks(1).map(move |encodings| Self { sender, encodings })
        };
        Sender::ALL.iter().flat_map(wires).collect()
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {:?}", self.sender.name(), self.encoding()).to_lowercase()
    }

    fn encoding(&self) -> Encoding {
        self.encodings[0]
    }

    /// Signs the body with a secret that is not marked.
    pub(crate) fn deliver(&self, secret: &str) -> Delivery {
        let secret = Secret::new(self.secret(secret)).unwrap();
        let signer = Signer::new(self.sender.with_encodings(self.encodings), secret);
        let signed = signer.unwrap().sign(NOW, ID, BODY.as_bytes()).unwrap();
        let headers = signed.iter().map(|(name, value)| (name, value.into())).collect();
        Delivery { headers, body: BODY.into() }
    }

    /// The text of the secret that has this key.
    pub(crate) fn secret(&self, key: &str) -> String {
        match self.sender.secret_encoding() {
            SecretEncoding::Verbatim => key.to_owned(),
            encoding => encoding.write(key.as_bytes()),
        }
    }

    /// One delivery with the signatures of all of these.
    pub(crate) fn join(&self, deliveries: &[Delivery]) -> Delivery {
        let value = |delivery: &Delivery| {
            let header = |(name, _): &&(&str, Vec<u8>)| *name == self.sender.signature_header();
            delivery.headers.iter().find(header).unwrap().1.clone()
        };
        let list = deliveries.iter().map(value).collect::<Vec<_>>().join(&b' ');
        let mut joined = deliveries[0].clone();
        for (name, value) in &mut joined.headers {
            if *name == self.sender.signature_header() {
                *value = list.clone();
            }
        }
        joined
    }

    /// What is signed, in full.
    pub(crate) fn message(&self) -> Vec<u8> {
        let parts = self.sender.signed_parts().iter().map(|part| match part {
            SignedPart::DeliveryId(_) => ID.into(),
            SignedPart::Text(text) => (*text).into(),
            SignedPart::Timestamp(_) => NOW.as_secs().to_string(),
            other => panic!("unknown part: {other:?}"),
        });
        parts.chain([BODY.into()]).collect::<String>().into_bytes()
    }

    /// The signature of a delivery: its text without the prefix, and its bytes.
    pub(crate) fn signature(&self, delivery: &Delivery) -> (Vec<u8>, [u8; 32]) {
        let (_, value) = delivery
            .headers
            .iter()
            .find(|(name, _)| *name == self.sender.signature_header())
            .unwrap();
        let text = value.strip_prefix(self.sender.prefix().as_bytes()).unwrap();
        let mut tag = [0; 32];
        match self.encoding() {
            Encoding::Base64 => base64ct::Base64::decode(text, &mut tag).unwrap(),
            Encoding::Base64Unpadded => base64ct::Base64Unpadded::decode(text, &mut tag).unwrap(),
            Encoding::Hex => base16ct::mixed::decode(text, &mut tag).unwrap(),
            other => panic!("unknown encoding: {other:?}"),
        };
        (text.into(), tag)
    }

    /// Flips a bit in one byte of the signature.
    pub(crate) fn flip(&self, delivery: &Delivery, byte: usize) -> Delivery {
        let (_, mut tag) = self.signature(delivery);
        tag[byte] ^= 1;
        let mut flipped = delivery.clone();
        for (name, value) in &mut flipped.headers {
            if *name == self.sender.signature_header() {
                *value = [self.sender.prefix(), &self.encode(&tag)].concat().into();
            }
        }
        flipped
    }

    pub(crate) fn encode(&self, tag: &[u8; 32]) -> String {
        match self.encoding() {
            Encoding::Base64 => base64ct::Base64::encode_string(tag),
            Encoding::Base64Unpadded => base64ct::Base64Unpadded::encode_string(tag),
            Encoding::Hex => base16ct::lower::encode_string(tag),
            other => panic!("unknown encoding: {other:?}"),
        }
    }
}

impl Delivery {
    /// A delivery that is not signed.
    pub(crate) fn bare() -> Self {
        Self { headers: Vec::new(), body: BODY.into() }
    }

    pub(crate) fn with_authorization(mut self, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push(("authorization", value.into()));
        self
    }

    pub(crate) fn with_another_body(mut self) -> Self {
        self.body.push(b'\n');
        self
    }
}
