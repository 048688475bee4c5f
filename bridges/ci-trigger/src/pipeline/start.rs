use core::time::Duration;
use std::io::{self, Write as _};

use bridge_common::printable_json;
use verify_outbox::{Delivery, Http, Outcome, Policy, Post};

use super::{Destination, Pipeline};
use crate::movement::Movement;

/// Starts one pipeline.
pub(crate) struct Start {
    pub(crate) http: Http,
    pub(crate) pipeline: Pipeline,
    pub(crate) destination: Destination,
}

impl Start {
    /// Makes the client that all pipelines share.
    pub(crate) fn client() -> Http {
        Http::new(concat!("ci-trigger/", env!("CARGO_PKG_VERSION")), Duration::from_secs(30))
    }

    /// One a second at most: what GitHub asks of whoever creates something. What was started last is
    /// what is deployed, so that an older version must not come behind a newer one.
    pub(crate) fn policy(pipeline: &Pipeline, give_up_after: Duration) -> Policy {
        let policy = Policy::default().pace(Duration::from_secs(1)).give_up_after(give_up_after);
        match pipeline {
            Pipeline::Databricks { .. } | Pipeline::Github { .. } => policy.in_order(),
            Pipeline::Teams { .. } => policy,
        }
    }
}

impl Post for Start {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let json = match request(&self.pipeline, delivery) {
            Ok(json) => json.to_string(),
            Err(reason) => return Outcome::Dead { reason },
        };
        let Destination { endpoint, authorization } = &self.destination;
        let authorization = authorization.as_ref().map(|token| ("authorization", token.as_str()));
        let headers: Vec<_> =
            authorization.into_iter().chain(self.pipeline.headers().iter().copied()).collect();
        match self.http.post(endpoint, &headers, json.as_bytes()) {
            Ok(answer) => self.pipeline.outcome(&answer),
            Err(error) => error.into(),
        }
    }
}

/// Prints the request instead.
pub(crate) struct DryRun {
    pub(crate) name: String,
    pub(crate) pipeline: Pipeline,
}

impl Post for DryRun {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let json = match request(&self.pipeline, delivery) {
            Ok(json) => json,
            Err(reason) => return Outcome::Dead { reason },
        };
        let json = printable_json(&format!("{json:#}"));
        match writeln!(io::stdout().lock(), "# to {}\n{json}", self.name) {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Later { after: None, reason: error.to_string() },
        }
    }
}

fn request(pipeline: &Pipeline, delivery: &Delivery) -> Result<serde_json::Value, String> {
    let movement = Movement::read(&delivery.sender, &delivery.body);
    // It was read when it came, by a version that may have been another.
    let movement = movement.map_err(|nothing| nothing.to_string())?;
    pipeline.request(delivery, &movement)
}
