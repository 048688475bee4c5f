use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use verify_toolkit::template::{Finding, Reader, check, readers};

use crate::{
    Error, Output, Verdict,
    output::{BAD, DIM, Styled},
    payload::read_template_bytes,
    text::Shown,
};

const EXAMPLES: &str = "\
Examples:
  verify template check template.json
  verify template print | verify template check -

What is wrong for every receiver is told from notes, which say what the typed payload of these
crates and the bridges will not find.

Exit code: 0 if nothing is wrong, 1 if something is, 2 if the file could not be read.";

/// Say what is wrong with a template, and who reads what of it.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    /// The template, as it stands in the form; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Options {
    pub(super) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let template = read_template_bytes(&self.file)?;
        let findings = check(&template);
        let text = String::from_utf8_lossy(&template);
        if output.is_json() {
            let read = readers(&text).map(|(name, by)| json!({"variable": name, "by": of(by)}));
            let findings = findings.iter().map(to_json).collect::<Vec<_>>();
            output.json(&json!({"findings": findings, "read": read.collect::<Vec<_>>()}))?;
        } else {
            for finding in &findings {
                let style = if finding.kind.is_wrong() { BAD } else { DIM };
                output.line(Styled(style, Shown(finding.to_string().as_bytes())))?;
            }
            for (name, by) in readers(&text) {
                output.line(format_args!("{name:<25} is read by {}", of(by)))?;
            }
            output.next("`verify send wandb EVENT --template FILE --to URL` delivers it, filled in and signed")?;
        }
        let is_wrong = findings.iter().any(|finding| finding.kind.is_wrong());
        Ok(if is_wrong { Verdict::Refused } else { Verdict::Verified })
    }
}

fn to_json(finding: &Finding) -> serde_json::Value {
    let Finding { kind, place, text, .. } = finding;
    json!({"kind": kind.name(), "wrong": kind.is_wrong(), "place": place, "text": text})
}

const fn of(reader: Reader) -> &'static str {
    match reader {
        Reader::Payload => "the typed payload and the bridges",
        _ => "the bridges",
    }
}
