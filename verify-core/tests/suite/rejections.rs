//! Hostile heads, and the rejection that each one gets.
//!
//! Wherever a value is refused for its form, the signature is one that fits it: only the check in
//! question stands between the head and a receipt.

use verify_core::{
    Encoding, Headers, Rejection, RejectionKind, Secret, Sender, SignedPart, UnixTime, Verifier,
};

use crate::common::{base64, hex, hmac};

const BODY: &[u8] = b"{}";
const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";
const NOW: u64 = 1_795_290_782;
const SECRET: &str = "secret";

const AUTHORIZATION: &str = "authorization";
const DATABRICKS: &str = "x-databricks-signature";
const MLFLOW: &str = "x-mlflow-signature";
const MLFLOW_ID: &str = "x-mlflow-delivery-id";
const MLFLOW_TIME: &str = "x-mlflow-timestamp";
const WANDB: &str = "x-wandb-signature";

/// The sentence for each code, in front of the header's name.
const TEXTS: [(&str, RejectionKind, &str); 10] = [
    (
        "authorization_mismatch",
        RejectionKind::AuthorizationMismatch,
        "header is not an accepted value",
    ),
    ("body_too_large", RejectionKind::BodyTooLarge, "body is larger than the limit"),
    ("header_missing", RejectionKind::HeaderMissing, "header is missing"),
    ("header_repeated", RejectionKind::HeaderRepeated, "header occurs more than once"),
    (
        "malformed_delivery_id",
        RejectionKind::MalformedDeliveryId,
        "header is not a usable delivery id",
    ),
    (
        "malformed_signature",
        RejectionKind::MalformedSignature,
        "header does not decode to a signature of 32 bytes",
    ),
    (
        "malformed_timestamp",
        RejectionKind::MalformedTimestamp,
        "header is not Unix seconds in plain digits",
    ),
    (
        "signature_mismatch",
        RejectionKind::SignatureMismatch,
        "signature does not match any configured secret",
    ),
    (
        "timestamp_too_new",
        RejectionKind::TimestampTooNew,
        "timestamp is ahead by more than the tolerance",
    ),
    ("timestamp_too_old", RejectionKind::TimestampTooOld, "timestamp is older than the tolerance"),
];

/// A code and the header it is about.
type Verdict = Result<(), (&'static str, Option<&'static str>)>;

const ACCEPTED: Verdict = Ok(());

const fn refused(code: &'static str, header: &'static str) -> Verdict {
    Err((code, Some(header)))
}

/// Headers of one request.
#[derive(Clone, Debug)]
struct Head(Vec<(&'static str, Vec<u8>)>);

impl Head {
    fn new<const N: usize>(headers: [(&'static str, &str); N]) -> Self {
        Self(headers.map(|(name, value)| (name, value.into())).into())
    }

    fn and(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, _)| *other != name);
        self
    }

    fn set(self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).and(name, value)
    }

    fn get(&self, name: &str) -> Vec<u8> {
        self.0.iter().find(|(other, _)| *other == name).unwrap().1.clone()
    }
}

fn verifier(sender: Sender) -> Verifier {
    Verifier::builder(sender).secret(Secret::new(SECRET).unwrap()).build().unwrap()
}

/// Requires a signature and a bearer token.
fn guarded(sender: Sender) -> Verifier {
    let secret = Secret::new(SECRET).unwrap();
    Verifier::builder(sender).secret(secret).bearer("token").build().unwrap()
}

/// The head of a genuine MLflow delivery with this id and time, whatever they are.
fn mlflow_with(id: &[u8], time: &[u8]) -> Head {
    let tag = hmac(SECRET.as_bytes(), &[id, b".", time, b".", BODY].concat());
    let signature = format!("v1,{}", base64(&tag));
    Head::new([(MLFLOW, signature.as_str())]).and(MLFLOW_ID, id).and(MLFLOW_TIME, time)
}

fn mlflow() -> Head {
    mlflow_with(ID.as_bytes(), NOW.to_string().as_bytes())
}

fn over_body(header: &'static str) -> Head {
    Head::new([(header, &hex(&hmac(SECRET.as_bytes(), BODY)))])
}

fn text_of(rejection: Rejection) -> String {
    let (_, kind, text) = TEXTS.iter().find(|(code, ..)| *code == rejection.code()).unwrap();
    assert_eq!(rejection.kind(), *kind);
    match rejection.header() {
        Some(header) => format!("{text}: `{header}`"),
        None => (*text).to_owned(),
    }
}

fn judge(verifier: &Verifier, head: &Head, body: &[u8]) -> Verdict {
    let verdict = verifier.verify(UnixTime::from_secs(NOW), head.0.as_slice(), body);
    verdict.map(drop).map_err(|rejection| {
        assert_eq!(rejection.to_string(), text_of(rejection));
        (rejection.code(), rejection.header())
    })
}

#[track_caller]
fn check<const N: usize>(verifier: &Verifier, rows: [(&str, Head, Verdict); N]) {
    for (what, head, expected) in rows {
        assert_eq!(judge(verifier, &head, BODY), expected, "{what}: {head:?}");
    }
}

#[test]
fn every_kind_has_its_sentence() {
    let strict = guarded(Sender::MLFLOW);
    let at = |verifier: &Verifier, now: u64, head: &Head, body: &[u8]| {
        let verdict = verifier.verify(UnixTime::from_secs(now), head.0.as_slice(), body);
        verdict.unwrap_err().to_string()
    };
    let plain = verifier(Sender::MLFLOW);
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    let head = mlflow();
    let rows = [
        (
            at(&strict, NOW, &head.clone().and(AUTHORIZATION, "Bearer x"), BODY),
            "header is not an accepted value: `authorization`",
        ),
        (at(&plain, NOW, &head, &huge), "body is larger than the limit"),
        (at(&strict, NOW, &head, BODY), "header is missing: `authorization`"),
        (
            at(&plain, NOW, &head.clone().and(MLFLOW, ""), BODY),
            "header occurs more than once: `x-mlflow-signature`",
        ),
        (
            at(&plain, NOW, &head.clone().set(MLFLOW_ID, ""), BODY),
            "header is not a usable delivery id: `x-mlflow-delivery-id`",
        ),
        (
            at(&plain, NOW, &head.clone().set(MLFLOW, ""), BODY),
            "header does not decode to a signature of 32 bytes: `x-mlflow-signature`",
        ),
        (
            at(&plain, NOW, &head.clone().set(MLFLOW_TIME, ""), BODY),
            "header is not Unix seconds in plain digits: `x-mlflow-timestamp`",
        ),
        (
            at(&plain, NOW, &head, b"{ }"),
            "signature does not match any configured secret: `x-mlflow-signature`",
        ),
        (
            at(&plain, NOW - 301, &head, BODY),
            "timestamp is ahead by more than the tolerance: `x-mlflow-timestamp`",
        ),
        (
            at(&plain, NOW + 301, &head, BODY),
            "timestamp is older than the tolerance: `x-mlflow-timestamp`",
        ),
    ];
    assert_eq!(rows.len(), TEXTS.len());
    for (text, expected) in rows {
        assert_eq!(text, expected);
    }
    assert_eq!(Rejection::BODY_TOO_LARGE.code(), "body_too_large");
    assert_eq!(Rejection::BODY_TOO_LARGE.header(), None);
}

#[test]
fn each_needed_header_occurs_exactly_once() {
    let bearer = |head: Head| head.and(AUTHORIZATION, "Bearer token");
    for (sender, head, needed) in [
        (
            Sender::DATABRICKS,
            bearer(over_body(DATABRICKS)),
            vec![
                (DATABRICKS, "X-Databricks-Signature", "malformed_signature"),
                (AUTHORIZATION, "AUTHORIZATION", "authorization_mismatch"),
            ],
        ),
        (
            Sender::MLFLOW,
            bearer(mlflow()),
            vec![
                (MLFLOW, "X-MLflow-Signature", "malformed_signature"),
                (MLFLOW_ID, "X-MLflow-Delivery-Id", "malformed_delivery_id"),
                (MLFLOW_TIME, "X-MLflow-Timestamp", "malformed_timestamp"),
                (AUTHORIZATION, "Authorization", "authorization_mismatch"),
            ],
        ),
        (
            Sender::WANDB,
            bearer(over_body(WANDB)),
            vec![
                (WANDB, "X-WANDB-SIGNATURE", "malformed_signature"),
                (AUTHORIZATION, "aUTHORIZATION", "authorization_mismatch"),
            ],
        ),
    ] {
        let verifier = guarded(sender);
        assert_eq!(judge(&verifier, &head, BODY), ACCEPTED);
        for (name, other_case, malformed) in needed {
            let good = head.get(name);
            let joined = |by: &[u8]| [&good, by, &good].concat();
            let repeated = refused("header_repeated", name);
            let malformed = refused(malformed, name);
            check(
                &verifier,
                [
                    ("missing", head.clone().without(name), refused("header_missing", name)),
                    ("empty", head.clone().set(name, ""), malformed),
                    (
                        "other case",
                        head.clone().without(name).and(other_case, good.clone()),
                        ACCEPTED,
                    ),
                    ("same value twice", head.clone().and(name, good.clone()), repeated),
                    ("in another case", head.clone().and(other_case, good.clone()), repeated),
                    ("second empty", head.clone().and(name, ""), repeated),
                    ("second wrong", head.clone().and(name, "x"), repeated),
                    ("first wrong", head.clone().set(name, "x").and(name, good.clone()), repeated),
                    ("three", head.clone().and(name, "x").and(name, good.clone()), repeated),
                    ("joined", head.clone().set(name, joined(b",")), malformed),
                    ("joined with a space", head.clone().set(name, joined(b", ")), malformed),
                    ("folded", head.clone().set(name, joined(b"\r\n ")), malformed),
                ],
            );
        }
    }
}

/// The same signature under every spelling, for receivers that take hex, either, one pinned, or
/// MLflow's.
#[test]
fn spellings_of_a_signature() {
    const HEX: usize = 0;
    const ANY: usize = 1;
    const PINNED_HEX: usize = 2;
    const PINNED_BASE64: usize = 3;
    const PREFIXED: usize = 4;

    // One whose base64 has both characters in which the url-safe alphabet differs.
    let telling = |signed: &dyn Fn(u32) -> Vec<u8>| {
        let candidates = (0..).map(|number| (number, hmac(SECRET.as_bytes(), &signed(number))));
        candidates
            .map(|(number, tag)| (number.to_string(), tag))
            .find(|(_, tag)| base64(tag).contains('+') && base64(tag).contains('/'))
            .unwrap()
    };
    let (body, over_body) = telling(&|number| number.to_string().into_bytes());
    let (id, over_all) = telling(&|number| format!("{number}.{NOW}.{body}").into_bytes());

    let receivers = [
        (Sender::DATABRICKS, over_body),
        (Sender::WANDB, over_body),
        (Sender::WANDB.with_encodings(&[Encoding::Hex]), over_body),
        (Sender::WANDB.with_encodings(&[Encoding::Base64]), over_body),
        (Sender::MLFLOW, over_all),
    ];
    for (receiver, (sender, tag)) in receivers.into_iter().enumerate() {
        let (hex_digits, padded) = (hex(&tag), base64(&tag));
        let unpadded = padded.trim_end_matches('=').to_owned();
        let base64_of = |length: usize| base64(&[tag.as_slice(), &tag].concat()[..length]);
        let hex_of = |length: usize| hex(&[tag.as_slice(), &tag].concat()[..length]);
        // The last character before the padding holds 4 bits of the tag and 2 unused ones.
        let noncanonical = {
            let mut text = unpadded.clone().into_bytes();
            *text.last_mut().unwrap() += 1;
            String::from_utf8(text).unwrap()
        };
        let urlsafe = padded.replace('+', "-").replace('/', "_");
        let with_space = format!("{} {}", &padded[..20], &padded[20..]);
        let with_newline = format!("{}\n{}", &padded[..20], &padded[21..]);

        let nobody: &[usize] = &[];
        let spellings: [(&str, Vec<u8>, &[usize]); 44] = [
            ("hex", hex_digits.clone().into(), &[HEX, ANY, PINNED_HEX]),
            ("upper-case hex", hex_digits.to_uppercase().into(), &[HEX, ANY, PINNED_HEX]),
            ("base64", padded.clone().into(), &[ANY, PINNED_BASE64, PREFIXED]),
            ("unpadded base64", unpadded.clone().into(), &[ANY]),
            ("empty", vec![], nobody),
            ("one character", b"0".into(), nobody),
            ("raw bytes", tag.into(), nobody),
            ("1 byte in hex", hex_of(1).into(), nobody),
            ("16 bytes in hex", hex_of(16).into(), nobody),
            ("31 bytes in hex", hex_of(31).into(), nobody),
            ("33 bytes in hex", hex_of(33).into(), nobody),
            ("64 bytes in hex", hex_of(64).into(), nobody),
            ("1 byte in base64", base64_of(1).into(), nobody),
            ("16 bytes in base64", base64_of(16).into(), nobody),
            // 31 and 33 bytes are 44 characters long, as 32 are.
            ("31 bytes in base64", base64_of(31).into(), nobody),
            ("33 bytes in base64", base64_of(33).into(), nobody),
            ("64 bytes in base64", base64_of(64).into(), nobody),
            ("hex, a digit short", hex_digits[1..].into(), nobody),
            ("hex, a digit more", format!("{hex_digits}0").into(), nobody),
            ("hex with 0x", format!("0x{hex_digits}").into(), nobody),
            ("hex with 0x in it", format!("0x{}", &hex_digits[2..]).into(), nobody),
            ("hex with +f", format!("+f{}", &hex_digits[2..]).into(), nobody),
            ("hex with g", format!("g{}", &hex_digits[1..]).into(), nobody),
            ("hex, not ASCII", format!("\u{e9}{}", &hex_digits[2..]).into(), nobody),
            ("hex, not UTF-8", [b"\xff", &hex_digits.as_bytes()[1..]].concat(), nobody),
            ("hex with a NUL", [b"\0", &hex_digits.as_bytes()[1..]].concat(), nobody),
            ("hex with a space", format!(" {}", &hex_digits[1..]).into(), nobody),
            ("hex with colons", hex_of(22).replace("", ":")[..64].into(), nobody),
            ("space and hex", format!(" {hex_digits}").into(), nobody),
            ("hex and space", format!("{hex_digits} ").into(), nobody),
            ("hex and newline", format!("{hex_digits}\n").into(), nobody),
            ("url-safe base64", urlsafe.clone().into(), nobody),
            ("url-safe unpadded", urlsafe.trim_end_matches('=').into(), nobody),
            ("non-canonical", format!("{noncanonical}=").into(), nobody),
            ("non-canonical unpadded", noncanonical.into(), nobody),
            ("doubly padded", format!("{padded}=").into(), nobody),
            ("padding for a character", format!("{}==", &padded[..42]).into(), nobody),
            ("base64 with a space", with_space.into(), nobody),
            ("base64 with a newline", with_newline.into(), nobody),
            ("space and base64", format!(" {padded}").into(), nobody),
            ("base64 and space", format!("{padded} ").into(), nobody),
            ("base64, not UTF-8", [b"\xff", &padded.as_bytes()[1..]].concat(), nobody),
            ("base64 of hex", base64(hex_digits.as_bytes()).into(), nobody),
            ("10,000 of them", vec![padded; 10_000].join(",").into(), nobody),
        ];
        let header = sender.signature_header();
        let verifier = verifier(sender);
        let time = NOW.to_string();
        for (what, spelling, accepted_by) in spellings {
            let value = [sender.prefix().as_bytes(), &spelling].concat();
            let head = Head::new([(MLFLOW_ID, &id), (MLFLOW_TIME, &time)]).and(header, value);
            let expected = match accepted_by.contains(&receiver) {
                true => ACCEPTED,
                false => refused("malformed_signature", header),
            };
            assert_eq!(judge(&verifier, &head, body.as_bytes()), expected, "{receiver}: {what}");
        }
    }
}

#[test]
fn every_container_of_headers_yields_all_values_of_a_name() {
    let array = [(WANDB, "first"), ("x-other", "x"), ("X-Wandb-Signature", "second")];
    let expected = [&b"first"[..], b"second"];
    assert!(array.values(WANDB).eq(expected));
    assert!(array[..].values(WANDB).eq(expected));
    #[cfg(feature = "alloc")]
    assert!(array.to_vec().values(WANDB).eq(expected));
}

#[test]
fn the_prefix_is_exact() {
    let value = String::from_utf8(mlflow().get(MLFLOW)).unwrap();
    let bare = value.strip_prefix("v1,").unwrap();
    let malformed = refused("malformed_signature", MLFLOW);
    let rows = [
        ("right", value.clone(), ACCEPTED),
        ("missing", bare.into(), malformed),
        ("alone", "v1,".into(), malformed),
        ("cut", format!("1,{bare}"), malformed),
        ("doubled", format!("v1,{value}"), malformed),
        ("upper case", format!("V1,{bare}"), malformed),
        ("another version", format!("v2,{bare}"), malformed),
        ("another separator", format!("v1={bare}"), malformed),
        ("another sender's", format!("sha256={bare}"), malformed),
        ("made up", format!("lol={bare}"), malformed),
        ("and a space", format!("v1, {bare}"), malformed),
        ("behind a space", format!(" {value}"), malformed),
        ("behind the signature", format!("{bare}v1,"), malformed),
        ("of a list", format!("{value} {value}"), malformed),
        ("hex behind it", format!("v1,{}", hex(&[7; 32])), malformed),
    ];
    let verifier = verifier(Sender::MLFLOW);
    for (what, value, expected) in rows {
        assert_eq!(judge(&verifier, &mlflow().set(MLFLOW, value), BODY), expected, "{what}");
    }

    // Where there is none, none is taken off.
    let prefixed = format!("sha256={}", hex(&hmac(SECRET.as_bytes(), BODY)));
    let verdict = judge(&self::verifier(Sender::WANDB), &Head::new([(WANDB, &prefixed)]), BODY);
    assert_eq!(verdict, refused("malformed_signature", WANDB));
}

#[test]
fn delivery_ids() {
    let long = "a".repeat(64);
    let longer = "a".repeat(65);
    let endless = "a".repeat(100_000);
    let malformed = refused("malformed_delivery_id", MLFLOW_ID);
    let rows: [(&str, &[u8], Verdict); 18] = [
        ("a UUID", ID.as_bytes(), ACCEPTED),
        ("one character", b"a", ACCEPTED),
        ("64 characters", long.as_bytes(), ACCEPTED),
        ("every kind of character", b"!~,;:/\\\"{}AZaz09", ACCEPTED),
        ("65 characters", longer.as_bytes(), malformed),
        ("100,000 characters", endless.as_bytes(), malformed),
        ("empty", b"", malformed),
        ("a dot", b".", malformed),
        ("a dot in it", b"a.1", malformed),
        ("a dot in front", b".a", malformed),
        ("a dot behind", b"a.", malformed),
        ("two dots", b"a.1.2", malformed),
        ("a space in it", b"a b", malformed),
        ("a space behind", b"a ", malformed),
        ("a NUL", b"a\0", malformed),
        ("a newline", b"a\n", malformed),
        ("not ASCII", "\u{e9}".as_bytes(), malformed),
        ("not UTF-8", b"a\xff", malformed),
    ];
    let verifier = verifier(Sender::MLFLOW);
    for (what, id, expected) in rows {
        let head = mlflow_with(id, NOW.to_string().as_bytes());
        assert_eq!(judge(&verifier, &head, BODY), expected, "{what}");
    }
}

#[test]
fn the_boundary_between_id_time_and_body_does_not_move() {
    // All of them have the signed text `a.<time>.2.{}`.
    let time = NOW.to_string();
    let genuine = hmac(SECRET.as_bytes(), format!("a.{time}.2.{{}}").as_bytes());
    let head = |id: &str, time: &str| {
        let signature = format!("v1,{}", base64(&genuine));
        Head::new([(MLFLOW, &signature), (MLFLOW_ID, id), (MLFLOW_TIME, time)])
    };
    let verifier = verifier(Sender::MLFLOW);
    let rows = [
        ("genuine", head("a", &time), "2.{}", ACCEPTED),
        (
            "time to the id",
            head(&format!("a.{time}"), "2"),
            "{}",
            refused("malformed_delivery_id", MLFLOW_ID),
        ),
        (
            "body to the time",
            head("a", &format!("{time}.2")),
            "{}",
            refused("malformed_timestamp", MLFLOW_TIME),
        ),
    ];
    for (what, head, body, expected) in rows {
        assert_eq!(judge(&verifier, &head, body.as_bytes()), expected, "{what}");
    }
}

/// An id that is not the first of the signed parts, and ends in something else than a dot.
#[test]
fn delivery_ids_of_ones_own_sender() {
    const OWN: Sender = Sender::new("own", "x-own").with_signed_parts(&[
        SignedPart::Text("v0."),
        SignedPart::Timestamp("x-time"),
        SignedPart::Text("."),
        SignedPart::DeliveryId("x-id"),
        SignedPart::Text(":"),
    ]);
    let verifier = verifier(OWN);
    let malformed = refused("malformed_delivery_id", "x-id");
    for (id, expected) in [("a", ACCEPTED), ("a.b", ACCEPTED), ("a:b", malformed), (":", malformed)]
    {
        let tag = hmac(SECRET.as_bytes(), format!("v0.{NOW}.{id}:{{}}").as_bytes());
        let head = Head::new([("x-own", &hex(&tag)), ("x-id", id), ("x-time", &NOW.to_string())]);
        assert_eq!(judge(&verifier, &head, BODY), expected, "{id}");
    }
}

#[test]
fn timestamps() {
    let malformed = refused("malformed_timestamp", MLFLOW_TIME);
    let too_new = refused("timestamp_too_new", MLFLOW_TIME);
    let too_old = refused("timestamp_too_old", MLFLOW_TIME);
    let rows: [(&[u8], Verdict); 39] = [
        (b"1795290782", ACCEPTED),
        (b"1795290482", ACCEPTED),
        (b"1795290481", too_old),
        (b"1795291082", ACCEPTED),
        (b"1795291083", too_new),
        (b"0", too_old),
        (b"1", too_old),
        (b"179529078", too_old),
        (b"17952907820", too_new),
        // Milliseconds.
        (b"1795290782000", too_new),
        (b"9223372036854775807", too_new),
        (b"9223372036854775808", too_new),
        (b"18446744073709551615", too_new),
        (b"18446744073709551616", malformed),
        // Beyond 64 bits: what wraps around to the right time, and what does not move at the end.
        (b"18446744075504842398", malformed),
        (b"184467440737095516150", malformed),
        (b"99999999999999999999999999999999", malformed),
        (b"-9223372036854775808", malformed),
        (b"-1", malformed),
        (b"-0", malformed),
        (b"+1", malformed),
        (b"+1795290782", malformed),
        (b"-1795290782", malformed),
        (b"00", malformed),
        (b"01795290782", malformed),
        (b"0000000000000000000000001795290782", malformed),
        (b"1795290782.0", malformed),
        (b"1795290782.", malformed),
        (b"1.795290782e9", malformed),
        (b"1_795_290_782", malformed),
        (b"0x6b020f5e", malformed),
        (b"6b020f5e", malformed),
        (b"", malformed),
        (b" 1795290782", malformed),
        (b"1795290782 ", malformed),
        (b"1795290782\n", malformed),
        (b"2026-11-21T19:53:02Z", malformed),
        // Digits, but not ASCII ones; bytes that are not UTF-8.
        ("\u{0661}\u{0667}".as_bytes(), malformed),
        (b"179529078\xb2", malformed),
    ];
    let verifier = verifier(Sender::MLFLOW);
    for (time, expected) in rows {
        let head = mlflow_with(ID.as_bytes(), time);
        assert_eq!(judge(&verifier, &head, BODY), expected, "{}", time.escape_ascii());
    }
}

#[test]
fn authorization() {
    let secret = || Secret::new(SECRET).unwrap();
    let bearer = || Verifier::builder(Sender::WANDB).bearer("token");
    let verbatim = |value| Verifier::builder(Sender::DATABRICKS).authorization(value);
    let rotation = || bearer().bearer("next").authorization("Basic dXNlcjpwdw==").bearer("last");

    let accepted_and_refused: [(_, &[&str], &[&str]); 5] = [
        (
            [bearer().secret(secret()).build(), bearer().without_signature().build()],
            &["Bearer token", "bearer token", "BEARER token", "bEARER  token"],
            &[
                "token",
                "Bearer",
                "Bearer ",
                "Bearertoken",
                "Bearer:token",
                "Bearer Token",
                "Bearer token ",
                "Bearer  ",
                " Bearer token",
                "Bearer toke",
                "Bearer oken",
                "Bearer tokens",
                "Bearer token token",
                "Bearer Bearer token",
                "Bearer \"token\"",
                "Bearer token\0",
                "Bearer\ttoken",
                "Bearer \ttoken",
                "Bearer\u{c}token",
                // Schemes of six characters, one of them with a space in it.
                "Digest token",
                "Basic  token",
                "Basic token",
                "Basic dG9rZW4=",
                "Basic OnRva2Vu",
                "Token token",
                "Beare token",
                "Bearers token",
                "Bearer tok\u{e9}n",
            ],
        ),
        (
            ["Basic dXNlcjpwdw=="; 2].map(|value| verbatim(value).secret(secret()).build()),
            &["Basic dXNlcjpwdw=="],
            &[
                "basic dXNlcjpwdw==",
                "Basic  dXNlcjpwdw==",
                "Basic dXNlcjpwdw=",
                "Basic dXNlcjpwdw",
                "Basic dXNlcjpwdw== ",
                "Basic DXNLCJPWDW==",
                "Bearer dXNlcjpwdw==",
                "dXNlcjpwdw==",
                "user:pw",
            ],
        ),
        (
            ["token abc"; 2].map(|value| verbatim(value).without_signature().build()),
            &["token abc"],
            &["Token abc", "Bearer token abc", "Bearer abc", "token", "token abcd", "token ab"],
        ),
        // A `Bearer` that is given as a whole value is compared as one.
        (
            ["Bearer token"; 2].map(|value| verbatim(value).secret(secret()).build()),
            &["Bearer token"],
            &["bearer token", "Bearer  token", "token"],
        ),
        (
            [rotation().secret(secret()).build(), rotation().without_signature().build()],
            &["Bearer token", "Bearer next", "Basic dXNlcjpwdw==", "bearer last"],
            &["Bearer tokennext", "Bearer dXNlcjpwdw==", "Bearer Basic dXNlcjpwdw==", "Bearer old"],
        ),
    ];
    for (verifiers, accepted, wrong) in accepted_and_refused {
        for verifier in verifiers {
            let verifier = verifier.unwrap();
            let signed = over_body(verifier.sender().signature_header());
            let judge =
                |value: &str| judge(&verifier, &signed.clone().and(AUTHORIZATION, value), BODY);
            for value in accepted {
                assert_eq!(judge(value), ACCEPTED, "{value:?}");
            }
            for value in wrong {
                let mismatch = refused("authorization_mismatch", AUTHORIZATION);
                assert_eq!(judge(value), mismatch, "{value:?}");
            }
        }
    }
}

#[test]
fn a_right_token_does_not_make_up_for_a_wrong_signature() {
    let wrong = hex(&hmac(b"wrong", BODY));
    let head = Head::new([(WANDB, &wrong), (AUTHORIZATION, "Bearer token")]);
    check(
        &guarded(Sender::WANDB),
        [
            ("wrong signature", head.clone(), refused("signature_mismatch", WANDB)),
            ("no signature", head.without(WANDB), refused("header_missing", WANDB)),
            // The token where the signature belongs, and the reverse.
            (
                "swapped",
                Head::new([(AUTHORIZATION, &wrong), (WANDB, "token")]),
                refused("authorization_mismatch", AUTHORIZATION),
            ),
        ],
    );
}

#[test]
fn headers_that_were_not_configured_are_ignored() {
    let strangers = |head: Head| {
        head.and(AUTHORIZATION, "Bearer nobody asked for")
            .and(AUTHORIZATION, b"\xff")
            .and("x-delivery-id", "a.1")
            .and("x-signature", "0")
    };
    let rows = [
        (
            Sender::DATABRICKS,
            over_body(DATABRICKS).and(MLFLOW_ID, ID).and(MLFLOW_TIME, "12").and(WANDB, "x"),
        ),
        (Sender::MLFLOW, mlflow().and(DATABRICKS, "x").and(WANDB, "x")),
        (Sender::WANDB, over_body(WANDB).and(MLFLOW_ID, "").and(MLFLOW_TIME, "0").and(MLFLOW, "x")),
    ];
    for (sender, head) in rows {
        let verifier = verifier(sender);
        let head = strangers(head);
        let now = UnixTime::from_secs(NOW);
        let verified = verifier.verify(now, head.0.as_slice(), BODY).unwrap();
        let receipt = verified.receipt();
        // What is not signed is not in the receipt.
        let signed = sender.timestamp_header().is_some();
        assert_eq!(receipt.delivery_id(), signed.then_some(ID));
        assert_eq!(receipt.signed_at(), signed.then_some(now));
        assert_eq!(receipt.skew(), signed.then_some(0));
    }

    // Without a signature, neither it nor id and time are looked at.
    let verifier =
        Verifier::builder(Sender::MLFLOW).bearer("token").without_signature().build().unwrap();
    let head = Head::new([
        (AUTHORIZATION, "Bearer token"),
        (MLFLOW, "x"),
        (MLFLOW, "x"),
        (MLFLOW_ID, ""),
        (MLFLOW_TIME, "-1"),
    ]);
    let verified = verifier.verify(UnixTime::from_secs(NOW), head.0.as_slice(), BODY).unwrap();
    assert_eq!(verified.receipt().delivery_id(), None);
    assert_eq!(verified.receipt().signed_at(), None);
    assert!(!verified.receipt().is_body_signed());
}

/// Everything is wrong at first, and one thing after the other is put right.
#[test]
fn the_first_of_several_rejections() {
    let secret = Secret::new(SECRET).unwrap();
    let verifier =
        Verifier::builder(Sender::MLFLOW).secret(secret).bearer("token").body_limit(2).build();
    let verifier = verifier.unwrap();
    let head = Head::new([(AUTHORIZATION, "x"), (MLFLOW, "x"), (MLFLOW_ID, ".")]);
    let wrong = format!("v1,{}", base64(&[0; 32]));
    let too_large = Err(("body_too_large", None));
    type Step<'s> = (&'s str, Head, &'s [u8], Verdict);
    let steps: [Step<'_>; 11] = [
        ("nothing", head.clone(), b"[ ]", refused("header_missing", MLFLOW_TIME)),
        (
            "a second time",
            head.clone().and(MLFLOW_TIME, "x").and(MLFLOW_TIME, "x"),
            b"[ ]",
            refused("header_repeated", MLFLOW_TIME),
        ),
        (
            "one time",
            head.clone().and(MLFLOW_TIME, "x"),
            b"[ ]",
            refused("authorization_mismatch", AUTHORIZATION),
        ),
        (
            "authorization",
            head.clone().and(MLFLOW_TIME, "x").set(AUTHORIZATION, "Bearer token"),
            b"[ ]",
            refused("malformed_signature", MLFLOW),
        ),
        (
            "form of the signature",
            mlflow_with(b".", b"x").set(MLFLOW, wrong.as_str()),
            b"[ ]",
            refused("malformed_delivery_id", MLFLOW_ID),
        ),
        (
            "id",
            mlflow_with(b"a", b"x").set(MLFLOW, wrong.as_str()),
            b"[ ]",
            refused("malformed_timestamp", MLFLOW_TIME),
        ),
        (
            "form of the time, too old",
            mlflow_with(b"a", b"1").set(MLFLOW, wrong.as_str()),
            b"[ ]",
            refused("timestamp_too_old", MLFLOW_TIME),
        ),
        (
            "form of the time, too new",
            mlflow_with(b"a", b"1795290782000").set(MLFLOW, wrong.as_str()),
            b"[ ]",
            refused("timestamp_too_new", MLFLOW_TIME),
        ),
        ("time", mlflow().set(MLFLOW, wrong.as_str()), b"[ ]", too_large),
        (
            "length of the body",
            mlflow().set(MLFLOW, wrong),
            BODY,
            refused("signature_mismatch", MLFLOW),
        ),
        ("signature", mlflow(), BODY, ACCEPTED),
    ];
    for (place, (what, head, body, expected)) in steps.into_iter().enumerate() {
        let head = if place > 3 { head.and(AUTHORIZATION, "Bearer token") } else { head };
        assert_eq!(judge(&verifier, &head, body), expected, "{what}");
        // All but the last three are known before any of the body is read.
        let begun = verifier.begin(UnixTime::from_secs(NOW), head.0.as_slice());
        assert_eq!(begun.is_err(), place < 8, "{what}");
    }
}

#[cfg(feature = "http")]
#[test]
fn the_headers_of_http_give_every_value() {
    let mut headers = http::HeaderMap::new();
    let mut add =
        |value| headers.append("x-wandb-signature", http::HeaderValue::from_static(value));
    add("one");
    add("two");
    let values: Vec<_> = Headers::values(&headers, "x-wandb-signature").collect();
    assert_eq!(values, [b"one", b"two"]);
    assert_eq!(Headers::values(&headers, "authorization").count(), 0);
}
