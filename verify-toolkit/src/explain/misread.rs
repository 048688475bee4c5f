//! Which signatures somebody expects who reads a delivery with one thing wrong: the corrections of the search, the other
//! way round.

use verify_core::{Encoding, Sender, SignedPart};

use super::{
    Cause, Explainer,
    body::{Bases, Bodies},
    candidates::Candidate,
    mac::{self, Mac},
    search::OTHER_SCHEMES,
    secret,
    signed_text::{self, Layout},
    work::Work,
};
use crate::WireRequest;

/// Most bodies that are signed in place of the one that is sent: a receiver is sent each.
const BODIES: usize = 300;
/// Most causes of one, and most that have the same.
const CAUSES: usize = 3;
const SAME_STORY: usize = 3;
/// What is tried together with another mistake: what JSON libraries do to a body, and what most people do to a secret
/// or to the text that is signed. At most so many of these are one mistake.
const USUAL: [Cause; 17] = [
    Cause::BodyJsonCompact,
    Cause::BodyJsonEscaped,
    Cause::BodyJsonHtmlEscaped,
    Cause::BodyJsonIndented,
    Cause::BodyJsonSlashEscaped,
    Cause::BodyJsonSpaced,
    Cause::BodyNewlineLost,
    Cause::SecretDecodedBase64,
    Cause::SecretDecodedWhsec,
    Cause::SecretNewlineLost,
    Cause::SecretSpaceLost,
    Cause::SecretSpaced,
    Cause::SecretTrailingNewline,
    Cause::SignedBodyAlone,
    Cause::SignedOrder,
    Cause::SignedWithoutId,
    Cause::SignedWithoutTimestamp,
];
const USUAL_CAUSES: usize = 2;
const USUAL_SAME: usize = 2;

/// A signature that is expected by mistake.
pub(crate) struct Misreading {
    /// What has to be wrong, as the search calls it.
    pub(crate) causes: Vec<Cause>,
    /// The key, if that is what is wrong.
    pub(crate) key: Option<Vec<u8>>,
    /// The signature as bytes.
    pub(crate) tag: Vec<u8>,
}

/// The signatures that are expected by mistake.
#[derive(Default)]
pub(crate) struct Misreadings {
    /// Every one with one thing wrong: of the body, then the secret, then what is signed besides, then the function.
    pub(crate) single: Vec<Misreading>,
    /// The likeliest with two of body, secret and signed text wrong.
    pub(crate) pairs: Vec<Misreading>,
}

pub(crate) fn misreadings(request: &WireRequest, sender: Sender, secret: &[u8]) -> Misreadings {
    let explainer = Explainer::new(request, None).sender(sender).secret("sender", secret);
    let mut work = Work::up_to(Explainer::DEFAULT_WORK_LIMIT);
    let (keys, macs) = (secret::candidates(&explainer), mac::candidates());
    let layouts = signed_text::candidates(request, &sender);
    let bases = Bases::of(request);
    let bodies = Bodies::of(&bases, Some(&sender), &mut work);
    let (Some(key), Some(layout), Some(mac), Some(body)) = (
        keys.pick(false).next(),
        layouts.pick(false).next(),
        macs.pick(false).next(),
        bodies.pick(false).next().and_then(|body| bodies.bytes(&body.value, &mut work)),
    ) else {
        return Misreadings::default();
    };
    let sign = |key: &[u8], layout: &Layout, mac: Mac, body: &[u8]| {
        mac.sign(key, [&layout.before, body, &layout.after])
    };
    let mut found = Found {
        tags: vec![sign(&key.value, &layout.value, mac.value, &body)],
        misreadings: Vec::new(),
    };
    // With the fewest causes first; what comes to the same story is written in three ways at most, such as indents.
    let mut told: Vec<&[Cause]> = Vec::new();
    let mut written = Vec::new();
    for other in bodies.pick(true).filter(|other| !other.value.is_guess) {
        let is_same = |story: &&&[Cause]| **story == other.causes;
        let is_told = told.iter().filter(is_same).count() >= SAME_STORY;
        if is_told || other.causes.len() > CAUSES || told.len() >= BODIES {
            continue;
        }
        told.push(&other.causes);
        let Some(bytes) = bodies.bytes(&other.value, &mut Work::up_to(u64::MAX)) else { continue };
        found.add(&other.causes, None, sign(&key.value, &layout.value, mac.value, &bytes));
        written.push(Candidate { causes: other.causes.clone(), detail: None, value: bytes });
    }
    for Candidate { causes, value, .. } in keys.pick(true) {
        found.add(causes, Some(value), sign(value, &layout.value, mac.value, &body));
    }
    for Candidate { causes, value, .. } in layouts.pick(true) {
        found.add(causes, None, sign(&key.value, value, mac.value, &body));
    }
    for Candidate { causes, value, .. } in macs.pick(true) {
        found.add(causes, None, sign(&key.value, &layout.value, *value, &body));
    }
    let single = core::mem::take(&mut found.misreadings);
    let (bodies, keys) = (usual(written.iter()), usual(keys.pick(true)));
    let layouts = usual(layouts.pick(true));
    let both = |one: &[Cause], other: &[Cause]| [one, other].concat();
    for one in &bodies {
        for key in &keys {
            let tag = sign(&key.value, &layout.value, mac.value, &one.value);
            found.add(&both(&one.causes, &key.causes), Some(&key.value), tag);
        }
        for layout in &layouts {
            let tag = sign(&key.value, &layout.value, mac.value, &one.value);
            found.add(&both(&one.causes, &layout.causes), None, tag);
        }
    }
    for layout in &layouts {
        for key in &keys {
            let tag = sign(&key.value, &layout.value, mac.value, &body);
            found.add(&both(&layout.causes, &key.causes), Some(&key.value), tag);
        }
    }
    Misreadings { single, pairs: found.misreadings }
}

/// The first ones of each story that is usual.
fn usual<'c, T: 'c>(candidates: impl Iterator<Item = &'c Candidate<T>>) -> Vec<&'c Candidate<T>> {
    let mut found: Vec<&Candidate<T>> = Vec::new();
    for one in candidates.filter(|one| one.causes.len() <= USUAL_CAUSES) {
        let is_usual = one.causes.iter().all(|cause| USUAL.contains(cause));
        let told = found.iter().filter(|other| other.causes == one.causes).count();
        if is_usual && told < USUAL_SAME {
            found.push(one);
        }
    }
    found
}

struct Found {
    tags: Vec<Vec<u8>>,
    misreadings: Vec<Misreading>,
}

impl Found {
    fn add(&mut self, causes: &[Cause], key: Option<&Vec<u8>>, tag: Vec<u8>) {
        if !self.tags.contains(&tag) {
            self.tags.push(tag.clone());
            let causes = causes.to_vec();
            self.misreadings.push(Misreading { causes, key: key.cloned(), tag });
        }
    }
}

/// Who else signs deliveries, and is taken for a sender.
pub(crate) fn others(sender: Sender) -> impl Iterator<Item = (Cause, Sender)> {
    let known = Sender::ALL.iter().copied().map(|other| (Cause::SenderOther, other));
    let known = known.filter(move |(_, other)| other.name() != sender.name());
    known.chain(OTHER_SCHEMES.into_iter().map(|other| (Cause::SchemeOther, other)))
}

/// Writes what a sender signs, such as `id.time.body`.
pub(crate) fn signed_text(sender: &Sender) -> String {
    let part = |part: &SignedPart| match part {
        SignedPart::DeliveryId(header) | SignedPart::Timestamp(header) => {
            format!("the value of `{header}`")
        }
        SignedPart::Text(text) => format!("`{text}`"),
        _ => "another part".to_owned(),
    };
    let parts = sender.signed_parts().iter().map(part);
    parts.chain(["the body".to_owned()]).collect::<Vec<_>>().join(", ")
}

/// Names how a sender writes 32 bytes.
pub(crate) fn spelling(sender: &Sender) -> &'static str {
    match sender.encodings().first() {
        Some(Encoding::Base64) => "base64",
        Some(Encoding::Base64Unpadded) => "base64 without padding",
        _ => "hex",
    }
}
