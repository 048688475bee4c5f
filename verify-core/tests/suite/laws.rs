//! Laws that hold for every delivery, tried on random ones.

use core::time::Duration;

use proptest::{collection::vec, prelude::*, sample::Index};
use sha2::{Digest, Sha256};
use verify_core::{Encoding, Receipt, Rejection, Secret, Sender, UnixTime, Verifier};

use crate::common::{base64, hex, hmac};

const DAY: u64 = 86_400;

/// A delivery of Databricks, MLflow or Weights & Biases, signed by the textbook.
#[derive(Clone, Debug)]
struct Delivery {
    sender: Sender,
    encoding: Encoding,
    secret: Vec<u8>,
    id: String,
    time: u64,
    body: Vec<u8>,
}

type Head = Vec<(String, Vec<u8>)>;

impl Delivery {
    fn has_id_and_time(&self) -> bool {
        self.sender.timestamp_header().is_some()
    }

    fn tag(&self) -> [u8; 32] {
        let mut signed = Vec::new();
        if self.has_id_and_time() {
            signed.extend(format!("{}.{}.", self.id, self.time).as_bytes());
        }
        signed.extend(&self.body);
        hmac(&self.secret, &signed)
    }

    fn signature(&self, tag: &[u8]) -> String {
        let text = match self.encoding {
            Encoding::Base64 => base64(tag),
            Encoding::Base64Unpadded => base64(tag).trim_end_matches('=').to_owned(),
            _ => hex(tag),
        };
        if self.has_id_and_time() { format!("v1,{text}") } else { text }
    }

    fn head(&self) -> Head {
        self.head_with(&self.tag())
    }

    /// The signature first, then id and time if the sender has them.
    fn head_with(&self, tag: &[u8]) -> Head {
        let name = self.sender.name();
        let mut head = vec![(format!("x-{name}-signature"), self.signature(tag).into_bytes())];
        if self.has_id_and_time() {
            head.push(("x-mlflow-delivery-id".into(), self.id.clone().into_bytes()));
            head.push(("x-mlflow-timestamp".into(), self.time.to_string().into_bytes()));
        }
        head
    }

    /// The sender with this one encoding only.
    fn pinned(&self) -> Sender {
        self.sender.with_encodings(match self.encoding {
            Encoding::Base64 => &[Encoding::Base64],
            Encoding::Base64Unpadded => &[Encoding::Base64Unpadded],
            _ => &[Encoding::Hex],
        })
    }

    /// A verifier that takes this one encoding only.
    fn verifier(&self) -> Verifier {
        let secret = Secret::new(&self.secret).unwrap();
        Verifier::builder(self.pinned()).secret(secret).build().unwrap()
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.time)
    }

    fn judge(&self, head: &Head) -> Result<Receipt, Rejection> {
        self.judge_body(head, &self.body)
    }

    fn judge_body(&self, head: &Head, body: &[u8]) -> Result<Receipt, Rejection> {
        let verified = self.verifier().verify(self.now(), head.as_slice(), body)?;
        Ok(*verified.receipt())
    }

    fn replay_key(&self) -> [u8; 32] {
        self.judge(&self.head()).unwrap().replay_key()
    }
}

/// Shorter than, as long as, and longer than a block of SHA-256. Nothing but NUL bytes is no secret.
fn any_secret() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..100).prop_filter("a secret", |secret| secret.iter().any(|byte| *byte != 0))
}

fn delivery(largest_body: usize) -> impl Strategy<Value = Delivery> {
    let wire = prop_oneof![
        Just((Sender::DATABRICKS, Encoding::Hex)),
        Just((Sender::MLFLOW, Encoding::Base64)),
        Just((Sender::WANDB, Encoding::Base64)),
        Just((Sender::WANDB, Encoding::Base64Unpadded)),
        Just((Sender::WANDB, Encoding::Hex)),
    ];
    (wire, any_secret(), "[!-~&&[^.]]{1,64}", any_time(), vec(any::<u8>(), 0..=largest_body))
        .prop_map(|((sender, encoding), secret, id, time, body)| Delivery {
            sender,
            encoding,
            secret,
            id,
            time,
            body,
        })
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(i64::MAX.cast_unsigned()),
        Just(u64::MAX),
        any::<u64>(),
        1_700_000_000..1_900_000_000_u64,
    ]
}

/// Cuts `bytes` at any places, so that chunks may be empty.
fn chunks<'b>(bytes: &'b [u8], cuts: &[Index]) -> Vec<&'b [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([bytes.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// Few cases with much in each: every bit, every length.
fn few() -> ProptestConfig {
    ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() }
}

fn many() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn the_verdict_is_that_of_the_textbook(
        sent in delivery(300),
        other in any_secret(),
        forged in any::<bool>(),
    ) {
        let mut receiver = sent.clone();
        if forged {
            receiver.secret = other;
        }
        // Not whether the secrets are equal: HMAC takes `a` and `a\0` for the same key.
        let expected = receiver.tag() == sent.tag();
        prop_assert_eq!(receiver.judge(&sent.head()).is_ok(), expected);
    }

    #[test]
    fn the_receipt_says_what_was_signed(sent in delivery(100)) {
        let receipt = sent.judge(&sent.head()).unwrap();
        let signed = sent.has_id_and_time();
        prop_assert_eq!(receipt.sender(), sent.sender.name());
        prop_assert!(receipt.is_body_signed());
        prop_assert_eq!(receipt.secret_label(), Some("1"));
        prop_assert_eq!(receipt.encoding(), Some(sent.encoding));
        prop_assert_eq!(receipt.delivery_id(), signed.then_some(sent.id.as_str()));
        prop_assert_eq!(receipt.signed_at(), signed.then_some(sent.now()));
        prop_assert_eq!(receipt.skew(), signed.then_some(0));
        prop_assert_eq!(receipt.received_at(), sent.now());
    }

    #[test]
    fn chunking_makes_no_difference(
        sent in delivery(600),
        cuts in vec(any::<Index>(), 0..20),
        forged in any::<bool>(),
    ) {
        let mut tag = sent.tag();
        if forged {
            flip(&mut tag, 255);
        }
        let head = sent.head_with(&tag);
        let verifier = sent.verifier();
        let mut pending = verifier.begin(sent.now(), head.as_slice()).unwrap();
        for chunk in chunks(&sent.body, &cuts) {
            prop_assert_eq!(pending.feed(chunk), Ok(()));
        }
        let keys = |receipt: Receipt| receipt.replay_key();
        prop_assert_eq!(pending.finish().map(keys), sent.judge(&head).map(keys));
        prop_assert_eq!(sent.judge(&head).is_ok(), !forged);
    }

    #[test]
    fn the_body_limit_is_exact(
        mut sent in delivery(200),
        cuts in vec(any::<Index>(), 0..5),
        over in any::<bool>(),
        later in vec(vec(any::<u8>(), 0..50), 0..3),
    ) {
        let limit = sent.body.len();
        let secret = Secret::new(&sent.secret).unwrap();
        let builder = Verifier::builder(sent.sender).secret(secret).body_limit(limit);
        let verifier = builder.build().unwrap();
        if over {
            sent.body.push(b'x');
        }
        let head = sent.head();
        let mut pending = verifier.begin(sent.now(), head.as_slice()).unwrap();
        let mut fed = 0;
        for chunk in chunks(&sent.body, &cuts) {
            fed += chunk.len();
            let expected = if fed > limit { Err(Rejection::BODY_TOO_LARGE) } else { Ok(()) };
            prop_assert_eq!(pending.feed(chunk), expected);
        }
        if over {
            for chunk in later {
                prop_assert_eq!(pending.feed(&chunk), Err(Rejection::BODY_TOO_LARGE));
            }
            prop_assert_eq!(pending.finish().unwrap_err(), Rejection::BODY_TOO_LARGE);
        } else {
            prop_assert!(pending.finish().is_ok());
        }
    }

    #[test]
    fn other_headers_order_and_case_make_no_difference(
        sent in delivery(50),
        others in vec(("[a-z-]{1,20}", vec(any::<u8>(), 0..20)), 0..6),
        places in vec(any::<Index>(), 3),
        upper in any::<u32>(),
    ) {
        let needed = ["x-databricks-signature", "x-mlflow-delivery-id", "x-mlflow-signature",
            "x-mlflow-timestamp", "x-wandb-signature"];
        prop_assume!(others.iter().all(|(name, _)| !needed.contains(&name.as_str())));
        let mut head = others;
        for ((name, value), place) in sent.head().into_iter().zip(&places) {
            let case = |(place, letter): (usize, char)| match upper >> (place % 32) & 1 {
                0 => letter,
                _ => letter.to_ascii_uppercase(),
            };
            let name = name.chars().enumerate().map(case).collect();
            head.insert(place.index(head.len() + 1), (name, value));
        }
        prop_assert_eq!(sent.judge(&head).unwrap().replay_key(), sent.replay_key());
    }

    #[test]
    fn garbage_never_verifies(
        sent in delivery(100),
        values in vec(vec(any::<u8>(), 0..80), 6),
        kept in any::<u8>(),
    ) {
        // Each header as it was or replaced; the signature always replaced.
        let mut head = sent.head();
        for (place, ((_, value), garbage)) in head.iter_mut().zip(values).enumerate() {
            if place == 0 || kept >> place & 1 == 0 {
                *value = garbage;
            }
        }
        prop_assert!(sent.judge(&head).is_err());
    }

    #[test]
    fn garbage_of_the_right_form_never_verifies(sent in delivery(100), tag in any::<[u8; 32]>()) {
        let verdict = sent.judge(&sent.head_with(&tag));
        prop_assert_eq!(verdict.unwrap_err().code(), "signature_mismatch");
    }

    #[test]
    fn the_tolerance_is_two_sided_and_exact(
        time in any_time(),
        tolerance in prop_oneof![Just(0), Just(1), Just(300), Just(DAY), 0..=DAY],
        millis in 0..1000_u64,
        offset in -2_i64..=2,
        ahead in any::<bool>(),
        anywhere in proptest::option::of(any_time()),
    ) {
        let near = if ahead { time.saturating_add(tolerance) } else { time.saturating_sub(tolerance) };
        let now = anywhere.unwrap_or(near.saturating_add_signed(offset));
        let sent = Delivery {
            sender: Sender::MLFLOW,
            encoding: Encoding::Base64,
            secret: b"secret".to_vec(),
            id: "id".into(),
            time,
            body: b"{}".to_vec(),
        };
        // A fraction of a second counts for nothing.
        let millis = if tolerance == DAY { 0 } else { millis };
        let verifier = Verifier::builder(Sender::MLFLOW)
            .secret(Secret::new("secret").unwrap())
            .tolerance(Duration::from_millis(tolerance * 1000 + millis))
            .build()
            .unwrap();
        let verdict = verifier
            .verify(UnixTime::from_secs(now), sent.head().as_slice(), &sent.body)
            .map(|verified| verified.receipt().skew().unwrap())
            .map_err(|rejection| rejection.code());
        let skew = i128::from(now) - i128::from(time);
        let expected = if skew > tolerance.into() {
            Err("timestamp_too_old")
        } else if -skew > tolerance.into() {
            Err("timestamp_too_new")
        } else {
            Ok(i64::try_from(skew).unwrap())
        };
        prop_assert_eq!(verdict, expected);
    }

    #[test]
    fn the_replay_key_is_that_of_the_documentation(sent in delivery(100)) {
        let mut text = b"verify-replay-key-v1\0".to_vec();
        text.extend(sent.sender.name().as_bytes());
        text.push(0);
        text.extend(sent.tag());
        prop_assert_eq!(sent.replay_key(), <[u8; 32]>::from(Sha256::digest(text)));
    }

    #[test]
    fn the_replay_key_does_not_depend_on_spelling_or_arrival(
        secret in any_secret(),
        body in vec(any::<u8>(), 0..100),
        arrivals in any::<[u64; 4]>(),
    ) {
        let tag = hmac(&secret, &body);
        let secret = Secret::new(secret).unwrap();
        let verifier = Verifier::builder(Sender::WANDB).secret(secret).build().unwrap();
        let padded = base64(&tag);
        let unpadded = padded.trim_end_matches('=').to_owned();
        let spellings = [hex(&tag), hex(&tag).to_uppercase(), unpadded, padded];
        let keys = spellings.iter().zip(arrivals).map(|(spelling, now)| {
            let head = [("x-wandb-signature", spelling)];
            let verified = verifier.verify(UnixTime::from_secs(now), &head, &body).unwrap();
            verified.receipt().replay_key()
        });
        let keys: Vec<_> = keys.collect();
        prop_assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn a_retry_has_the_same_replay_key(mut sent in delivery(100), late in 0..=300_u64) {
        sent.time = sent.time.min(u64::MAX - late);
        let now = UnixTime::from_secs(sent.time + late);
        let retry = sent.verifier();
        let retry = retry.verify(now, sent.head().as_slice(), &sent.body).unwrap();
        prop_assert_eq!(retry.receipt().replay_key(), sent.replay_key());
    }

    #[test]
    fn the_replay_key_differs_for_anything_else(sent in delivery(100)) {
        const NAMESAKE: Sender = Sender::WANDB;
        let key = sent.replay_key();
        let mut changes: Vec<(&str, Delivery)> = Vec::new();
        let mut change = |what, change: fn(&mut Delivery)| {
            let mut other = sent.clone();
            change(&mut other);
            changes.push((what, other));
        };
        // In front, because HMAC fills a short key up with zeros behind it.
        change("secret", |other| other.secret.insert(0, 1));
        change("body", |other| other.body.push(0));
        if sent.has_id_and_time() {
            change("id", |other| {
                let last = if other.id.pop() == Some('a') { 'b' } else { 'a' };
                other.id.push(last);
            });
            change("time", |other| other.time ^= 1);
        }
        for (what, other) in changes {
            prop_assert!(other.replay_key() != key, "{}", what);
        }

        // The same signature in the same header, under another sender's name.
        let renamed = Sender::new("renamed", NAMESAKE.signature_header());
        let keys = [NAMESAKE, renamed].map(|sender| {
            let secret = Secret::new(&sent.secret).unwrap();
            let verifier = Verifier::builder(sender).secret(secret).build().unwrap();
            let head = [(sender.signature_header(), hex(&hmac(&sent.secret, &sent.body)))];
            let verified = verifier.verify(sent.now(), &head, &sent.body).unwrap();
            verified.receipt().replay_key()
        });
        prop_assert!(keys[0] != keys[1]);
    }

    #[test]
    fn without_a_signature_the_replay_key_is_of_token_and_body(
        token in "[!-~]{1,40}",
        other in "[!-~]{1,40}",
        body in vec(any::<u8>(), 0..100),
        now in any_time(),
        cuts in vec(any::<Index>(), 0..4),
    ) {
        prop_assume!(token != other);
        let verifier = Verifier::builder(Sender::WANDB)
            .bearer(&token)
            .bearer(&other)
            // The same token once more, as the sender may have been told to send it.
            .authorization(format!("Bearer {token}"))
            .without_signature()
            .build()
            .unwrap();
        let key = |value: String, body: &[u8]| {
            let head = [("authorization", value)];
            let mut pending = verifier.begin(UnixTime::from_secs(now), &head).unwrap();
            for chunk in chunks(body, &cuts) {
                pending.feed(chunk).unwrap();
            }
            let receipt = pending.finish().unwrap();
            assert!(!receipt.is_body_signed());
            assert_eq!(receipt.received_at(), UnixTime::from_secs(now));
            let nothing = (receipt.secret_label(), receipt.encoding(), receipt.delivery_id());
            assert_eq!(nothing, (None, None, None));
            assert_eq!((receipt.signed_at(), receipt.skew()), (None, None));
            receipt.replay_key()
        };
        let first = key(format!("Bearer {token}"), &body);
        prop_assert_eq!(key(format!("bearer {token}"), &body), first);
        prop_assert_eq!(key(format!("BEARER   {token}"), &body), first);
        prop_assert_ne!(key(format!("Bearer {other}"), &body), first);
        let mut longer = body.clone();
        longer.push(0);
        prop_assert_ne!(key(format!("Bearer {token}"), &longer), first);

        let mut text = b"verify-replay-key-v1\0wandb\0".to_vec();
        text.extend(hmac(&Sha256::digest(&token), &body));
        prop_assert_eq!(first, <[u8; 32]>::from(Sha256::digest(text)));
    }
}

proptest! {
    #![proptest_config(few())]

    #[test]
    fn every_flipped_bit_is_refused(sent in delivery(40)) {
        let head = sent.head();
        prop_assert!(sent.judge(&head).is_ok());

        let mut body = sent.body.clone();
        for bit in 0..body.len() * 8 {
            flip(&mut body, bit);
            let verdict = sent.judge_body(&head, &body);
            prop_assert_eq!(verdict.unwrap_err().code(), "signature_mismatch", "body bit {}", bit);
            flip(&mut body, bit);
        }

        for bit in 0..256 {
            let mut tag = sent.tag();
            flip(&mut tag, bit);
            let verdict = sent.judge(&sent.head_with(&tag));
            prop_assert_eq!(verdict.unwrap_err().code(), "signature_mismatch", "tag bit {}", bit);
        }

        // Id and time, and the signature as text, where upper case is the same hex digit.
        for place in 0..head.len() {
            for bit in 0..head[place].1.len() * 8 {
                let mut changed = head.clone();
                flip(&mut changed[place].1, bit);
                let same = place == 0
                    && sent.encoding == Encoding::Hex
                    && changed[place].1.eq_ignore_ascii_case(&head[place].1);
                let what = (&head[place].0, bit);
                prop_assert_eq!(sent.judge(&changed).is_ok(), same, "{:?}", what);
            }
        }
    }

    #[test]
    fn every_truncated_or_extended_header_is_refused(
        sent in delivery(40),
        extra in vec(any::<u8>(), 1..70),
    ) {
        let head = sent.head();
        prop_assert!(sent.judge(&head).is_ok());
        for place in 0..head.len() {
            let value = &head[place].1;
            let cut = (0..value.len()).flat_map(|end| [&value[..end], &value[end + 1..]]);
            let grown = [[value, extra.as_slice()].concat(), [extra.as_slice(), value].concat(),
                [value.as_slice(), value].concat()];
            for changed in cut.map(<[u8]>::to_vec).chain(grown) {
                let mut head = head.clone();
                head[place].1 = changed;
                prop_assert!(sent.judge(&head).is_err(), "{:?}", head[place]);
            }
        }
    }
}

#[cfg(feature = "alloc")]
proptest! {
    #![proptest_config(many())]

    #[test]
    fn what_is_collected_is_what_was_hashed(
        sent in delivery(200),
        cuts in vec(any::<Index>(), 0..5),
        fault in 0..3_u8,
    ) {
        use std::sync::Arc;
        use verify_core::Pending;

        let (forged, over) = (fault == 1, fault == 2);
        let mut tag = sent.tag();
        if forged {
            flip(&mut tag, 0);
        }
        let secret = Secret::new(&sent.secret).unwrap();
        let builder = Verifier::builder(sent.sender).secret(secret).body_limit(sent.body.len());
        let verifier = Arc::new(builder.build().unwrap());
        let head = sent.head_with(&tag);
        let begin = || Pending::begin(Arc::clone(&verifier), sent.now(), head.as_slice()).unwrap();
        let mut collector = begin().collect();
        let mut fed: Vec<u8> = Vec::new();
        for chunk in chunks(&sent.body, &cuts) {
            fed.extend(chunk);
            prop_assert_eq!(collector.feed(chunk.to_vec()), Ok(()));
            prop_assert_eq!(collector.buffer(), &fed);
            prop_assert_eq!(collector.room(), sent.body.len() - fed.len());
        }
        if over {
            prop_assert_eq!(collector.feed(vec![0]), Err(Rejection::BODY_TOO_LARGE));
        }
        match collector.finish() {
            Ok(verified) => {
                prop_assert_eq!(fault, 0);
                let (receipt, body) = verified.into_parts();
                prop_assert_eq!(receipt.replay_key(), sent.replay_key());
                prop_assert_eq!(body, fed);
            }
            Err(unverified) => {
                let code = if forged { "signature_mismatch" } else { "body_too_large" };
                prop_assert_eq!(unverified.rejection().code(), code);
                prop_assert!(fault != 0);
                // Without the chunk that was refused.
                prop_assert_eq!(unverified.dangerous_into_unverified(), fed);
            }
        }

        let mut given_up = begin().collect();
        given_up.feed(Vec::new()).unwrap();
        prop_assert_eq!(given_up.dangerous_into_unverified(), Vec::<u8>::new());
    }
}

#[cfg(feature = "sign")]
proptest! {
    #![proptest_config(many())]

    #[test]
    fn what_is_signed_verifies(sent in delivery(300), late in 0..=300_u64) {
        use verify_core::Signer;

        // In the first of the sender's encodings, and in the only one.
        for sender in [sent.sender, sent.pinned()] {
            let signer = Signer::new(sender, Secret::new(&sent.secret).unwrap()).unwrap();
            let signed = signer.sign(sent.now(), &sent.id, &sent.body).unwrap();
            let head: Vec<(&str, &str)> = signed.iter().collect();

            // Exactly the headers that the textbook makes.
            let first = Delivery { encoding: sender.encodings()[0], ..sent.clone() }.head();
            let mut expected: Vec<(&str, &[u8])> =
                first.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            expected.rotate_left(1);
            let bytes: Vec<_> =
                head.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
            prop_assert_eq!(bytes, expected);

            let secret = Secret::new(&sent.secret).unwrap();
            let verifier = Verifier::builder(sender).secret(secret).build().unwrap();
            let now = UnixTime::from_secs(sent.time.saturating_add(late));
            let verified = verifier.verify(now, head.as_slice(), &sent.body).unwrap();
            prop_assert_eq!(*verified.body(), sent.body.as_slice());
        }
    }
}

#[cfg(feature = "sign")]
#[test]
fn a_signer_refuses_an_id_that_a_verifier_would_refuse() {
    use verify_core::Signer;

    let signer = Signer::new(Sender::MLFLOW, Secret::new("secret").unwrap()).unwrap();
    for id in ["", "a.1", "a b", "a\n", "\u{e9}", &"a".repeat(65)] {
        let rejection = signer.sign(UnixTime::from_secs(1), id, b"").unwrap_err();
        assert_eq!(rejection.code(), "malformed_delivery_id", "{id:?}");
        assert_eq!(rejection.header(), Some("x-mlflow-delivery-id"));
    }
    // Where no id is signed, none is looked at.
    let signer = Signer::new(Sender::WANDB, Secret::new("secret").unwrap()).unwrap();
    assert!(signer.sign(UnixTime::from_secs(1), "a.1", b"").is_ok());
}

#[cfg(feature = "sign")]
#[test]
fn signed_headers_are_shown_as_they_are_sent() {
    use verify_core::Signer;

    let signer = Signer::new(Sender::DATABRICKS, Secret::new("secret").unwrap()).unwrap();
    let signed = signer.sign(UnixTime::from_secs(1), "", b"{}").unwrap();
    let shown = format!("{{\"x-databricks-signature\": \"{}\"}}", hex(&hmac(b"secret", b"{}")));
    assert_eq!(format!("{signed:?}"), shown);
}
