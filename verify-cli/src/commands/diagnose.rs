use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use verify_toolkit::{
    Sender,
    attack::{Attempt, Outcome, Target as Receiver},
    diagnose::{Conclusion, Diagnosis, diagnose, most},
    remedy::{Framework, Remedy},
    samples,
};

use crate::{
    Error, Output, Verdict,
    framework::FrameworkOption,
    output::{BAD, GOOD, Styled},
    payload::{read_body, sender_parser},
    progress,
    secret::{SecretOptions, TokenOptions},
    target::{Target, runtime},
    text::{Shown, lines, word},
};

const EXAMPLES: &str = "\
Examples:
  verify diagnose mlflow --to http://127.0.0.1:8080/webhooks/mlflow
  verify diagnose databricks --to https://hooks.example.com/databricks --secret-file secret.txt

For a receiver of your own that refuses what it should accept, in whatever language it is written.
No recording is needed. It is sent one test delivery many times, each time signed as a receiver
expects it that makes one usual mistake: the body parsed and written again, the secret with a
newline or decoded, the body alone signed, base64 in place of hex, and so on. The one that it
accepts says what its mistake is. What they say is always the same, so a receiver that accepts some
handles one test delivery several times.

Give the secret that the sender has: the receiver's may be the one that is wrong.

Exit code: 0 if genuine deliveries are accepted and forged ones refused, 1 if something is wrong
with the receiver, 2 if it could not be tried.";

/// Find out what your receiver does wrong that refuses deliveries, without a recording.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    /// Whose deliveries the receiver takes.
    #[arg(value_parser = sender_parser())]
    sender: Sender,

    #[command(flatten)]
    target: Target,

    /// Take a body that the receiver's handler understands from this file. Without it: a sample.
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,

    #[command(flatten)]
    framework: FrameworkOption,

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
        let usual = samples::usual(self.sender.name());
        let (what, body) = match &self.body {
            Some(path) => ("a body of your own", read_body(path)?),
            None => {
                usual.map_or(("a test", Vec::new()), |sample| (sample.event, sample.body.into()))
            }
        };
        let mut receiver =
            Receiver::new(self.sender, secret.as_ref()).with_path(endpoint.path()).with_body(body);
        if let Some(token) = &token {
            receiver = receiver.with_bearer(String::from_utf8_lossy(token.as_ref()));
        }
        let most = most(&receiver);
        if !output.is_json() {
            output.prose(format_args!(
                "Sends one test delivery ({} {what}) up to {most} times to {}, each time signed in another way. \
                 They all say the same.\n",
                self.sender.name(),
                Shown(self.target.url().as_bytes())
            ))?;
            output.flush()?;
        }
        let bar = progress::bar(most.try_into().unwrap_or(u64::MAX), output);
        let diagnosis = runtime()?.block_on(async {
            let unreachable = |error| self.target.unreachable(error);
            endpoint.check(self.target.timeout).await.map_err(unreachable)?;
            let send = async |attempt: Attempt| {
                bar.inc(1);
                endpoint.attempt(&attempt, self.target.timeout).await
            };
            Ok::<_, Error>(diagnose(&receiver, send).await)
        })?;
        bar.finish_and_clear();
        self.print(&diagnosis, output)?;
        Ok(match diagnosis.conclusion {
            Conclusion::Sound | Conclusion::Unhandled => Verdict::Verified,
            Conclusion::Unable => Verdict::Undelivered,
            _ => Verdict::Refused,
        })
    }

    fn print(&self, diagnosis: &Diagnosis, output: &mut Output) -> Result<(), Error> {
        if output.is_json() {
            let findings = diagnosis.findings.iter().map(|finding| {
                let causes: Vec<_> = finding.causes.iter().map(|cause| cause.name()).collect();
                json!({ "causes": causes, "text": finding.text })
            });
            return output.json(&json!({
                "sender": self.sender.name(),
                "conclusion": diagnosis.conclusion.name(),
                "findings": findings.collect::<Vec<_>>(),
                "sent": diagnosis.sent,
                "answer": match &diagnosis.answer {
                    Outcome::Answered(answer) => json!(answer.status),
                    other => json!(other.to_string()),
                },
            }));
        }
        let style = match diagnosis.conclusion {
            Conclusion::Sound | Conclusion::Unhandled => GOOD,
            _ => BAD,
        };
        output.line(format_args!(
            "{} after {} deliveries",
            Styled(style, diagnosis.conclusion.name()),
            diagnosis.sent
        ))?;
        output.prose(lines(diagnosis.to_string().as_bytes()))?;
        let causes = diagnosis.findings.iter().flat_map(|finding| &finding.causes);
        let unchecked = match diagnosis.conclusion {
            Conclusion::Open | Conclusion::Unchecked => {
                vec![Remedy::RawBody, Remedy::SignedText, Remedy::Compare]
            }
            _ => Vec::new(),
        };
        let betrayed = || match &diagnosis.answer {
            Outcome::Answered(answer) => Framework::of_answer(&answer.headers),
            _ => None,
        };
        self.framework.print(
            unchecked.into_iter().chain(causes.map(|cause| cause.remedy())),
            betrayed,
            output,
        )?;
        let (sender, url) = (self.sender.name(), word(self.target.url()));
        output.next(match diagnosis.conclusion {
            Conclusion::Sound | Conclusion::SoundOnSample | Conclusion::Unhandled => format!(
                "`verify attack {sender} --to {url}` shows whether it refuses what is forged in other ways; for a \
                 delivery that it refused, `verify explain` needs a recording"
            ),
            Conclusion::Open | Conclusion::Unchecked => format!(
                "check the signature first of all; then `verify attack {sender} --to {url}` shows what is left"
            ),
            Conclusion::Unexplained => {
                "record what the receiver gets, body as bytes, and ask `verify explain` with the receiver's secret"
                    .to_owned()
            }
            _ => "put that right, and run this again".to_owned(),
        })
    }
}
