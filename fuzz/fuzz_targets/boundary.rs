//! Of any sender that can be described, no two deliveries have the same signed text: nobody can move
//! the end of an id or of a time into what stands behind it, and keep the signature.
#![cfg_attr(fuzzing, no_main)]

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use verify_core::{Secret, Sender, SignedPart, UnixTime, Verifier};
use verify_fuzz::{Input, Reached, reference::write, target, wires::Facts, wires::Spelling};

target!(check);

const FACTS: Facts = Facts {
    name: "any",
    header: "x-mac",
    prefix: "",
    spellings: &[Spelling::Hex],
    layout: &[],
    largest: 1024 * 1024,
    is_standard: false,
};

/// Texts that might be taken for a piece of an id or of a time, and such that might not.
const PARTS: [SignedPart; 12] = [
    SignedPart::DeliveryId("x-id"),
    SignedPart::Timestamp("x-time"),
    SignedPart::Text("."),
    SignedPart::Text(""),
    SignedPart::Text(":"),
    SignedPart::Text("1"),
    SignedPart::Text("a"),
    SignedPart::Text(".1"),
    SignedPart::Text("1."),
    SignedPart::Text("v0:"),
    SignedPart::Text(".."),
    SignedPart::Text("\0"),
];

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let count = input.below(6);
    let parts = parts((0..count).map(|_| input.below(PARTS.len())).collect());
    let sender = Sender::new(FACTS.name, FACTS.header).with_signed_parts(parts);
    let secret = Secret::new("secret").expect("a secret");
    // A day, so that the time may be another one.
    let mut builder = Verifier::builder(sender).secret(secret);
    if sender.timestamp_header().is_some() {
        builder = builder.tolerance(core::time::Duration::from_secs(86_400));
    }
    let Ok(verifier) = builder.build() else { return Reached::Nothing };

    let one = Texts { id: input.bytes().to_vec(), time: input.number(1).to_string().into_bytes() };
    let lengths = [input.below(16), input.below(16)];
    let body = input.rest();

    // What is signed for the one delivery, and another one that it is cut into.
    let signed = [&front(parts, &one), body].concat();
    let two = Texts::cut(parts, &signed, lengths);
    let tag = verify_fuzz::reference::tag(&FACTS, b"secret", b"", b"", &signed);
    let signature = write(&FACTS, Spelling::Hex, &tag);
    let judge = |Texts { id, time }: &Texts, body: &[u8]| {
        let headers = [("x-mac", &signature), ("x-id", id), ("x-time", time)];
        verifier.verify(UnixTime::from_secs(128), &headers, body).is_ok()
    };
    let genuine = judge(&one, body);
    let Some(other_body) = signed.strip_prefix(front(parts, &two).as_slice()) else {
        return if genuine { Reached::Accepted } else { Reached::Refused };
    };
    let moved = judge(&two, other_body);
    let same = front(parts, &one) == front(parts, &two)
        && (sender.delivery_id_header().is_none() || one.id == two.id)
        && (sender.timestamp_header().is_none() || one.time == two.time);
    assert!(!(genuine && moved) || same, "{parts:?}: {one:?}, {two:?}, {}", body.escape_ascii());
    if genuine { Reached::Accepted } else { Reached::Refused }
}

/// What the headers of the id and the time hold.
#[derive(Debug)]
struct Texts {
    id: Vec<u8>,
    time: Vec<u8>,
}

impl Texts {
    /// Cuts a signed text, with an id and a time of these lengths.
    fn cut(parts: &[SignedPart], signed: &[u8], [id, time]: [usize; 2]) -> Self {
        let mut texts = Self { id: Vec::new(), time: Vec::new() };
        let mut rest = signed;
        for part in parts {
            let len = match part {
                SignedPart::DeliveryId(_) => id,
                SignedPart::Text(text) => text.len(),
                _ => time,
            };
            let (text, behind) = rest.split_at(len.min(rest.len()));
            rest = behind;
            match part {
                SignedPart::DeliveryId(_) => texts.id = text.to_vec(),
                SignedPart::Text(_) => {}
                _ => texts.time = text.to_vec(),
            }
        }
        texts
    }
}

/// What is signed in front of the body.
fn front(parts: &[SignedPart], Texts { id, time }: &Texts) -> Vec<u8> {
    let text = parts.iter().map(|part| match part {
        SignedPart::DeliveryId(_) => id.as_slice(),
        SignedPart::Text(text) => text.as_bytes(),
        _ => time.as_slice(),
    });
    text.collect::<Vec<_>>().concat()
}

/// A description lives as long as the program: each list is made once.
fn parts(list: Vec<usize>) -> &'static [SignedPart] {
    static MADE: LazyLock<Mutex<HashMap<Vec<usize>, &'static [SignedPart]>>> =
        LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(parts) = made.get(&list) {
        return parts;
    }
    let parts: &[SignedPart] = list.iter().map(|place| PARTS[*place]).collect::<Vec<_>>().leak();
    made.insert(list, parts);
    parts
}
