//! Where messages go.

use core::time::Duration;
use std::io::{self, Write as _};

use bridge_common::printable_json;
use verify_outbox::{Delivery, Endpoint, Http, Outcome, Policy, Post};

use crate::message::message;

/// How Slack's incoming webhooks want to be posted to: one message a second for each channel.
pub(crate) fn policy(give_up_after: Duration) -> Policy {
    Policy::default().pace(Duration::from_secs(1)).give_up_after(give_up_after)
}

/// Posts to one channel.
pub(crate) struct Slack {
    pub(crate) http: Http,
    pub(crate) endpoint: Endpoint,
    pub(crate) links: Links,
}

/// What links of a sender's messages begin with.
pub(crate) type Links = std::collections::BTreeMap<String, String>;

impl Slack {
    /// Makes the client that all channels share. Patience with Slack costs one channel only.
    pub(crate) fn client() -> Http {
        Http::new(concat!("slack-bridge/", env!("CARGO_PKG_VERSION")), Duration::from_secs(15))
    }
}

impl Post for Slack {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let link = self.links.get(&delivery.sender).map(String::as_str);
        let message = message(delivery, link).to_string();
        // Slack's word for what is wrong is in the body, and so in the reason: `no_service`.
        match self.http.post(&self.endpoint, &[], message.as_bytes()) {
            Ok(answer) => answer.outcome(),
            Err(error) => error.into(),
        }
    }
}

/// Prints instead.
pub(crate) struct DryRun {
    pub(crate) channel: String,
    pub(crate) links: Links,
}

impl Post for DryRun {
    fn post(&mut self, delivery: &Delivery) -> Outcome {
        let link = self.links.get(&delivery.sender).map(String::as_str);
        let message = printable_json(&format!("{:#}", message(delivery, link)));
        let printed = writeln!(io::stdout().lock(), "# to {}\n{message}", self.channel);
        match printed {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Later { after: None, reason: error.to_string() },
        }
    }
}
