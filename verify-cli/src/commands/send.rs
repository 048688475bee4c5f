mod sent;
mod summary;

use core::{num::NonZeroU32, time::Duration};
use std::sync::Arc;

use clap::Args;
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, interval},
};

use self::{sent::Sent, summary::Summary};
use crate::{
    Error, Output, Verdict,
    clock::now,
    payload::Payload,
    progress,
    secret::{SecretOptions, TokenOptions},
    target::{Target, runtime},
};

const EXAMPLES: &str = "\
Examples:
  One event, with another model in it:
    verify send databricks MODEL_VERSION_CREATED --set model_name=fraud \\
        --to http://127.0.0.1:8080/webhooks/databricks

  A forged one, which the receiver should refuse:
    verify send mlflow model_version.created --forge body \\
        --to http://127.0.0.1:8080/webhooks/mlflow

  A body of your own, from a pipe:
    jq .payload saved.json | verify send wandb --body - --to https://hooks.example.com/wandb

  A thousand, fifty a second:
    verify send mlflow prompt.created --count 1000 --rate 50 \\
        --to http://127.0.0.1:8080/webhooks/mlflow

Exit code: 0 if each was accepted (2xx), 1 if one was refused (401, 403 and other 4xx), 2 if one was
not delivered: no answer, no receiver at the path (404, 405, 410, 421), a redirect, or a receiver
that could not judge it (408, 429, 5xx). It is the same for a forged one: 1 is what you want to see.";

/// How many deliveries may be without an answer while others are sent.
const MOST_IN_FLIGHT: usize = 64;

/// Send a signed delivery to a receiver, and show what comes back.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    payload: Payload,

    #[command(flatten)]
    target: Target,

    /// Send so many, each signed anew.
    #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = at_least_one)]
    count: NonZeroU32,

    /// Send so many a second, without waiting for answers (but for at most 64). Without it: one after
    /// the other.
    #[arg(long, value_name = "PER_SECOND", value_parser = rate)]
    rate: Option<Duration>,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    token: TokenOptions,
}

fn at_least_one(text: &str) -> Result<NonZeroU32, &'static str> {
    let number: u32 = text.parse().map_err(|_| "not a whole number")?;
    NonZeroU32::new(number).ok_or("must be at least 1")
}

/// Reads a number a second as the time between two.
fn rate(text: &str) -> Result<Duration, &'static str> {
    let rate: f64 = text.parse().map_err(|_| "not a number")?;
    let period = Duration::try_from_secs_f64(rate.recip());
    period.ok().filter(|period| !period.is_zero()).ok_or("not a number of deliveries a second")
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        runtime()?.block_on(self.send(output))
    }

    async fn send(self, output: &mut Output) -> Result<Verdict, Error> {
        let Self { payload, target, count, rate, secret, token } = self;
        let body = payload.read()?;
        let endpoint = Arc::new(target.endpoint()?);
        let secret = secret.read(payload.sender)?;
        let token = token.read(payload.sender)?;

        let mut ticks = rate.map(interval);
        let most = if rate.is_some() { MOST_IN_FLIGHT } else { 1 };
        let bar = if count.get() > 1 {
            progress::bar(count.get().into(), output)
        } else {
            indicatif::ProgressBar::hidden()
        };
        let mut summary = Summary::new(payload.forge.is_some());
        let mut take = |sent: Result<Sent, JoinError>| {
            let sent = sent.map_err(|error| Error::Runtime(error.into()))?;
            bar.inc(1);
            if output.is_json() {
                output.json(&sent.to_json(&payload))?;
            } else if count.get() == 1 && sent.outcome.is_ok() {
                output.text(sent.to_text(&payload, target.url()))?;
                let meaning = sent.meaning(&payload);
                if !meaning.is_empty() {
                    output.prose(format_args!("\n{meaning}"))?;
                }
                if let Some(next) = sent.next(&payload, target.url()) {
                    output.next(next)?;
                }
            }
            summary.take(sent);
            Ok::<_, Error>(())
        };
        let mut in_flight = JoinSet::new();
        for _ in 0..count.get() {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            if in_flight.len() >= most
                && let Some(sent) = in_flight.join_next().await
            {
                take(sent)?;
            }
            while let Some(sent) = in_flight.try_join_next() {
                take(sent)?;
            }
            let mut request = payload.sign(endpoint.path(), body.clone(), &secret, now()?)?;
            let headers = sent::signed_headers(&request);
            if let Some(token) = &token {
                let value = [b"Bearer ", token.as_ref()].concat();
                request.headers.push(("authorization".to_owned(), value));
            }
            let (endpoint, timeout) = (Arc::clone(&endpoint), target.timeout);
            in_flight.spawn(async move {
                let start = Instant::now();
                let outcome = endpoint.send(&request, timeout).await;
                let bytes = request.body.len();
                Sent { headers, bytes, outcome, took: start.elapsed() }
            });
        }
        while let Some(sent) = in_flight.join_next().await {
            take(sent)?;
        }
        bar.finish_and_clear();
        if count.get() > 1 && !output.is_json() {
            output.text(&summary)?;
        }
        summary.verdict().map_err(|error| target.unreachable(error))
    }
}
