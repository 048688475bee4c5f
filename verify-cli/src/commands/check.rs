mod event;

use core::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};
use verify_toolkit::{Encoding, Receipt, Rejection, Verified};

use crate::{
    Error, Output, Verdict,
    judge::{Case, Evidence},
    output::{BAD, GOOD, STRONG, Styled},
    text::{Shown, indented},
};

const EXAMPLES: &str = "\
Examples:
  A request as it was cut from a log, and the secret in a file:
    verify check request.txt --secret-file secret.txt

  From the clipboard, copied in a browser's network view as HAR or as cURL:
    xclip -o | verify check -

  The third request of a HAR file:
    verify check recorded.har --entry 3

  During a rotation:
    verify check delivery.json --secret-env NEW_SECRET --previous-secret-env OLD_SECRET

  Would it be fresh enough now?
    verify check delivery.json --now now

A capture in JSON may have a throw-away secret in it. It is used last: if no option gives another,
and `<SENDER>_WEBHOOK_SECRET` is not set.

Exit code: 0 verified, 1 refused, 2 it could not be judged.";

/// Verify a recorded delivery: show the receipt and the event, or why it is refused.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    case: Case,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let evidence = self.case.read()?;
        let verifier = evidence.verifier()?;
        let request = &evidence.capture.request;
        match verifier.verify(evidence.clock()?, &request.headers, &request.body) {
            Ok(verified) => {
                accepted(&verified, &evidence, output)?;
                Ok(Verdict::Verified)
            }
            Err(rejection) => {
                refused(rejection, &evidence, output)?;
                Ok(Verdict::Refused)
            }
        }
    }
}

fn accepted(
    verified: &Verified<&[u8]>,
    evidence: &Evidence,
    output: &mut Output,
) -> Result<(), Error> {
    let receipt = verified.receipt();
    let event = event::read(verified);
    if output.is_json() {
        let mut line = receipt_json(receipt);
        line["notes"] = evidence.notes(true).into();
        match event {
            Ok(event) => {
                let fields: Value = serde_json::from_str(&event.fields).unwrap_or_default();
                line["event"] = json!({ "name": event.name, "fields": fields });
            }
            Err(error) => line["unreadable"] = error.to_string().into(),
        }
        return output.json(&line);
    }
    output.text(format_args!(
        "{} {}\n",
        Styled(GOOD, "verified"),
        Styled(STRONG, receipt.sender())
    ))?;
    output.text(receipt_text(receipt, evidence))?;
    for note in evidence.notes(true) {
        output.prose(note)?;
    }
    match event {
        Ok(event) => {
            let name = event.name.as_deref().unwrap_or("without a name");
            output.line(format_args!("event {}", Styled(STRONG, Shown(name.as_bytes()))))?;
            output.text(indented(event.fields.as_bytes()))?;
        }
        Err(error) => output.prose(format_args!(
            "The event cannot be read, but the delivery is verified all the same: {}",
            Shown(error.to_string().as_bytes())
        ))?,
    }
    output.next(format_args!(
        "if your receiver refuses it all the same, `verify diagnose {} --to URL` finds out what it does wrong",
        receipt.sender()
    ))
}

fn refused(rejection: Rejection, evidence: &Evidence, output: &mut Output) -> Result<(), Error> {
    if output.is_json() {
        return output.json(&json!({
            "verdict": "refused",
            "sender": evidence.sender.name(),
            "code": rejection.code(),
            "reason": rejection.to_string(),
            "notes": evidence.notes(false),
        }));
    }
    let sender = Styled(STRONG, evidence.sender.name());
    output.line(format_args!("{} {sender}: {rejection}", Styled(BAD, "refused")))?;
    for note in evidence.notes(false) {
        output.prose(note)?;
    }
    output.next("`verify explain` with the same options finds out why")
}

fn receipt_json(receipt: &Receipt) -> Value {
    json!({
        "verdict": "verified",
        "sender": receipt.sender(),
        "secret": receipt.secret_label(),
        "encoding": receipt.encoding().map(encoding),
        "delivery_id": receipt.delivery_id(),
        "signed_at": receipt.signed_at().map(|time| time.as_secs()),
        "received_at": receipt.received_at().as_secs(),
        "replay_key": replay_key(receipt),
    })
}

fn receipt_text(receipt: &Receipt, evidence: &Evidence) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<12} {}", Shown(value.as_bytes()));
    };
    line("secret", receipt.secret_label().unwrap_or_default());
    line("encoding", receipt.encoding().map_or("", encoding));
    if let Some(id) = receipt.delivery_id() {
        line("delivery id", id);
    }
    if let (Some(signed_at), Some(skew)) = (receipt.signed_at(), receipt.skew()) {
        let when = match evidence.now {
            Some(_) => {
                let side = if skew < 0 { "after" } else { "before" };
                format!("{}, {} s {side} it was received", signed_at.as_secs(), skew.unsigned_abs())
            }
            None => signed_at.as_secs().to_string(),
        };
        line("signed at", &when);
    }
    line("replay key", &replay_key(receipt));
    text
}

fn replay_key(receipt: &Receipt) -> String {
    receipt.replay_key().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Base64 => "base64",
        Encoding::Base64Unpadded => "unpadded base64",
        Encoding::Hex => "hex",
        _ => "another encoding",
    }
}
