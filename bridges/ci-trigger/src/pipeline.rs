//! What is started, and how.

mod databricks;
mod github;
mod start;
mod teams;

use serde_json::Value;
use verify_outbox::{Answer, Delivery, Endpoint, Outcome};

pub(crate) use self::{
    start::{DryRun, Start},
    teams::Card,
};
use crate::movement::Movement;

/// What a movement starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Pipeline {
    /// A run of a Databricks job, by `jobs/run-now`.
    Databricks {
        job_id: u64,
        /// The facts that the job is given.
        parameters: Vec<String>,
    },
    /// The workflows of a GitHub repository that wait for this `repository_dispatch`.
    Github { event_type: String },
    /// No pipeline: a message to a channel of Microsoft Teams.
    Teams { card: Card },
}

/// Where a pipeline is started, and as whom.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) endpoint: Endpoint,
    /// The value of `Authorization`.
    pub(crate) authorization: Option<Token>,
}

impl Pipeline {
    /// Makes the body of the request.
    ///
    /// # Errors
    ///
    /// It is more than the service takes.
    fn request(&self, delivery: &Delivery, movement: &Movement) -> Result<Value, String> {
        // For people, and for whoever must know it again.
        let name = base16ct::lower::encode_string(&delivery.key);
        let facts = movement.facts(&delivery.sender, &name);
        match self {
            Self::Databricks { job_id, parameters } => {
                databricks::run_now(*job_id, parameters, &delivery.key, facts)
            }
            Self::Github { event_type } => github::dispatch(event_type, facts),
            Self::Teams { card } => Ok(card.request(&delivery.sender, movement)),
        }
    }

    /// The headers beside `Authorization`.
    const fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Github { .. } => github::HEADERS,
            Self::Databricks { .. } | Self::Teams { .. } => &[],
        }
    }

    /// Says what an answer means.
    fn outcome(&self, answer: &Answer) -> Outcome {
        match self {
            Self::Databricks { .. } => answer.outcome(),
            Self::Github { .. } => github::outcome(answer),
            Self::Teams { card } => card.outcome(answer),
        }
    }
}

/// A value of `Authorization`, which is not shown.
pub(crate) struct Token(String);

impl Token {
    pub(crate) const fn new(value: String) -> Self {
        Self(value)
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
