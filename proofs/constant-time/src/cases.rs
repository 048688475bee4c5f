//! What verify-core is asked while its secrets are marked.

use std::hint::black_box;

use verify_core::{Rejection, Secret, Sender, Verifier, VerifierBuilder};

use crate::{
    memcheck,
    wire::{Delivery, NOW, Wire},
};

/// What is asked, and what it is asked for each of.
type Row<C> = (&'static str, fn(&C) -> Case);

/// A verifier that holds marked secrets, and deliveries for it to judge.
pub(crate) struct Case {
    verifier: Verifier,
    deliveries: Vec<Delivery>,
    /// How many bytes of body are fed at a time.
    chunk: usize,
    /// The label of the secret that fits, or the code of the rejection.
    expected: Expected,
    /// How often something is made public: once for a signature and once for a credential, however
    /// many there are of either.
    declassified: usize,
}

const SECRETS: [&str; 4] = ["the first secret", "the second", "the third one", "the fourth secret"];
const OTHER_SECRET: &str = "a secret of somebody else";
/// More than one block of SHA-256: HMAC hashes such a key first.
const LONG_SECRET: &str = "a secret that is longer than the 64 bytes of a block, and so is hashed \
    before it is worked into the pads";
const TOKENS: [&str; 2] = ["dapi0123456789abcdef", "dapifedcba9876543210"];
const VALUES: [&str; 2] = ["Basic dXNlcjpwYXNzd29yZA==", "Basic dXNlcjpwYXNzd29ydA=="];
const TOKEN: &[&str] = TOKENS.split_at(1).0;
const VALUE: &[&str] = VALUES.split_at(1).0;

type Expected = Result<Option<&'static str>, &'static str>;

const MISMATCH: Expected = Err("signature_mismatch");
const REFUSED: Expected = Err("authorization_mismatch");
const UNSIGNED: Expected = Ok(None);

pub(crate) const SIGNATURES: &[Row<Wire>] = &[
    ("right", |wire| signed(wire, 1, &[right(wire)], Ok(Some("1")))),
    ("wrong: first byte", |wire| signed(wire, 1, &[wire.flip(&right(wire), 0)], MISMATCH)),
    ("wrong: last byte", |wire| signed(wire, 1, &[wire.flip(&right(wire), 31)], MISMATCH)),
    ("wrong: one byte, each of 32", |wire| {
        let flipped: Vec<_> = (0..32).map(|byte| wire.flip(&right(wire), byte)).collect();
        signed(wire, 1, &flipped, MISMATCH)
    }),
    ("wrong: another secret", |wire| signed(wire, 1, &[wire.deliver(OTHER_SECRET)], MISMATCH)),
    ("wrong: another body", |wire| signed(wire, 1, &[right(wire).with_another_body()], MISMATCH)),
    ("right: fed byte by byte", |wire| Case {
        chunk: 1,
        ..signed(wire, 1, &[right(wire)], Ok(Some("1")))
    }),
    ("right: long secret", |wire| {
        let verifier = holding(wire, &[LONG_SECRET]);
        Case::new(verifier, &[wire.deliver(LONG_SECRET)], Ok(Some("1")), 1)
    }),
    ("four secrets: the first fits", |wire| signed(wire, 4, &[right(wire)], Ok(Some("1")))),
    ("four secrets: the last fits", |wire| {
        signed(wire, 4, &[wire.deliver(SECRETS[3])], Ok(Some("4")))
    }),
    ("four secrets: none fits", |wire| signed(wire, 4, &[wire.deliver(OTHER_SECRET)], MISMATCH)),
    ("four secrets: the last nearly", |wire| {
        signed(wire, 4, &[wire.flip(&wire.deliver(SECRETS[3]), 31)], MISMATCH)
    }),
    ("a list: the last of four fits", |wire| listed(wire, 4, &[false, false, false, true])),
    ("a list: the first of four fits", |wire| listed(wire, 4, &[true, false, false, false])),
    ("a list: none fits", |wire| listed(wire, 4, &[false; 4])),
    ("with a token: both right", |wire| {
        Case::new(guarded(wire), &[right(wire).with_authorization(bearer(0))], Ok(Some("1")), 2)
    }),
    ("with a token: wrong signature", |wire| {
        let wrong = wire.flip(&right(wire), 31).with_authorization(bearer(0));
        Case::new(guarded(wire), &[wrong], MISMATCH, 2)
    }),
    ("with a token: wrong token", |wire| {
        Case::new(guarded(wire), &[right(wire).with_authorization(bearer(1))], REFUSED, 1)
    }),
];

/// Without signatures, where the replay key is made of the body and the credential.
pub(crate) const CREDENTIALS: &[Row<Sender>] = &[
    ("token: right", |sender| unsigned(sender, TOKEN, &[], &[bearer(0)], UNSIGNED)),
    ("token: right, and marked itself", |sender| {
        let mut case = unsigned(sender, TOKEN, &[], &[bearer(0)], UNSIGNED);
        let (_, value) = &mut case.deliveries[0].headers[0];
        // Where the token begins is read from the spaces before it.
        memcheck::mark_secret(&mut value["Bearer ?".len()..]);
        case
    }),
    ("token: right, two spaces, lower case", |sender| {
        unsigned(sender, TOKEN, &[], &[format!("bearer  {}", TOKENS[0])], UNSIGNED)
    }),
    ("token: wrong, first character", |sender| {
        unsigned(sender, TOKEN, &[], &[bearer(0).replacen("dapi", "xapi", 1)], REFUSED)
    }),
    ("token: wrong, last character", |sender| {
        unsigned(sender, TOKEN, &[], &[bearer(0).replacen("def", "dex", 1)], REFUSED)
    }),
    ("token: wrong, all of it", |sender| {
        unsigned(sender, TOKEN, &[], &["Bearer zzzzzzzzzzzzzzzzzzzz".into()], REFUSED)
    }),
    ("token: wrong, of every length", |sender| {
        let cut = |length| format!("Bearer {}", &TOKENS[0].repeat(4)[..length]);
        let lengths = (0..80).filter(|length| *length != TOKENS[0].len());
        unsigned(sender, TOKEN, &[], &lengths.map(cut).collect::<Vec<_>>(), REFUSED)
    }),
    ("token: right, another scheme", |sender| {
        unsigned(sender, TOKEN, &[], &[bearer(0).replacen("Bearer", "Basic", 1)], REFUSED)
    }),
    ("value: right", |sender| unsigned(sender, &[], VALUE, &[VALUES[0].into()], UNSIGNED)),
    ("value: wrong, first character", |sender| {
        unsigned(sender, &[], VALUE, &[VALUES[0].replacen('B', "b", 1)], REFUSED)
    }),
    ("value: wrong, last character", |sender| {
        unsigned(sender, &[], VALUE, &[VALUES[0].replacen("==", "=.", 1)], REFUSED)
    }),
    ("four: the first fits", |sender| unsigned(sender, &TOKENS, &VALUES, &[bearer(0)], UNSIGNED)),
    ("four: the last fits", |sender| {
        unsigned(sender, &TOKENS, &VALUES, &[VALUES[1].into()], UNSIGNED)
    }),
    ("four: none fits", |sender| {
        unsigned(
            sender,
            &TOKENS,
            &VALUES,
            &[bearer(0).replacen("def", "dex", 1), "Basic eDp5".into()],
            REFUSED,
        )
    }),
];

impl Case {
    fn new(
        verifier: VerifierBuilder,
        deliveries: &[Delivery],
        expected: Expected,
        declassified: usize,
    ) -> Self {
        let verifier = verifier.build().unwrap();
        assert!(memcheck::undefined_bytes(&verifier) >= 32, "no secret is marked");
        Self { verifier, deliveries: deliveries.into(), chunk: usize::MAX, expected, declassified }
    }

    /// Judges every delivery, and returns how many findings there were.
    pub(crate) fn run(&self) -> usize {
        let ways = [Self::judge, Self::judge_whole];
        let judged = self.deliveries.iter().flat_map(|delivery| ways.map(|way| (delivery, way)));
        let judged = judged.map(|(delivery, way)| {
            let counted = memcheck::count(|| way(self, delivery));
            // A case that is not what it says would show nothing.
            assert_eq!(counted.value, self.expected.map(|label| label.map(Into::into)));
            assert_eq!(
                counted.declassified, self.declassified,
                "how often something became public"
            );
            counted.findings
        });
        judged.sum()
    }

    /// In one call, which the compiler makes other code of than of the three.
    fn judge_whole(&self, delivery: &Delivery) -> Result<Option<String>, &'static str> {
        let verified = self.verifier.verify(NOW, &delivery.headers, &delivery.body[..]);
        let verified = verified.map_err(|rejection| rejection.code())?;
        black_box(verified.receipt().replay_key());
        Ok(verified.receipt().secret_label().map(Into::into))
    }

    /// As its body comes in.
    fn judge(&self, delivery: &Delivery) -> Result<Option<String>, &'static str> {
        let judge = || -> Result<_, Rejection> {
            let mut pending = self.verifier.begin(NOW, &delivery.headers)?;
            for chunk in delivery.body.chunks(self.chunk) {
                pending.feed(chunk)?;
            }
            pending.finish()
        };
        let receipt = judge().map_err(|rejection| rejection.code())?;
        black_box(receipt.replay_key());
        Ok(receipt.secret_label().map(Into::into))
    }
}

/// A verifier with these secrets, which are marked, whole.
fn holding(wire: &Wire, keys: &[&str]) -> VerifierBuilder {
    memcheck::unreported(|| {
        keys.iter().fold(Verifier::builder(wire.sender), |builder, key| {
            builder.secret(Secret::new(marked(&wire.secret(key))).unwrap())
        })
    })
}

fn marked(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    memcheck::mark_secret(&mut bytes);
    bytes
}

fn right(wire: &Wire) -> Delivery {
    wire.deliver(SECRETS[0])
}

fn signed(wire: &Wire, secrets: usize, deliveries: &[Delivery], expected: Expected) -> Case {
    Case::new(holding(wire, &SECRETS[..secrets]), deliveries, expected, 1)
}

/// A list of signatures, those marked `true` right, where the sender has lists, and one else.
fn listed(wire: &Wire, secrets: usize, are_right: &[bool]) -> Case {
    let are_right = match wire.sender.max_signatures() {
        1 => &[are_right.contains(&true)],
        _ => are_right,
    };
    let wrong = wire.flip(&right(wire), 31);
    let deliveries: Vec<_> = are_right
        .iter()
        .map(|is_right| if *is_right { right(wire) } else { wrong.clone() })
        .collect();
    let expected = if are_right.contains(&true) { Ok(Some("1")) } else { MISMATCH };
    signed(wire, secrets, &[wire.join(&deliveries)], expected)
}

fn guarded(wire: &Wire) -> VerifierBuilder {
    let token = marked(TOKENS[0]);
    let builder = holding(wire, &SECRETS[..1]);
    memcheck::unreported(|| builder.bearer(token))
}

fn bearer(token: usize) -> String {
    format!("Bearer {}", TOKENS[token])
}

/// A verifier without signatures, for each of the credentials given.
fn unsigned(
    sender: &Sender,
    tokens: &[&str],
    values: &[&str],
    presented: &[String],
    expected: Expected,
) -> Case {
    let builder = Verifier::builder(*sender).without_signature();
    let builder = memcheck::unreported(|| {
        let builder = tokens.iter().fold(builder, |builder, text| builder.bearer(marked(text)));
        values.iter().fold(builder, |builder, text| builder.authorization(marked(text)))
    });
    let present = |value: &String| Delivery::bare().with_authorization(value.as_str());
    let deliveries: Vec<_> = presented.iter().map(present).collect();
    Case::new(builder, &deliveries, expected, 1)
}
