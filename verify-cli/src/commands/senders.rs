use clap::Args;
use serde_json::json;
use verify_toolkit::{Sender, samples};

use crate::{
    Error, Output, Verdict,
    output::{STRONG, Styled},
    payload::sender_parser,
};

pub(crate) const EXAMPLES: &str = "\
Examples:
  verify senders
  verify senders mlflow";

/// Show what each sender puts on the wire, and its events.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Show this one only.
    #[arg(value_parser = sender_parser())]
    sender: Option<Sender>,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let all = self.sender.is_none();
        for sender in Sender::ALL {
            if all || self.sender.is_some_and(|wanted| wanted.name() == sender.name()) {
                show(*sender, output)?;
            }
        }
        Ok(Verdict::Verified)
    }
}

fn show(sender: Sender, output: &mut Output) -> Result<(), Error> {
    let events: Vec<_> = samples::of(sender.name()).map(|sample| sample.event).collect();
    if output.is_json() {
        return output.json(&json!({
            "sender": sender.name(),
            "signature_header": sender.signature_header(),
            "delivery_id_header": sender.delivery_id_header(),
            "timestamp_header": sender.timestamp_header(),
            "body_limit": sender.body_limit(),
            "events": events,
        }));
    }
    output.line(Styled(STRONG, sender.name()))?;
    output.line(format_args!("  signature in {}", sender.signature_header()))?;
    for event in events {
        output.line(format_args!("  {event}"))?;
    }
    Ok(())
}
