//! Standard Webhooks, held against what its official packages for Python and npm signed.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use serde::Deserialize;
use verify_core::{Receipt, Rejection, Secret, Sender, UnixTime, Verifier};

#[derive(Deserialize)]
struct Signed {
    what: String,
    secret: String,
    id: String,
    timestamp: u64,
    body: String,
    signature: String,
}

fn signed() -> Vec<Signed> {
    serde_json::from_str(include_str!("vectors/standard_webhooks.json")).unwrap()
}

impl Signed {
    fn judge(&self, signature: &str, body: &str) -> Result<Receipt, Rejection> {
        let secret = Secret::new(&self.secret).unwrap();
        let verifier = Verifier::builder(Sender::STANDARD_WEBHOOKS).secret(secret).build().unwrap();
        let timestamp = self.timestamp.to_string();
        let headers = [
            ("Webhook-Id", self.id.as_str()),
            ("Webhook-Timestamp", &timestamp),
            ("Webhook-Signature", signature),
        ];
        let now = UnixTime::from_secs(self.timestamp);
        verifier.verify(now, &headers, body.as_bytes()).map(|verified| *verified.receipt())
    }
}

#[test]
fn what_the_official_packages_sign_is_accepted() {
    let signed = signed();
    assert!(signed.len() >= 9);
    for delivery in &signed {
        let receipt = delivery.judge(&delivery.signature, &delivery.body).unwrap();
        assert_eq!(receipt.delivery_id(), Some(&*delivery.id), "{}", delivery.what);
        assert_eq!(receipt.signed_at(), Some(UnixTime::from_secs(delivery.timestamp)));
        let changed = format!("{} ", delivery.body);
        let refused = delivery.judge(&delivery.signature, &changed).unwrap_err();
        assert_eq!(refused.code(), "signature_mismatch", "{}", delivery.what);
    }
}

#[test]
fn the_same_event_tried_again_has_the_same_key() {
    let signed = signed();
    let key = |what: &str| {
        let delivery = signed.iter().find(|delivery| delivery.what.contains(what)).unwrap();
        (
            delivery.judge(&delivery.signature, &delivery.body).unwrap().replay_key(),
            &delivery.signature,
        )
    };
    let (first, signature) = key("the payload of the specification");
    let (retry, signed_anew) = key("tried again 5 minutes later");
    assert_ne!(signature, signed_anew);
    assert_eq!(first, retry);
    assert_ne!(first, key("libraries' tests").0);
}

/// The example of the specification carries an asymmetric signature as well.
#[test]
fn an_asymmetric_signature_beside_it_is_skipped() {
    let signed = signed();
    let asymmetric = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    let delivery = &signed[0];
    for list in [
        format!("{} {asymmetric}", delivery.signature),
        format!("{asymmetric} {}", delivery.signature),
    ] {
        assert!(delivery.judge(&list, &delivery.body).is_ok());
    }
    let alone = delivery.judge(asymmetric, &delivery.body).unwrap_err();
    assert_eq!(alone.code(), "malformed_signature");
}

#[cfg(feature = "sign")]
#[test]
fn the_signer_signs_what_the_official_packages_sign() {
    use verify_core::Signer;

    for delivery in signed() {
        let signer = Signer::new(Sender::STANDARD_WEBHOOKS, Secret::new(&delivery.secret).unwrap());
        let time = UnixTime::from_secs(delivery.timestamp);
        let headers = signer.unwrap().sign(time, &delivery.id, delivery.body.as_bytes()).unwrap();
        let timestamp = delivery.timestamp.to_string();
        assert_eq!(
            headers.iter().collect::<Vec<_>>(),
            [
                ("webhook-id", delivery.id.as_str()),
                ("webhook-timestamp", &timestamp),
                ("webhook-signature", &delivery.signature),
            ]
        );
    }
}

#[cfg(feature = "events")]
mod events {
    use verify_core::{AnyEvent, standard_webhooks::Event};

    const BODY: &[u8] = br#"{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52","n":1e400},"more":1}"#;

    #[test]
    fn the_envelope_is_read_and_the_data_is_the_users() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Contact {
            id: String,
        }
        let event = Event::parse(BODY).unwrap();
        assert_eq!(event.name(), "contact.created");
        assert_eq!(event.time().unwrap().as_millis(), 1_667_507_170_344);
        assert_eq!(event.data::<Contact>().unwrap(), Contact { id: "1f81eb52".to_owned() });
        assert!(event.data::<Vec<u8>>().is_err());
        assert_eq!((event.model(), event.tags().len(), event.is_test()), (None, 0, false));
        // What is written again is what was read, digit for digit.
        let written = serde_json::to_string(&event).unwrap();
        assert_eq!(
            written.as_bytes(),
            [&BODY[..BODY.len() - r#","more":1}"#.len()], b"}"].concat()
        );

        let any = AnyEvent::parse("standard-webhooks", BODY).unwrap();
        assert_eq!(any, AnyEvent::StandardWebhooks(event));
        assert_eq!(any.name(), Some("contact.created"));
    }

    #[test]
    fn what_is_recommended_only_may_be_missing() {
        let event = Event::parse(br#"{"type":"ping"}"#).unwrap();
        assert_eq!((event.name(), event.time()), ("ping", None));
        assert_eq!(event.data::<Option<u8>>().unwrap(), None);
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"type":"ping"}"#);
        for (body, error) in [
            (&b"{}"[..], "`type`: missing"),
            (br#"{"type":{}}"#, "`type`: expected a string"),
            (br#"{"type":"a","type":"b"}"#, "`type`: expected one value"),
            (br#"{"type":"a","data":1,"data":2}"#, "`data`: expected one value"),
        ] {
            assert_eq!(Event::parse(body).unwrap_err().to_string(), error);
        }
    }
}
