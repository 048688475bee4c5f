//! Keeps a delivery, and posts it to NATS JetStream. Instead of a sender it signs the delivery itself.
//!
//! ```sh
//! nats-server -js &
//! nats stream add models --subjects=models.events --dupe-window=168h --defaults
//! cargo run -p verify-outbox --features nats --example nats
//! nats stream get models --last-for=models.events
//! ```
//!
//! `NATS_URL` is the address (`nats://127.0.0.1:4222`), or `NATS_URL_FILE` the file that has it, as it may hold a
//! password; `NATS_CREDS` is a file of credentials, `NATS_CA` the certificate of an authority. The store is `outbox.db`
//! in this folder.

use core::{error::Error, time::Duration};
use std::{
    env, fs,
    process::ExitCode,
    thread,
    time::{Instant, SystemTime},
};

use verify_core::{Secret, Sender, Signer, UnixTime, Verified, Verifier};
use verify_outbox::{Nats, Outbox, Policy};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let address = match env::var_os("NATS_URL_FILE") {
        Some(file) => fs::read_to_string(file)?.trim().to_owned(),
        None => env::var("NATS_URL").unwrap_or_else(|_| "nats://127.0.0.1:4222".to_owned()),
    };
    let (outbox, mut workers) = Outbox::builder("outbox.db").open()?;

    let mut nats = Nats::builder(&address, "https://hooks.example.com/mlflow")?
        .event_of(|_| Some("registered_model.created".to_owned()));
    if let Some(file) = env::var_os("NATS_CREDS") {
        nats = nats.credentials_file(file)?;
    }
    if let Some(file) = env::var_os("NATS_CA") {
        nats = nats.authorities(file);
    }
    let nats = nats.open(&outbox, "models", "models.events")?;
    workers.add("models", Policy::default(), nats)?;

    let body = r#"{"entity": "registered_model", "action": "created", "data": {"name": "m"}}"#;
    outbox.keep(&verified(body)?, vec!["models".to_owned()]).await?;
    println!("kept: a sender would be answered with 2xx now");

    let begun = Instant::now();
    while !outbox.waiting()?.is_empty() && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(50));
    }
    match outbox.waiting()?.is_empty() {
        true => println!("the stream has it"),
        false => println!("it waits in outbox.db, and is posted when this runs again"),
    }
    workers.stop();
    Ok(())
}

/// Signs a body as MLflow does, and verifies it as a receiver does.
fn verified(body: &str) -> Result<Verified<&[u8]>, Box<dyn Error>> {
    let secret = || Secret::new("the secret of the webhook");
    let now =
        UnixTime::from_secs(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs());
    let signed = Signer::new(Sender::MLFLOW, secret()?)?.sign(now, "an-id", body.as_bytes())?;
    let headers: Vec<_> = signed.iter().collect();
    let verifier = Verifier::builder(Sender::MLFLOW).secret(secret()?).build()?;
    Ok(verifier.verify(now, &headers, body.as_bytes())?)
}
