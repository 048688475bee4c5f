use std::time::SystemTime;

use clap::Args;
use serde_json::json;
use verify_toolkit::UnixTime;

use crate::{Error, Output, Verdict, payload::Payload, secret::SecretOptions, text::Shown};

pub(crate) const EXAMPLES: &str = "\
Examples:
  verify sign mlflow registered_model.created
  verify sign databricks --body delivery.json --secret-file secret.txt
  verify sign wandb LINK_ARTIFACT --curl http://127.0.0.1:8080/webhooks/wandb";

/// Print the headers that sign a body, or a whole `curl` command.
#[derive(Args, Debug)]
pub(crate) struct Options {
    #[command(flatten)]
    payload: Payload,

    /// Print a `curl` command that sends the delivery to this URL.
    #[arg(long, value_name = "URL")]
    curl: Option<String>,

    #[command(flatten)]
    secret: SecretOptions,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let now = UnixTime::try_from(SystemTime::now()).unwrap_or(UnixTime::from_secs(0));
        let secret = self.secret.read(self.payload.sender)?;
        let request = self.payload.delivery()?.sign(&secret, now)?;
        if let Some(url) = &self.curl {
            output.line(request.to_curl(url))?;
        } else if output.is_json() {
            let headers: Vec<_> = request
                .headers
                .iter()
                .map(|(name, value)| (name, String::from_utf8_lossy(value)))
                .collect();
            output.json(&json!({ "headers": headers }))?;
        } else {
            for (name, value) in &request.headers {
                output.line(format_args!("{name}: {}", Shown(value)))?;
            }
        }
        Ok(Verdict::Verified)
    }
}
