use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use verify_toolkit::remedy::{Framework, Remedy};

use crate::{Error, Output, Verdict, framework::parser};

const EXAMPLES: &str = "\
Examples:
  verify recorder flask
  verify recorder express >>app.js

It is code for your receiver, to be put before what refuses deliveries. It writes the last request
to delivery.json, byte for byte, which `verify explain delivery.json` reads. Such a file has tokens
and whatever else was delivered in it: take the code out afterwards, and delete the file.";

/// Print the lines that make your receiver record what it gets, for `verify explain`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// What the receiver is written with.
    #[arg(value_parser = parser())]
    framework: Framework,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let code = self.framework.recorder();
        if output.is_json() {
            let remedies = Remedy::ALL.iter();
            let remedies = remedies.map(|remedy| (remedy.words(), remedy.code(self.framework)));
            output.json(&json!({
                "framework": self.framework.name(),
                "code": code,
                "remedies": remedies.collect::<BTreeMap<_, _>>(),
            }))?;
        } else {
            output.text(code)?;
            let next = "put this before what refuses deliveries, let the sender deliver, and ask `verify explain \
                        delivery.json` with the receiver's secret";
            Output::aside(format_args!("\nnext: {next}"));
        }
        Ok(Verdict::Verified)
    }
}
