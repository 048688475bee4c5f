//! For a first try without any setting: a secret for this run, and deliveries to paste.

use core::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

/// A delivery of each sender, as its documentation or a recorded one shows it.
const SAMPLES: [(Sender, &str); 3] = [
    (
        Sender::DATABRICKS,
        r#"{"event":"MODEL_VERSION_TRANSITIONED_STAGE","webhook_id":"c5596721253c4b429368cf6f4341b88a","event_timestamp":1589859029343,"model_name":"Airline_Delay_SparkML","version":"8","to_stage":"Production","from_stage":"None","text":"Registered model Airline_Delay_SparkML version 8 transitioned from None to Production."}"#,
    ),
    (
        Sender::MLFLOW,
        r#"{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41.214620+00:00", "data": {"name": "fraud-detector", "alias": "champion", "version": "3"}}"#,
    ),
    (
        Sender::WANDB,
        r#"{"event_type": "LINK_ARTIFACT", "event_author": "ada", "artifact_version_string": "acme/registry/fraud-detector:v3"}"#,
    ),
];

/// Makes a secret, a verifier with it for each sender, and prints how to try them.
pub(crate) fn verifiers(address: SocketAddr) -> Result<Vec<Verifier>, String> {
    if !address.ip().is_loopback() {
        return Err("no secret is set, and a try-out listens on a loopback address only".to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    eprintln!("No secret is set, so each sender has one for this run. Paste these into another");
    eprintln!("terminal. The ones for MLflow are good for 5 minutes.\n");
    let mut verifiers = Vec::new();
    for (sender, body) in SAMPLES {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| error.to_string())?;
        let secret: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let verifier = |secret| Verifier::builder(sender).secret_named("this-run", secret).build();
        let commands = curl_commands(address, sender, &secret, now.as_secs(), body);
        eprintln!("{}", commands.map_err(|error| error.to_string())?);
        verifiers.push(Secret::new(&secret).and_then(verifier).map_err(|error| error.to_string())?);
    }
    Ok(verifiers)
}

/// A delivery that is accepted, and the same with one byte changed.
fn curl_commands(
    address: SocketAddr,
    sender: Sender,
    secret: &str,
    now: u64,
    body: &str,
) -> Result<String, Box<dyn core::error::Error>> {
    let name = sender.name();
    let signer = Signer::new(sender, Secret::new(secret)?)?;
    let delivery_id = "6f1c0a9e-6d5f-4c39-9d1b-2f6f6c9f2a10";
    let signed = signer.sign(UnixTime::from_secs(now), delivery_id, body.as_bytes())?;
    let headers: String =
        signed.iter().map(|(name, value)| format!(" -H '{name}: {value}'")).collect();
    let curl = |body: &str| {
        format!(
            "curl -i http://{address}/webhooks/{name} -H 'content-type: application/json'{headers} \
             --data-binary '{}'",
            body.replace('\'', r"'\''")
        )
    };
    let forged = body.replacen('a', "b", 1);
    Ok(format!(
        "# {name}: accepted (204)\n{}\n# {name}: refused, one byte of the body differs (401)\n{}\n",
        curl(body),
        curl(&forged)
    ))
}
