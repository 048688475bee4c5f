//! A function as serverless platforms run them: an event of AWS Lambda's function URLs (payload
//! version 2.0) on standard input, the answer on standard output, what it says on standard error.

use core::error::Error;
use std::{env, io, process::ExitCode};

use base64ct::{Base64, Encoding};
use minimal::{Headers, Secret, Sender, Told, UnixTime, Verifier, receive};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lambda: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let name = env::args().nth(1).ok_or("which sender? Name one, such as `mlflow`")?;
    let is_named = |sender: &&Sender| sender.name() == name;
    let sender = *Sender::ALL.iter().find(is_named).ok_or("no such sender")?;
    let verifier = Verifier::builder(sender).secret(Secret::from_env("WEBHOOK_SECRET")?).build()?;
    let event: Value = serde_json::from_reader(io::stdin())?;
    let now = UnixTime::now()?;
    let answer = respond(&verifier, now, &event, |told| {
        let what = told.event.name().unwrap_or("something");
        eprintln!("{what} happened to {}", told.event.model().unwrap_or("nothing"));
        Ok(())
    })?;
    println!("{answer}");
    Ok(())
}

/// Answers one event. `work` is the purpose of the function.
pub(crate) fn respond(
    verifier: &Verifier,
    now: UnixTime,
    event: &Value,
    work: impl FnOnce(&Told) -> io::Result<()>,
) -> Result<Value, base64ct::Error> {
    let body = event["body"].as_str().unwrap_or_default();
    // The sender signed the bytes, and not the text that the gateway made of them.
    let body = match event["isBase64Encoded"].as_bool() {
        Some(true) => Base64::decode_vec(body)?,
        _ => body.as_bytes().to_vec(),
    };
    let none = Map::new();
    let headers = FunctionHeaders(event["headers"].as_object().unwrap_or(&none));
    let (status, header) = match receive(verifier, now, &headers, &body) {
        Ok(told) => match work(&told) {
            Ok(()) => (204, None),
            Err(error) => {
                eprintln!("the work failed: {error}");
                (503, Some(("retry-after", told.receipt.retry_after().as_str())))
            }
        },
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            refusal.answer()
        }
    };
    let mut answer = json!({"statusCode": status});
    if let Some((name, value)) = header {
        answer["headers"] = json!({name: value});
    }
    Ok(answer)
}

/// Names in lower case. If a header occurred twice, its values are joined by a comma, and the
/// signature is refused.
struct FunctionHeaders<'a>(&'a Map<String, Value>);

impl Headers for FunctionHeaders<'_> {
    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.get(name).and_then(Value::as_str).map(str::as_bytes).into_iter()
    }
}
