//! Every event of every sender has a sample, which verifies and reads as that event.

use std::collections::BTreeSet;

use verify_toolkit::{
    AnyEvent, Delivery, Secret, Sender, SignError, UnixTime, Verifier, WireRequest, databricks,
    mlflow, samples, wandb,
};

const NOW: UnixTime = UnixTime::from_secs(1_795_290_782);

#[test]
fn there_is_a_sample_for_every_event() {
    let names = |sender| samples::of(sender).map(|sample| sample.event).collect::<BTreeSet<_>>();
    assert_eq!(names("databricks"), databricks::EventKind::NAMES.iter().copied().collect());
    assert_eq!(names("mlflow"), mlflow::EventKind::NAMES.iter().copied().collect());
    // Weights & Biases' list is open.
    assert_eq!(names("wandb").len(), 14);
    // Nor has Standard Webhooks one: these are the specification's.
    assert_eq!(names("standard-webhooks").len(), 2);
    assert_eq!(samples::ALL.len(), 12 + 15 + 2 + 14);
}

#[test]
fn every_sample_verifies_and_reads_as_its_event() {
    for sample in samples::ALL {
        // Base64 as well, so that every sender could have it.
        let secret = "c2hhcmVk";
        let verifier = Verifier::builder(sample.sender).secret(Secret::new(secret).unwrap());
        let verifier = verifier.build().unwrap();
        let request = sample.delivery().sign(secret, NOW).unwrap();
        let verified = verifier.verify(NOW, &request.headers, &request.body[..]).unwrap();
        let event = AnyEvent::read(&verified).unwrap();
        assert!(!format!("{event:?}").contains("Unknown"), "{event:?}");
        assert!(!matches!(
            &event,
            AnyEvent::Wandb(wandb::Variables { event_type: Some(wandb::EventType::Other(_)), .. })
        ));
        // The older name of the same.
        let name = sample.event.replace("LINK_MODEL", "LINK_ARTIFACT");
        assert_eq!(event.name(), Some(&*name));
    }
}

#[test]
fn a_delivery_is_what_it_was_told_to_be() {
    let delivery = Delivery::mlflow("{}")
        .with_path("/hook?tenant=1")
        .with_delivery_id("an-id")
        .with_header("authorization", "Basic dTpw");
    let unsigned = delivery.clone().unsigned();
    assert_eq!((unsigned.method.as_str(), unsigned.path.as_str()), ("POST", "/hook?tenant=1"));
    assert!(unsigned.header("x-mlflow-signature").next().is_none());
    let signed = delivery.sign("shared", NOW).unwrap();
    assert_eq!(signed.header("X-MLflow-Delivery-Id").collect::<Vec<_>>(), [b"an-id"]);
    assert_eq!(signed.header("authorization").collect::<Vec<_>>(), [b"Basic dTpw"]);
    assert_eq!(signed.header("x-mlflow-timestamp").collect::<Vec<_>>(), [b"1795290782"]);

    let another = |delivery: Delivery| {
        let request = delivery.sign("shared", NOW).unwrap();
        request.header("x-mlflow-delivery-id").next().map(<[u8]>::to_vec)
    };
    assert_ne!(another(Delivery::mlflow("{}")), another(Delivery::mlflow("{}")));
}

#[test]
fn what_cannot_be_signed_is_an_error() {
    let empty = Delivery::databricks("{}").sign("", NOW).unwrap_err();
    assert!(matches!(&empty, SignError::Config(_)));
    assert_eq!(empty.to_string(), "`secret` is empty");
    let id = Delivery::mlflow("{}").with_delivery_id("a.b").sign("shared", NOW).unwrap_err();
    assert!(matches!(&id, SignError::DeliveryId(_)));
    assert_eq!(id.to_string(), "header is not a usable delivery id: `x-mlflow-delivery-id`");
}

#[test]
fn it_becomes_the_requests_of_the_frameworks() {
    let signed = Delivery::new(Sender::WANDB, "{}").with_path("/hook").sign("s", NOW).unwrap();
    let request: http::Request<Vec<u8>> = signed.clone().try_into().unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/hook"));
    assert_eq!(request.headers()["content-length"], "2");
    assert!(request.headers().contains_key("x-wandb-signature"));
    assert_eq!(request.body(), b"{}");

    let odd = WireRequest { path: "no path".to_owned(), ..signed };
    assert!(http::Request::<Vec<u8>>::try_from(odd).is_err());
}

#[cfg(feature = "actix")]
#[test]
fn it_becomes_a_request_of_actix() {
    let signed = Delivery::new(Sender::WANDB, "{}").with_path("/hook").sign("s", NOW).unwrap();
    let request: actix_web::test::TestRequest = signed.clone().try_into().unwrap();
    let request = request.to_http_request();
    assert_eq!((request.method().as_str(), request.path()), ("POST", "/hook"));
    assert_eq!(request.headers().get("content-length").unwrap(), "2");
    assert!(request.headers().contains_key("x-wandb-signature"));

    let convert = actix_web::test::TestRequest::try_from;
    assert!(convert(WireRequest { path: "no path".to_owned(), ..signed.clone() }).is_err());
    assert!(convert(WireRequest { method: "NO METHOD".to_owned(), ..signed }).is_err());
}
