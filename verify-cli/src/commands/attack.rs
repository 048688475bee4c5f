mod junit;
mod report;

use core::time::Duration;
use std::{collections::BTreeSet, fs, path::PathBuf};

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use verify_toolkit::{
    Sender,
    attack::{CaseReport, Outcome, Severity, Target as Receiver, awkward_secret},
    remedy::Framework,
};

use crate::{
    Error, Output, Verdict,
    framework::FrameworkOption,
    payload::{read_body, sender_parser},
    progress,
    secret::{SecretOptions, TokenOptions},
    target::{Fate, Target, number, runtime, seconds},
    text::word,
};

const EXAMPLES: &str = "\
Examples:
  Everything, with the secret that the receiver has:
    verify attack mlflow --to http://127.0.0.1:8080/webhooks/mlflow

  Some of it, for a pipeline:
    verify attack mlflow --to http://127.0.0.1:8080/webhooks/mlflow \\
        --only signature/ --only time/ --junit report.xml

Run it against a receiver of your own, and one that may take some hundred test deliveries: those
that are genuine are accepted and handled. Give the receiver a secret of which every part counts,
such as
  whsec_bm90IGEgcmVhbCBzZWNyZXQ= \u{e9} 
with the space at its end, or a receiver that trims secrets shows nothing.

A genuine delivery goes first; if that is not accepted, nothing else is tried. It takes some 12
seconds, or a minute where the receiver waits for bodies that never come; where standard error is a
terminal, a bar shows how far it is. --slow takes some 20 seconds more, or 100 where the receiver
does not end what is held open.

Severities: critical, anybody has their deliveries taken for genuine; high, who holds a genuine
delivery can misuse it, or anybody can use the receiver up; medium, a crash or lost deliveries; low,
a difference of which nobody is known to gain anything.

Exit code: 0 if nothing was found, 1 if something was, 2 if it could not be tried.";

/// Reads a severity by its name.
fn severity() -> impl TypedValueParser<Value = Severity> {
    let all = Severity::WORST_FIRST.iter();
    PossibleValuesParser::new(all.map(|severity| severity.name())).try_map(|name| {
        let mut all = Severity::WORST_FIRST.iter();
        all.find(|severity| severity.name() == name).copied().ok_or("no such severity")
    })
}

/// Attack a receiver, of whatever language, with all that receivers get wrong.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Whose deliveries the receiver takes.
    #[arg(value_parser = sender_parser())]
    sender: Sender,

    #[command(flatten)]
    target: Target,

    /// Run only the cases whose names begin so, as in `time/`. Can be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Also try what holds connections open, 64 at most: whether the receiver ends them within so many
    /// seconds, 90 if nothing is said, and answers others meanwhile. Their names begin with
    /// `connection/`.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, num_args = 0..=1,
        require_equals = true, default_missing_value = "90")]
    slow: Option<Duration>,

    /// Take a body that the receiver's handler understands from this file. Without it: a sample.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,

    /// The largest body that the receiver takes, in bytes. Without it: the sender's own.
    #[arg(long, value_name = "BYTES", value_parser = number::<usize>)]
    body_limit: Option<usize>,

    /// How far a signed time may be from the receiver's clock, in seconds. Without it: 300.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    tolerance: Option<Duration>,

    /// End with exit code 1 only if something as bad as this was found, or worse. Without it: if anything was.
    #[arg(long, value_name = "SEVERITY", value_parser = severity())]
    fail_on: Option<Severity>,

    #[command(flatten)]
    framework: FrameworkOption,

    /// Write a report in JUnit's form to this file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    #[command(flatten)]
    secret: SecretOptions,

    #[command(flatten)]
    token: TokenOptions,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let endpoint = self.target.endpoint()?;
        let secret = self.secret.read(self.sender)?;
        let token = self.token.read(self.sender)?;
        let body = self.body.as_deref().map(read_body).transpose()?;
        let with = |secret: &[u8]| {
            let mut receiver = Receiver::new(self.sender, secret)
                .with_path(endpoint.path())
                .with_patience(self.target.timeout);
            if let Some(token) = &token {
                receiver = receiver.with_bearer(String::from_utf8_lossy(token.as_ref()));
            }
            if let Some(body) = &body {
                receiver = receiver.with_body(body.clone());
            }
            if let Some(limit) = self.body_limit {
                receiver = receiver.with_body_limit(limit);
            }
            if let Some(tolerance) = self.tolerance {
                receiver = receiver.with_tolerance(tolerance);
            }
            if self.only.is_empty() { receiver } else { receiver.only(&self.only) }
        };
        let receiver = with(secret.as_ref());
        // Of a secret without such parts, nothing can be left out.
        let awkward = with(awkward_secret(&self.sender).as_ref());
        self.check_names(&receiver, &awkward)?;
        let untried = awkward.cases().len().saturating_sub(receiver.cases().len());
        let unreachable = |error| self.target.unreachable(error);
        let report = runtime()?.block_on(async {
            endpoint.check(self.target.timeout).await.map_err(unreachable)?;
            // Without an accepted delivery, each refusal of a forgery says nothing.
            let cases = receiver.cases();
            if let Some(genuine) = cases.first() {
                let outcome = endpoint.attempt(&genuine.attempt, self.target.timeout).await;
                if !matches!(&outcome, Outcome::Answered(answer) if Fate::of(answer.status) == Fate::Accepted) {
                    return Err(Error::GenuineRefused { outcome });
                }
            }
            // The plainest forgery goes first, twice.
            let count = cases.len().saturating_add(2);
            let bar = progress::bar(count.try_into().unwrap_or(u64::MAX), output);
            let mut report = receiver.attack_endpoint(&endpoint, || bar.inc(1)).await;
            if let Some(endurance) = self.slow {
                let held = receiver.attack_connections_of(&endpoint, endurance).await;
                report.cases.extend(held.cases);
            }
            bar.finish_and_clear();
            Ok::<_, Error>(report)
        })?;
        if let Some(path) = &self.junit {
            let written = fs::write(path, junit::to_xml(&report));
            written.map_err(|error| Error::File { path: path.clone(), error })?;
        }
        report::print(&report, untried, output)?;
        let remedies = report::worst_first(&report).map(|(harm, _)| harm.remedy);
        let betrayed = || match &report.cases.first()?.outcome {
            Outcome::Answered(answer) => Framework::of_answer(&answer.headers),
            _ => None,
        };
        self.framework.print(remedies, betrayed, output)?;
        let (sender, url) = (self.sender.name(), word(self.target.url()));
        output.next(if report.is_hardened() {
            "this one line in a pipeline keeps it so; `--slow` also tries what keeps it busy".to_owned()
        } else {
            format!(
                "put the first of these right, and run `verify attack {sender} --to {url} --only NAME` with the name \
                 of its case"
            )
        })?;
        let least = self.fail_on.unwrap_or(Severity::Low);
        let is_bad =
            |case: &CaseReport| case.harm.is_some_and(|harm| harm.severity.is_at_least(least));
        // Where nothing was tried, nothing is shown.
        let is_tried = report.is_hardened() || report.failures().next().is_some();
        Ok(if is_tried && !report.cases.iter().any(is_bad) {
            Verdict::Verified
        } else {
            Verdict::Refused
        })
    }

    /// A name that no case has here would leave the genuine delivery alone, and find nothing.
    fn check_names(&self, receiver: &Receiver, awkward: &Receiver) -> Result<(), Error> {
        let begins = |receiver: &Receiver, name: &str| {
            receiver.clone().only([name]).cases().iter().any(|case| case.name.starts_with(name))
        };
        let Some(name) = self.only.iter().find(|name| !begins(receiver, name)) else {
            return Ok(());
        };
        if begins(awkward, name) {
            return Err(Error::CaseNeedsAwkwardSecret {
                name: name.clone(),
                secret: awkward_secret(&self.sender),
            });
        }
        let cases = awkward.clone().only([""]).cases();
        let groups: BTreeSet<_> = cases.iter().map(report::group).collect();
        let groups = groups.into_iter().map(str::to_owned).collect();
        Err(Error::CaseUnknown { name: name.clone(), groups })
    }
}
