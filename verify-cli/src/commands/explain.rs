use clap::Args;
use serde_json::Value;

use verify_toolkit::{
    explain::Side,
    remedy::{Framework, Remedy},
};

use crate::{Error, Output, Verdict, framework::FrameworkOption, judge::Case, text::lines};

const EXAMPLES: &str = "\
Examples:
  verify explain request.txt --secret-file secret.txt
  xclip -o | verify explain -
  verify explain delivery.json --secret-env NEW_SECRET --previous-secret-env OLD_SECRET

It works offline, and sends nothing to anybody.

Exit code: 0 verified, so there is nothing to explain; 1 refused, whether or not a cause was found;
2 it could not be judged.";

/// Find out why a recorded delivery does not verify.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    case: Case,

    #[command(flatten)]
    framework: FrameworkOption,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let evidence = self.case.read()?;
        let explanation = evidence.explainer().explain();
        let is_verified = explanation.verdict().is_ok();
        let notes = evidence.notes(is_verified);
        if output.is_json() {
            let mut line: Value = serde_json::from_str(&explanation.to_json()).unwrap_or_default();
            line["notes"] = notes.into();
            output.json(&line)?;
        } else {
            // What is found may be what a tool did to the request when it printed it.
            let doubts = if is_verified { Vec::new() } else { evidence.doubts() };
            let (first, notes): (Vec<_>, Vec<_>) =
                notes.into_iter().partition(|note| doubts.contains(note));
            for note in first {
                output.prose(note)?;
            }
            output.prose(lines(explanation.to_string().as_bytes()))?;
            for note in notes {
                output.prose(note)?;
            }
            // What the sender did wrong, the receiver cannot put right.
            let own = explanation.findings().iter().filter(|finding| finding.side != Side::Sender);
            let remedies = own.flat_map(|finding| &finding.causes).map(|cause| cause.remedy());
            let betrayed = || Framework::of_origin(&evidence.capture.origin);
            self.framework.print(remedies.collect::<Vec<Remedy>>(), betrayed, output)?;
            let sender = evidence.sender.name();
            output.next(if is_verified {
                format!("if your receiver refuses it all the same, `verify diagnose {sender} --to URL` finds out what it does wrong")
            } else {
                format!("put that right; then `verify diagnose {sender} --to URL` says whether the receiver takes a genuine delivery")
            })?;
        }
        Ok(if is_verified { Verdict::Verified } else { Verdict::Refused })
    }
}
