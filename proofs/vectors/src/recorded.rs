//! Deliveries that were recorded from a real MLflow server: `verify-core/tests/fixtures/mlflow`.

use serde::Deserialize;

use crate::{
    common::hmac,
    deliveries::{MLFLOW, Sender, replay_key, secret},
    format::{Config, Expected, Group, Taken},
};

#[derive(Deserialize)]
struct Fixture {
    secret: Option<String>,
    received_at: u64,
    headers: Vec<(String, String)>,
    body_base64: String,
}

macro_rules! fixtures {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../verify-core/tests/fixtures/mlflow/", $name, ".json")))),*]
    };
}

/// Whose they are.
pub(crate) const SENDER: Sender = MLFLOW;

pub(crate) fn groups() -> Vec<Group> {
    let fixtures = fixtures![
        "budget_policy.exceeded",
        "model_version.created",
        "model_version_alias.created",
        "model_version_alias.deleted",
        "model_version_tag.deleted",
        "model_version_tag.set",
        "prompt.created",
        "prompt_alias.created",
        "prompt_alias.deleted",
        "prompt_tag.deleted",
        "prompt_tag.set",
        "prompt_version.created",
        "prompt_version_tag.deleted",
        "prompt_version_tag.set",
        "registered_model.created",
        "registered_model.created.unicode-secret",
        "registered_model.created.unsigned",
        "registered_model.created.whsec-secret",
    ];
    let mut groups: Vec<(String, Group)> = Vec::new();
    for (name, text) in fixtures {
        let fixture: Fixture = serde_json::from_str(text).unwrap();
        // The one without a signature goes to a receiver that asks for one.
        let key = fixture.secret.clone().unwrap_or_else(|| "any".into());
        if !groups.iter().any(|(other, _)| *other == key) {
            let config = Config { secrets: vec![secret("1", key.as_bytes())], ..MLFLOW.config() };
            groups.push((key.clone(), Group::new("recorded from MLflow 3.17.2", config)));
        }
        let (_, group) = groups.iter_mut().find(|(other, _)| *other == key).unwrap();

        let body = decode(&fixture.body_base64);
        let value = |name: &str| {
            let named = |(other, _): &&(String, String)| other == name;
            fixture.headers.iter().find(named).map(|(_, value)| value.clone())
        };
        let expected = match fixture.secret {
            None => Expected::Refused("header_missing", Some("x-mlflow-signature")),
            Some(_) => {
                let id = value("X-MLflow-Delivery-Id").unwrap();
                let time = value("X-MLflow-Timestamp").unwrap();
                let signed = [format!("{id}.{time}.").as_bytes(), &body].concat();
                let tag = hmac(key.as_bytes(), &signed);
                Expected::Taken(Taken {
                    replay_key: replay_key("mlflow", &tag),
                    label: Some("1"),
                    encoding: Some("base64"),
                    id: Some(id),
                    time: Some(time.parse().unwrap()),
                    open: false,
                })
            }
        };
        let headers = fixture.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.clone().into_bytes()));
        group.add(name, &["Recorded"], fixture.received_at, headers.collect(), body, expected);
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Base64 that is known to be good.
fn decode(text: &str) -> Vec<u8> {
    use base64ct::Encoding;
    base64ct::Base64::decode_vec(text).unwrap()
}
