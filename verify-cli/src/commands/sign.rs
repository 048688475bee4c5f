use std::borrow::Cow;

use clap::Args;
use verify_toolkit::{Capture, UnixTime};

use crate::{
    Error, Output, Verdict,
    clock::{now, unix_time},
    payload::Payload,
    secret::SecretOptions,
    target::url,
    text::Shown,
};

const EXAMPLES: &str = "\
Examples:
  The headers for a sample, and for a body of your own:
    verify sign mlflow model_version.created
    verify sign databricks --body delivery.json --secret-file secret.txt

  A command to paste, with another model in the body:
    verify sign mlflow model_version.created --set data.name=fraud \\
        --curl http://127.0.0.1:8080/webhooks/mlflow

  A capture, to be checked:
    verify sign wandb LINK_ARTIFACT --json >capture.json
    verify check capture.json

With --json, the delivery is printed as a capture, without the secret. A bearer token is not printed
either: curl adds one with -H @FILE, from a file that says `Authorization: Bearer ...`.";

/// Print the headers that sign a body, or a whole `curl` command.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    payload: Payload,

    /// Print a `curl` command that sends the delivery to this URL.
    #[arg(long, value_name = "URL", conflicts_with = "json", value_parser = url)]
    curl: Option<String>,

    /// Sign as if it were this time, in Unix seconds. Without it: now.
    #[arg(long, value_name = "SECONDS", value_parser = unix_time)]
    at: Option<UnixTime>,

    #[command(flatten)]
    secret: SecretOptions,
}

impl Options {
    pub(crate) fn run(self, output: &mut Output) -> Result<Verdict, Error> {
        let sender = self.payload.sender;
        let at = self.at.map_or_else(now, Ok)?;
        let (origin, path) = match &self.curl {
            Some(url) => split(url)?,
            None => ("", "/".into()),
        };
        let body = self.payload.read()?;
        let secret = self.secret.read(sender)?;
        let request = self.payload.sign(&path, body, &secret, at)?;
        if self.curl.is_some() {
            output.line(request.to_curl(origin))?;
        } else if output.is_json() {
            output.json_text(&Capture::new(sender.name(), at, request).to_json())?;
        } else {
            for (name, value) in &request.headers {
                output.line(format_args!("{name}: {}", Shown(value)))?;
            }
            if !self.payload.is_file() {
                anstream::eprintln!(
                    "These sign a body that is not shown: `--json` has it, and `--curl URL` sends it."
                );
            }
        }
        Ok(Verdict::Verified)
    }
}

/// Takes a URL apart: what names the host, and the path.
fn split(url: &str) -> Result<(&str, Cow<'_, str>), Error> {
    let start = url.find("://").map_or(0, |scheme| scheme + "://".len());
    let is_http = url.starts_with("http://") || url.starts_with("https://");
    let rest = url.get(start..).unwrap_or_default();
    if !is_http || rest.is_empty() || rest.starts_with('/') {
        let (url, error) = (url.to_owned(), verify_toolkit::UrlError::Malformed);
        return Err(Error::Url { url, error });
    }
    let end = rest.find(['/', '?']).map_or(url.len(), |end| start + end);
    let (origin, path) = url.split_at(end);
    Ok((origin, if path.starts_with('/') { path.into() } else { format!("/{path}").into() }))
}
