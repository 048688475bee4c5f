use clap::Args;
use serde_json::Value;
use verify_toolkit::explain::Explainer;

use crate::{Error, Output, Verdict, judge::Case, text::lines};

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
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let evidence = self.case.read()?;
        let mut explainer = Explainer::new(&evidence.capture.request, evidence.now)
            .sender(evidence.sender)
            .secret(evidence.label, &evidence.secret);
        for (label, secret) in &evidence.previous {
            explainer = explainer.previous_secret(label, secret);
        }
        if let Some(token) = &evidence.token {
            explainer = explainer.bearer(token);
        }
        if let Some(tolerance) = evidence.tolerance {
            explainer = explainer.tolerance(tolerance);
        }
        let explanation = explainer.explain();
        let is_verified = explanation.verdict().is_ok();
        let notes = evidence.notes(is_verified);
        if output.is_json() {
            let mut line: Value = serde_json::from_str(&explanation.to_json()).unwrap_or_default();
            line["notes"] = notes.into();
            output.json(&line)?;
        } else {
            output.line(lines(explanation.to_string().as_bytes()))?;
            for note in notes {
                output.line(note)?;
            }
        }
        Ok(if is_verified { Verdict::Verified } else { Verdict::Refused })
    }
}
