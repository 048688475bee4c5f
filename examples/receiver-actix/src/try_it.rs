//! For a first try without any setting: a secret for this run, and deliveries to paste.

use core::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use verify_core::{Secret, Sender, Signer, UnixTime, Verifier};

/// Makes a secret, a verifier with it for each sender, and prints how to try them.
pub(crate) fn verifiers(address: SocketAddr) -> Result<Vec<Verifier>, String> {
    if !address.ip().is_loopback() {
        return Err("no secret is set, and a try-out listens on a loopback address only".to_owned());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?;
    eprintln!("No secret is set, so each sender has one for this run. Paste these into another");
    eprintln!("terminal. The ones with a time are good for 5 minutes.\n");
    let mut verifiers = Vec::new();
    for sender in Sender::ALL {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| error.to_string())?;
        let secret = sender.secret_encoding().write(&random);
        let verifier = |secret| Verifier::builder(*sender).secret_named("this-run", secret).build();
        let commands = curl_commands(address, *sender, &secret, now.as_secs());
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
) -> Result<String, Box<dyn core::error::Error>> {
    let (name, body) = (sender.name(), sender.example());
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
