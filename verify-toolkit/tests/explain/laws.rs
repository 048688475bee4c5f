//! What holds for every secret and every body.

use proptest::prelude::*;
use verify_toolkit::{
    Delivery, SecretEncoding, Sender, WireRequest,
    explain::{Cause, Conclusion, Explainer},
};

use crate::case::{NOW, hmac, with};

fn sender() -> impl Strategy<Value = Sender> {
    prop::sample::select(Sender::ALL)
}

/// A secret as the sender has them.
fn of(sender: Sender, secret: &[u8]) -> Vec<u8> {
    match sender.secret_encoding() {
        SecretEncoding::Verbatim => secret.to_vec(),
        encoding => encoding.write(secret).into_bytes(),
    }
}

/// Bodies as they come, and others.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(verify_toolkit::samples::ALL).prop_map(|sample| sample.body.into()),
        prop::collection::btree_map("[a-z/é]{1,4}", any::<i16>(), 0..9)
            .prop_map(|fields| serde_json::to_vec(&fields).unwrap_or_default()),
        "[ -~\n\t\"{}:,é😀]{0,60}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Two secrets have nothing to do with each other: nothing is named, and that is said.
    #[test]
    fn a_merely_wrong_secret_has_no_cause(
        sender in sender(),
        signs in prop::collection::vec(1_u8.., 8..40),
        has in "[0-9a-zA-Z][ -~]{8,40}",
        body in body(),
    ) {
        // What is not JSON is said to be odd.
        prop_assume!(serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok());
        prop_assume!(!body.windows(3).any(|bytes| bytes == "\u{fffd}".as_bytes()));
        let [signs, has] = [&signs[..], has.as_bytes()].map(|secret| of(sender, secret));
        let request = Delivery::new(sender, body).sign(&signs, NOW).unwrap();
        let explanation = Explainer::new(&request, NOW).secret("a", &has).explain();
        prop_assert!(explanation.findings().is_empty(), "{}", explanation);
        prop_assert_eq!(explanation.conclusion(), Conclusion::OtherSecret);
        prop_assert!(explanation.verdict().is_err());
    }

    /// Whatever the secret and the body are, a newline behind the secret is found.
    #[test]
    fn a_newline_behind_any_secret_is_found(
        sender in sender(),
        secret in "[!-~]{8,40}",
        body in body(),
    ) {
        let secret = of(sender, secret.as_bytes());
        let request = Delivery::new(sender, body).sign(&secret, NOW).unwrap();
        let with_newline = [&secret[..], b"\n"].concat();
        let explanation = Explainer::new(&request, NOW).secret("a", &with_newline).explain();
        prop_assert_eq!(explanation.causes().collect::<Vec<_>>(), [Cause::SecretTrailingNewline]);
    }

    /// Nor does the same question ever have another answer.
    #[test]
    fn nothing_hostile_makes_it_panic(
        headers in prop::collection::vec((
            prop_oneof![
                prop::sample::select(vec![
                    "x-mlflow-signature", "X_MLFLOW_SIGNATURE", "x-mlflow-timestamp", "x-mlflow-delivery-id",
                    "x-databricks-signature", "authorization", "content-length", "content-encoding", "webhook-signature",
                ]).prop_map(str::to_owned),
                "[ -~é]{0,12}",
            ],
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                "(v1,)?[0-9a-f%+/=, \"]{0,70}".prop_map(String::into_bytes),
                "[0-9]{0,22}".prop_map(String::into_bytes),
            ],
        ), 0..6),
        secret in prop::collection::vec(any::<u8>(), 0..40),
        body in prop_oneof![
            body(),
            "[\\[\\]{}\":,a0]{0,60}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(|tail| [&[0x1f, 0x8b, 8][..], &tail].concat()),
        ],
        path in "[ -~é]{0,20}",
    ) {
        let request = WireRequest { method: "POST".into(), path, headers, body };
        for sender in Sender::ALL {
            let explainer = Explainer::new(&request, NOW).sender(*sender).secret("a", &secret).bearer(&secret);
            let explanation = explainer.clone().work_limit(100_000).explain();
            prop_assert_eq!(explanation.to_string(), explainer.work_limit(100_000).explain().to_string());
        }
        let _ = Explainer::new(&request, None).secret("a", &secret).work_limit(100_000).explain();
    }
}

/// A digest in another header proves nothing about a key.
#[test]
fn a_digest_of_the_body_is_not_taken_for_a_signature() {
    let mut request = Delivery::databricks("{}").sign("right", NOW).unwrap();
    let digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    request.headers.push(("x-amz-content-sha256".into(), digest.into()));
    let explanation = Explainer::new(&request, NOW).secret("a", "wrong").explain();
    assert!(explanation.findings().is_empty(), "{explanation}");
    // Nor is a MAC that is made with another secret.
    assert_ne!(hmac("right", "{}"), hmac("wrong", "{}"));
}

/// A small body that grows without end is given up, and that is said.
#[test]
fn a_compression_bomb_is_given_up() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..20 {
        encoder.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    let request = Delivery::databricks(encoder.finish().unwrap()).sign("right", NOW).unwrap();
    let explanation = Explainer::new(&request, NOW).secret("a", "wrong").explain();
    assert!(explanation.is_cut_short());
}

/// Depth is what a parser of JSON is attacked with.
#[test]
fn a_deep_document_is_given_up() {
    let causes = |body: String| {
        let request = Delivery::databricks(body).sign("right", NOW).unwrap();
        let explanation = Explainer::new(&request, NOW).secret("a", "wrong").explain();
        explanation.causes().collect::<Vec<_>>()
    };
    let deep = "[".repeat(100_000);
    assert_eq!(causes(deep.clone() + &"]".repeat(100_000)), []);
    assert_eq!(causes(deep), [Cause::BodyBreaksOff]);
}

/// Each value of one signed header is tried with each of the other.
#[test]
fn only_so_many_values_of_a_signed_header_are_tried() {
    let mut request = Delivery::mlflow("{}").sign("right", NOW).unwrap();
    let work = |request: &WireRequest| {
        let explanation = Explainer::new(request, NOW).secret("a", "wrong").explain();
        let json: serde_json::Value = serde_json::from_str(&explanation.to_json()).unwrap();
        (explanation.is_cut_short(), json["work_bytes"].as_u64().unwrap())
    };
    let (is_cut_short, usual) = work(&request);
    assert!(!is_cut_short);
    let parts: Vec<_> = (0..40).map(|part| part.to_string()).collect();
    for header in ["x-mlflow-delivery-id", "x-mlflow-timestamp"] {
        request = with(request, header, parts.join(","));
    }
    let (is_cut_short, most) = work(&request);
    assert!(is_cut_short && most < 10 * usual, "{most} and {usual}");
}

#[test]
fn alphabetical_order_is_remarkable_only_where_another_was_measured() {
    let body = r#"{"entity_name":"acme","event_author":"ada","event_type":"RUN_STATE","project_name":"m"}"#;
    let request = Delivery::wandb(body).sign("the right secret", NOW).unwrap();
    let explanation = Explainer::new(&request, NOW).secret("a", "another secret").explain();
    assert_eq!(explanation.conclusion(), Conclusion::OtherSecret, "{explanation}");
}

/// What a request is full of is bounded before it is read, not after.
#[test]
fn a_query_full_of_signatures_is_given_up() {
    let explained = |count: usize, limit: u64| {
        let mut request = Delivery::databricks("{}").sign("right", NOW).unwrap();
        let value = "ab".repeat(32);
        let fields: Vec<_> = (0..count).map(|field| format!("f{field}={value}{field:x}")).collect();
        request.path = format!("/?{}", fields.join("&"));
        Explainer::new(&request, NOW).secret("a", "wrong").work_limit(limit).explain()
    };
    let limit = Explainer::DEFAULT_WORK_LIMIT;
    let (some, many) = (explained(3, limit), explained(40_000, limit));
    assert!(!some.is_cut_short() && many.is_cut_short());
    // The first ones are read and the others are not: it is no more work.
    assert!(many.work() < some.work() + 10_000_000, "{} and {}", many.work(), some.work());
    // Looking for signatures is work too.
    assert!(explained(64, 10_000).is_cut_short() && explained(64, 10_000).work() <= 10_000);
}

/// What is written to be hashed counts as much as what is hashed.
#[test]
fn documents_that_grow_are_given_up() {
    let explained = |body: String, limit: u64| {
        let request = Delivery::databricks(body).sign("right", NOW).unwrap();
        Explainer::new(&request, NOW).secret("a", "wrong").work_limit(limit).explain()
    };
    let lists = format!("[{}]", vec!["[]"; 30_000].join(","));
    let deep = format!("{}{}1{}", "[".repeat(120), "1,".repeat(10_000), "]".repeat(120));
    let numbers = format!("[{}]", vec!["1.5"; 30_000].join(","));
    let names: Vec<_> = (0..30_000).map(|name| format!("\"{name}\":1")).collect();
    for body in [lists, deep, numbers, format!("{{{}}}", names.join(","))] {
        let explanation = explained(body, 20_000_000);
        assert!(explanation.is_cut_short() && explanation.work() <= 20_000_000);
    }
}
