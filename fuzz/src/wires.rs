//! The senders that are tried, each described twice: for the crate, and for the reference.

use verify_core::{Encoding, SecretEncoding, Sender, SignedPart};

/// One sender.
#[derive(Debug)]
pub struct Wire {
    /// As the crate has it.
    pub sender: Sender,
    /// As the reference has it, written from the vendors' facts and not from the crate's constants.
    pub facts: Facts,
}

/// What a sender puts on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What the sender is called.
    pub name: &'static str,
    /// The header of the signature.
    pub header: &'static str,
    /// What stands in front of the signature.
    pub prefix: &'static str,
    /// How the signature may be written; how the sender writes it comes first.
    pub spellings: &'static [Spelling],
    /// What is signed in front of the body.
    pub layout: &'static [Piece],
    /// The largest body, unless configured otherwise.
    pub largest: usize,
    /// The ways of Standard Webhooks: the header is a list of at most 4 that count, secrets are base64
    /// of at most 128 bytes, and a retry has the id of the first try and is signed anew.
    pub is_standard: bool,
}

impl Wire {
    /// The text of the secret that has this key.
    pub fn secret(&self, key: &[u8]) -> Vec<u8> {
        match self.sender.secret_encoding() {
            SecretEncoding::Verbatim => key.to_vec(),
            encoding => encoding.write(key).into_bytes(),
        }
    }
}

/// A way to write 32 bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spelling {
    /// Standard base64, padded.
    Base64,
    /// Standard base64 without its padding.
    Bare,
    /// Hex digits in either case.
    Hex,
}

/// A part of what is signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece {
    /// The delivery id that this header carries.
    Id(&'static str),
    /// This text.
    Text(&'static str),
    /// The time that this header carries.
    Time(&'static str),
}

const MIB: usize = 1024 * 1024;

const fn body_only(name: &'static str, header: &'static str, prefix: &'static str) -> Facts {
    let spellings = &[Spelling::Hex];
    Facts { name, header, prefix, spellings, layout: &[], largest: MIB, is_standard: false }
}

const ANY: &[Spelling] = &[Spelling::Base64, Spelling::Bare, Spelling::Hex];

/// All of them.
pub const WIRES: &[Wire] = &[
    Wire {
        sender: Sender::DATABRICKS,
        facts: body_only("databricks", "x-databricks-signature", ""),
    },
    Wire {
        sender: Sender::MLFLOW,
        facts: Facts {
            name: "mlflow",
            header: "x-mlflow-signature",
            prefix: "v1,",
            spellings: &[Spelling::Base64],
            layout: &[
                Piece::Id("x-mlflow-delivery-id"),
                Piece::Text("."),
                Piece::Time("x-mlflow-timestamp"),
                Piece::Text("."),
            ],
            largest: 4 * MIB,
            is_standard: false,
        },
    },
    Wire {
        sender: Sender::WANDB,
        facts: Facts { spellings: ANY, ..body_only("wandb", "x-wandb-signature", "") },
    },
    Wire {
        sender: Sender::WANDB.with_encodings(&[Encoding::Hex]),
        facts: body_only("wandb", "x-wandb-signature", ""),
    },
    Wire {
        sender: Sender::new("github", "x-hub-signature-256").with_prefix("sha256="),
        facts: body_only("github", "x-hub-signature-256", "sha256="),
    },
    Wire {
        sender: Sender::new("slack", "x-slack-signature").with_prefix("v0=").with_signed_parts(&[
            SignedPart::Text("v0:"),
            SignedPart::Timestamp("x-slack-request-timestamp"),
            SignedPart::Text(":"),
        ]),
        facts: Facts {
            layout: &[
                Piece::Text("v0:"),
                Piece::Time("x-slack-request-timestamp"),
                Piece::Text(":"),
            ],
            ..body_only("slack", "x-slack-signature", "v0=")
        },
    },
    // Everything at once, and the id behind the time.
    Wire {
        sender: Sender::new("baroque", "s")
            .with_prefix("0123456789abcdef0123456789abcde=")
            .with_encodings(&[Encoding::Base64Unpadded, Encoding::Hex, Encoding::Base64])
            .with_signed_parts(&[
                SignedPart::Text(""),
                SignedPart::Text("1"),
                SignedPart::Timestamp("time"),
                SignedPart::Text("-"),
                SignedPart::Text("0"),
                SignedPart::DeliveryId("id"),
                SignedPart::Text("=;"),
                SignedPart::Text("{\n"),
            ])
            .with_body_limit(48),
        facts: Facts {
            name: "baroque",
            header: "s",
            prefix: "0123456789abcdef0123456789abcde=",
            spellings: &[Spelling::Bare, Spelling::Hex, Spelling::Base64],
            layout: &[
                Piece::Text("1"),
                Piece::Time("time"),
                Piece::Text("-0"),
                Piece::Id("id"),
                Piece::Text("=;{\n"),
            ],
            largest: 48,
            is_standard: false,
        },
    },
    Wire {
        sender: Sender::STANDARD_WEBHOOKS,
        facts: Facts {
            spellings: &[Spelling::Base64],
            layout: &[
                Piece::Id("webhook-id"),
                Piece::Text("."),
                Piece::Time("webhook-timestamp"),
                Piece::Text("."),
            ],
            is_standard: true,
            ..body_only("standard-webhooks", "webhook-signature", "v1,")
        },
    },
    // An id and no time.
    Wire {
        sender: Sender::new("numbered", "x-mac")
            .with_encodings(&[Encoding::Hex, Encoding::Base64Unpadded])
            .with_signed_parts(&[SignedPart::DeliveryId("x-number"), SignedPart::Text("\0")]),
        facts: Facts {
            spellings: &[Spelling::Hex, Spelling::Bare],
            layout: &[Piece::Id("x-number"), Piece::Text("\0")],
            ..body_only("numbered", "x-mac", "")
        },
    },
];

#[cfg(test)]
mod tests {
    use super::{Sender, WIRES};

    #[test]
    fn every_sender_is_tried() {
        for sender in Sender::ALL {
            assert!(WIRES.iter().any(|wire| wire.sender == *sender), "{}", sender.name());
        }
    }
}
