use clap::Args;
use serde_json::json;
use verify_toolkit::{Encoding, Fact, Sender, SignedPart, samples};

use crate::{
    Error, Output, Verdict,
    output::{DIM, GOOD, STRONG, Styled},
    payload::sender_parser,
};

const EXAMPLES: &str = "\
Examples:
  verify senders
  verify senders mlflow
  verify senders databricks --json | jq -r '.events[]'

The marks: measured (recorded from a real server), documented (by the vendor), field (seen in a
receiver written against real deliveries), inferred, open (sources contradict each other), unknown
(looked for and not found, so nothing is promised).";

/// Show what each sender puts on the wire, how certain that is, and its events.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Show this one only.
    #[arg(value_parser = sender_parser())]
    sender: Option<Sender>,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let wanted = self.sender.as_ref().map_or(Sender::ALL, core::slice::from_ref);
        for sender in wanted {
            if output.is_json() { show_json(sender, output)? } else { show(sender, output)? }
        }
        let name = self.sender.map_or("SENDER", |sender| sender.name());
        output.next(format_args!("`verify send {name} [EVENT] --to URL` sends one, signed"))?;
        Ok(Verdict::Verified)
    }
}

fn show(sender: &Sender, output: &mut Output) -> Result<(), Error> {
    let (encodings, body_limit) = (encodings(sender).join(" or "), sender.body_limit());
    output.line(Styled(STRONG, sender.name()))?;
    output.line(format_args!(
        "  {}: {}{encodings} of HMAC-SHA256 over {}\n  bodies of up to {body_limit} bytes are taken\n",
        sender.signature_header(),
        if sender.prefix().is_empty() { String::new() } else { format!("`{}`, ", sender.prefix()) },
        signed_text(sender),
    ))?;
    for fact in sender.facts() {
        output.line(format_args!(
            "  {:<17}  {}",
            Styled(GOOD, marks(fact).join(", ")),
            fact.text
        ))?;
    }
    output.line(Styled(DIM, "\n  events that can be sent:"))?;
    for sample in samples::of(sender.name()) {
        output.line(format_args!("    {}", sample.event))?;
    }
    output.line("")
}

fn show_json(sender: &Sender, output: &mut Output) -> Result<(), Error> {
    let facts = sender.facts().iter();
    let facts = facts.map(|fact| json!({ "fact": fact.text, "certainty": marks(fact) }));
    let events: Vec<_> = samples::of(sender.name()).map(|sample| sample.event).collect();
    output.json(&json!({
        "sender": sender.name(),
        "signature_header": sender.signature_header(),
        "prefix": sender.prefix(),
        "encodings": encodings(sender),
        "signed_text": signed_text(sender),
        "delivery_id_header": sender.delivery_id_header(),
        "timestamp_header": sender.timestamp_header(),
        "body_limit": sender.body_limit(),
        "facts": facts.collect::<Vec<_>>(),
        "events": events,
    }))
}

fn marks(fact: &Fact) -> Vec<&'static str> {
    fact.certainty.iter().map(|mark| mark.as_str()).collect()
}

fn encodings(sender: &Sender) -> Vec<&'static str> {
    let name = |encoding: &Encoding| match encoding {
        Encoding::Base64 => "base64",
        Encoding::Base64Unpadded => "unpadded base64",
        Encoding::Hex => "hex",
        _ => "another encoding",
    };
    sender.encodings().iter().map(name).collect()
}

/// What is signed, as in `x-slack-request-timestamp + ":" + body`.
fn signed_text(sender: &Sender) -> String {
    let part = |part: &SignedPart| match part {
        SignedPart::DeliveryId(header) | SignedPart::Timestamp(header) => (*header).to_owned(),
        SignedPart::Text(text) => format!("{text:?}"),
        _ => "another part".to_owned(),
    };
    let parts = sender.signed_parts().iter().map(part);
    parts.chain(["body".to_owned()]).collect::<Vec<_>>().join(" + ")
}
