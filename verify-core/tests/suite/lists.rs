//! What a description can say beyond one signature over a verbatim secret: a list of signatures, a
//! secret that is decoded, and retries that are signed anew.

use core::time::Duration;

use verify_core::{
    ConfigError, Encoding, Receipt, Rejection, RejectionKind, RetryAfter, Secret, SecretEncoding,
    Sender, SignedPart, UnixTime, Verifier, VerifierBuilder,
};

use crate::common::{base64, hmac};

const NOW: u64 = 1_795_290_782;
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
const BODY: &[u8] = br#"{"type":"contact.created"}"#;
const KEYS: [&[u8]; 5] = [b"one", b"two", b"three", b"four", b"five"];
const LIST: Sender = Sender::new("listing", "x-signature")
    .with_prefix("v1,")
    .with_encodings(&[Encoding::Base64, Encoding::Hex])
    .with_signed_parts(&[
        SignedPart::DeliveryId("x-id"),
        SignedPart::Text("."),
        SignedPart::Timestamp("x-time"),
        SignedPart::Text("."),
    ])
    .with_secret_encoding(SecretEncoding::Base64)
    .with_signature_list(4)
    .with_retries_signed_anew();

fn secret(key: &[u8]) -> Secret {
    Secret::new(format!("whsec_{}", base64(key))).unwrap()
}

fn builder(keys: &[&[u8]]) -> VerifierBuilder {
    keys.iter().fold(Verifier::builder(LIST), |builder, key| builder.secret(secret(key)))
}

fn tag(key: &[u8], id: &str, time: u64) -> [u8; 32] {
    hmac(key, &[format!("{id}.{time}.").as_bytes(), BODY].concat())
}

fn signature(key: &[u8]) -> String {
    format!("v1,{}", base64(&tag(key, ID, NOW)))
}

/// Judges in one call and in chunks, which must come to the same.
fn judge(verifier: &Verifier, list: &str) -> Result<Receipt, Rejection> {
    judge_at(verifier, list, ID, NOW)
}

fn judge_at(verifier: &Verifier, list: &str, id: &str, time: u64) -> Result<Receipt, Rejection> {
    let time_text = time.to_string();
    let headers = [("x-signature", list), ("x-id", id), ("x-time", time_text.as_str())];
    let now = UnixTime::from_secs(time);
    let whole = verifier.verify(now, &headers, BODY).map(|verified| *verified.receipt());
    let chunked = verifier.begin(now, &headers).and_then(|mut pending| {
        BODY.chunks(5).try_for_each(|chunk| pending.feed(chunk))?;
        pending.finish()
    });
    let known = |verdict: &Result<Receipt, Rejection>| {
        verdict.map(|receipt| (receipt.replay_key(), format!("{receipt:?}")))
    };
    assert_eq!(known(&whole), known(&chunked));
    whole
}

#[test]
fn any_of_the_signatures_may_fit_any_of_the_secrets() {
    let verifier = builder(&KEYS[..4]).build().unwrap();
    let wrong = format!("v1,{}", base64(&[7; 32]));
    for (number, key) in KEYS[..4].iter().enumerate() {
        for place in 0..4 {
            let mut list = vec![wrong.clone(); 4];
            list[place] = signature(key);
            let receipt = judge(&verifier, &list.join(" ")).unwrap();
            assert_eq!(receipt.secret_label(), Some(["1", "2", "3", "4"][number]));
        }
    }
    let list = vec![wrong; 4].join(" ");
    assert_eq!(judge(&verifier, &list).unwrap_err().kind(), RejectionKind::SignatureMismatch);
    let stranger = judge(&verifier, &signature(KEYS[4])).unwrap_err();
    assert_eq!(stranger.kind(), RejectionKind::SignatureMismatch);
}

#[test]
fn the_receipt_tells_the_encoding_of_the_signature_that_fits() {
    let verifier = builder(&KEYS[..1]).build().unwrap();
    let wrong = format!("v1,{}", base64(&[7; 32]));
    let hex = format!("v1,{}", crate::common::hex(&tag(KEYS[0], ID, NOW)));
    for (list, encoding) in [
        (format!("{wrong} {hex}"), Encoding::Hex),
        (format!("{hex} {wrong}"), Encoding::Hex),
        (format!("{wrong} {wrong} {}", signature(KEYS[0])), Encoding::Base64),
    ] {
        assert_eq!(judge(&verifier, &list).unwrap().encoding(), Some(encoding));
    }
}

#[test]
fn other_versions_are_skipped_and_count_for_nothing() {
    let verifier = builder(&KEYS[..1]).build().unwrap();
    let right = signature(KEYS[0]);
    let other = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    for list in [
        format!("{other} {right}"),
        format!("{right} {other}"),
        format!(" {right}  nonsense V1,x v2,y ,"),
        format!("{} {right}", [other; 100].join(" ")),
    ] {
        assert!(judge(&verifier, &list).is_ok(), "{list}");
    }
    for list in ["", " ", other, "v1", "v1a,x v2,x", &right[3..], &right.replace(',', " ")] {
        let kind = judge(&verifier, list).unwrap_err().kind();
        assert_eq!(kind, RejectionKind::MalformedSignature, "{list}");
    }
}

#[test]
fn more_signatures_than_are_tried_are_refused() {
    let verifier = builder(&KEYS[..1]).build().unwrap();
    let right = signature(KEYS[0]);
    let wrong = format!("v1,{}", base64(&[7; 32]));
    let of = |count: usize| [vec![wrong.as_str(); count], vec![right.as_str()]].concat().join(" ");
    assert!(judge(&verifier, &of(3)).is_ok());
    for list in [
        of(4),
        of(100),
        format!("{right} v1,"),
        format!("v1,x {right}"),
        format!("{right} {right}="),
        format!("{right} v1,{}", &right[4..]),
        right.replace('=', ""),
        format!("{right},{right}"),
    ] {
        let rejection = judge(&verifier, &list).unwrap_err();
        assert_eq!(rejection.kind(), RejectionKind::MalformedSignature, "{list}");
        assert_eq!(rejection.header(), Some("x-signature"));
    }
    // The number is the description's.
    let two = Verifier::builder(LIST.with_signature_list(2)).secret(secret(KEYS[0]));
    let two = two.build().unwrap();
    assert!(judge(&two, &of(1)).is_ok());
    assert_eq!(judge(&two, &of(2)).unwrap_err().kind(), RejectionKind::MalformedSignature);
}

#[test]
fn a_retry_that_is_signed_anew_has_the_same_key() {
    let verifier = builder(&KEYS[..1]).build().unwrap();
    let at = |id: &str, time: u64| {
        let list = format!("v1,{}", base64(&tag(KEYS[0], id, time)));
        judge_at(&verifier, &list, id, time).unwrap()
    };
    let first = at(ID, NOW);
    let retry = at(ID, NOW + 90_000);
    assert_eq!(first.replay_key(), retry.replay_key());
    assert_ne!(first.replay_key(), at("msg_another", NOW).replay_key());
    // The age of this attempt says nothing of the delivery's.
    assert_eq!(retry.retry_after(), RetryAfter::AGE_UNKNOWN);
    let late = {
        let list = signature(KEYS[0]);
        let time = NOW.to_string();
        let headers = [("x-signature", &*list), ("x-id", ID), ("x-time", &*time)];
        let verified = verifier.verify(UnixTime::from_secs(NOW + 200), &headers, BODY);
        *verified.unwrap().receipt()
    };
    assert_eq!(late.retry_after(), RetryAfter::AGE_UNKNOWN);

    // As it is documented.
    use sha2::{Digest, Sha256};
    let identity = hmac(KEYS[0], [b"\0verify-replay-id-v1\0", ID.as_bytes()].concat().as_slice());
    let text = [&b"verify-replay-key-v1\0listing\0"[..], &identity].concat();
    assert_eq!(first.replay_key(), <[u8; 32]>::from(Sha256::digest(text)));
}

#[test]
fn a_signature_left_out_of_a_list_makes_no_new_delivery_of_it() {
    let verifier = builder(&KEYS[..2]).build().unwrap();
    let [one, two] = [signature(KEYS[0]), signature(KEYS[1])];
    let sent = judge(&verifier, &format!("{one} {two}")).unwrap();
    for list in [one.clone(), two.clone(), format!("{two} {one}"), format!("{one} {one} {two}")] {
        let again = judge(&verifier, &list).unwrap();
        assert_eq!(again.replay_key(), sent.replay_key(), "{list}");
    }
}

#[test]
fn endpoints_with_other_secrets_have_other_keys() {
    let [one, other] = [0, 1].map(|n| {
        let verifier = builder(&KEYS[n..=n]).build().unwrap();
        judge(&verifier, &signature(KEYS[n])).unwrap().replay_key()
    });
    assert_ne!(one, other);
    // A new secret behind the old one changes no key.
    let both = builder(&KEYS[..2]).build().unwrap();
    assert_eq!(judge(&both, &signature(KEYS[1])).unwrap().replay_key(), one);
}

#[test]
fn a_secret_is_decoded_or_refused() {
    let key = [0x5a_u8; 128];
    let encoded = base64(&key);
    let bare = encoded.trim_end_matches('=');
    let accepts = |sender: Sender, text: &str, key: &[u8]| {
        let verifier =
            Verifier::builder(sender).secret(Secret::new(text).unwrap()).build().unwrap();
        judge(&verifier, &signature(key)).is_ok()
    };
    for text in [&encoded, bare, &format!("whsec_{encoded}"), &format!("whsec_{bare}")] {
        assert!(accepts(LIST, text, &key), "{text}");
    }
    let verbatim = LIST.with_secret_encoding(SecretEncoding::Verbatim);
    assert!(accepts(verbatim, "whsec_b25l", b"whsec_b25l"));
    assert!(!accepts(verbatim, "whsec_b25l", b"one"));
    assert!(accepts(LIST, "whsec_b25l", b"one"));

    let too_long = base64(&[0x5a; 129]);
    for text in [
        "a secret",
        "whsec_",
        "=",
        "==",
        "whsec_AAAA",
        "whsec_b25l\n",
        " whsec_b25l",
        "whsec_b25l===",
        "whsec_b25lZA===",
        "WHSEC_b25l",
        "whsec_whsec_b25l",
        "whsec_b25_",
        "whsec_b25lZB==",
        "v1,whsec_b25l",
        &too_long,
    ] {
        let build = || Verifier::builder(LIST).secret(Secret::new(text).unwrap()).build();
        assert_eq!(build().unwrap_err(), ConfigError::SecretUndecodable, "{text}");
    }
    let text = ConfigError::SecretUndecodable.to_string();
    assert_eq!(
        text,
        "`secret` does not decode: this sender's secrets are base64 of 1 to 128 bytes that are not \
         all zero, such as `whsec_...`; copy it again"
    );
}

#[cfg(feature = "sign")]
#[test]
fn what_is_signed_verifies() {
    use verify_core::Signer;

    let now = UnixTime::from_secs(NOW);
    let signed = Signer::new(LIST, secret(KEYS[0])).unwrap().sign(now, ID, BODY).unwrap();
    let list = signed.iter().find(|(name, _)| *name == "x-signature").unwrap().1;
    assert_eq!(list, signature(KEYS[0]));
    assert!(judge(&builder(&KEYS[..1]).build().unwrap(), list).is_ok());
    let error = Signer::new(LIST, Secret::new("no base64").unwrap()).unwrap_err();
    assert_eq!(error, ConfigError::SecretUndecodable);
}

#[test]
fn a_running_verifier_keeps_its_decoded_secrets() {
    let both = builder(&KEYS[..1]).build().unwrap().to_builder().secret(secret(KEYS[1]));
    let both = both.tolerance(Duration::from_secs(10)).build().unwrap();
    assert_eq!(judge(&both, &signature(KEYS[0])).unwrap().secret_label(), Some("1"));
    assert_eq!(judge(&both, &signature(KEYS[1])).unwrap().secret_label(), Some("2"));
}

#[test]
fn a_description_that_is_not_safe_is_refused() {
    const BODY_ONLY: Sender = Sender::new("plain", "x-signature");
    for (sender, problem) in [
        (LIST.with_signature_list(0), "`signature_list` is not of 1 to 4 signatures"),
        (LIST.with_signature_list(5), "`signature_list` is not of 1 to 4 signatures"),
        (BODY_ONLY.with_signature_list(2), "`signature_list` needs `retries_signed_anew`"),
        (
            BODY_ONLY.with_retries_signed_anew(),
            "`retries_signed_anew` needs a delivery id in `signed_parts`",
        ),
    ] {
        let error = Verifier::builder(sender).secret(secret(b"one")).build().unwrap_err();
        let ConfigError::SenderInvalid { problem: found, .. } = error else {
            unreachable!("{error}")
        };
        assert_eq!(found, problem);
    }
}
