//! Remedies, in the framework of the receiver.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use verify_toolkit::remedy::{Framework, Remedy};

use crate::{Error, Output};

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Clone, Copy, Debug)]
#[group(skip)]
pub(crate) struct FrameworkOption {
    /// What the receiver is written with, so that the remedy is shown as code. Without it: what the recording or the
    /// receiver's answer betrays.
    #[arg(long, value_name = "FRAMEWORK", value_parser = parser())]
    framework: Option<Framework>,
}

/// Reads a framework by its name.
pub(crate) fn parser() -> impl TypedValueParser<Value = Framework> {
    PossibleValuesParser::new(Framework::ALL.iter().map(|framework| framework.name()))
        .try_map(|name| Framework::named(&name).ok_or("no such framework"))
}

impl FrameworkOption {
    /// Prints what to do about mistakes, each kind once.
    pub(crate) fn print(
        self,
        remedies: impl IntoIterator<Item = Remedy>,
        betrayed: impl FnOnce() -> Option<Framework>,
        output: &mut Output,
    ) -> Result<(), Error> {
        let mut kinds = Vec::new();
        for remedy in remedies {
            if !kinds.contains(&remedy) {
                kinds.push(remedy);
            }
        }
        if kinds.is_empty() || output.is_json() {
            return Ok(());
        }
        let Some(framework) = self.framework.or_else(betrayed) else {
            let names: Vec<_> = Framework::ALL.iter().map(|framework| framework.name()).collect();
            return output.prose(format_args!(
                "\nAs code, with `--framework NAME`, of these: {}",
                names.join(", ")
            ));
        };
        for remedy in kinds {
            output.prose(format_args!("\nIn {framework}, {}:", remedy.words()))?;
            for line in remedy.code(framework).lines() {
                output.line(format_args!("    {line}"))?;
            }
        }
        Ok(())
    }
}
