//! Deliveries of every sender, recorded and signed, and what becomes of forged ones.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::Path};

use minimal::{Refusal, Secret, Sender, Told, UnixTime, Verifier, receive};
use verify_core::databricks::Stage;
use verify_toolkit::{Capture, Delivery, Forgery, WireRequest, samples};

/// Base64 as well, so that every sender could have it.
const SECRET: &str = "c2hhcmVk";
const NOW: UnixTime = UnixTime::from_secs(1_795_290_784);

fn verifier(sender: Sender, secret: &str) -> Verifier {
    Verifier::builder(sender).secret(Secret::new(secret).unwrap()).build().unwrap()
}

fn judge(sender: Sender, request: &WireRequest) -> Result<Told, Refusal> {
    receive(&verifier(sender, SECRET), NOW, &request.headers, &request.body)
}

/// `recorded` has what MLflow 3.17.2 sent: three of the files in `verify-core/tests/fixtures/mlflow`.
#[test]
fn what_a_real_mlflow_sent_is_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let mut accepted = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let capture = Capture::read(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let verifier = verifier(Sender::MLFLOW, capture.secret.as_ref().unwrap());
        let request = &capture.request;
        let told =
            receive(&verifier, capture.received_at.unwrap(), &request.headers, &request.body);
        let told = told.unwrap();
        assert_eq!(told.receipt.sender(), "mlflow");
        assert!(mlflow_names().any(|name| Some(name) == told.event.name()), "{told:?}");
        accepted += 1;
    }
    assert_eq!(accepted, 3);
}

fn mlflow_names() -> impl Iterator<Item = &'static str> {
    samples::of("mlflow").map(|sample| sample.event)
}

#[test]
fn every_sample_is_read_and_every_forgery_of_it_is_refused() {
    for sample in samples::ALL {
        let genuine = sample.delivery().sign(SECRET, NOW).unwrap();
        let told = judge(sample.sender, &genuine).unwrap();
        // The older name of the same event.
        let event = if sample.event == "LINK_MODEL" { "LINK_ARTIFACT" } else { sample.event };
        assert_eq!((told.receipt.sender(), told.event.name()), (sample.sender.name(), Some(event)));

        for forgery in Forgery::ALL {
            let Ok(forged) = sample.delivery().forge(*forgery, SECRET, NOW) else { continue };
            let refusal = judge(sample.sender, &forged).unwrap_err();
            assert_eq!(refusal.answer(), (401, Some(("www-authenticate", "HMAC-SHA256, Bearer"))));
        }
    }
}

#[test]
fn it_tells_what_happened_to_which_model() {
    for (sender, event, expected) in [
        (
            "databricks",
            "MODEL_VERSION_TRANSITIONED_STAGE",
            [Some("Airline_Delay_SparkML"), Some("8"), Some("Production")],
        ),
        ("databricks", "COMMENT_CREATED", [Some("Airline_Delay_SparkML"), Some("8"), None]),
        (
            "mlflow",
            "model_version_alias.created",
            [Some("fraud-detector"), Some("1"), Some("champion")],
        ),
        ("mlflow", "registered_model.created", [Some("fraud-detector"), None, None]),
    ] {
        let request = samples::find(sender, event).unwrap().delivery().sign(SECRET, NOW).unwrap();
        let sender = *Sender::ALL.iter().find(|known| known.name() == sender).unwrap();
        let event = judge(sender, &request).unwrap().event;
        let stage = event.transition().and_then(|transition| transition.to.as_ref());
        let target = stage.map(Stage::as_str).or(event.alias());
        assert_eq!([event.model(), event.version(), target], expected, "{event:?}");
    }
}

#[test]
fn what_is_genuine_and_not_understood_is_to_come_again() {
    let request = Delivery::databricks("[]").sign(SECRET, NOW).unwrap();
    let refusal = judge(Sender::DATABRICKS, &request).unwrap_err();
    assert_eq!(refusal.answer(), (503, Some(("retry-after", "5"))));
    assert_eq!(refusal.to_string(), "body is not a JSON object");

    // By its age, where the sender signs the time.
    let signed_at = UnixTime::from_secs(NOW.as_secs() - 10);
    let request = Delivery::mlflow("[]").sign(SECRET, signed_at).unwrap();
    let refusal = judge(Sender::MLFLOW, &request).unwrap_err();
    assert_eq!(refusal.answer(), (503, Some(("retry-after", "25"))));
}

#[test]
fn one_byte_over_the_limit_is_413() {
    let sender = Sender::WANDB.with_body_limit(10);
    let answer = |body: &str| {
        let request = Delivery::new(sender, body).sign(SECRET, NOW).unwrap();
        judge(sender, &request).map(|_| 204).unwrap_or_else(|refusal| refusal.answer().0)
    };
    assert_eq!([answer("{        }"), answer("{         }")], [204, 413]);
}
