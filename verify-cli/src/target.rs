//! Where a delivery goes.

use core::{convert::Infallible, net::IpAddr, str::FromStr, time::Duration};
use std::{fs, path::PathBuf};

use clap::Args;
use tokio::runtime::{Builder, Runtime};
use verify_toolkit::{Endpoint, UrlError};

use crate::{Error, Verdict};

// No doc comments on structs that are flattened: clap would take them for the command's.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Target {
    /// Where the receiver listens, as in `http://127.0.0.1:8080/webhooks/mlflow`.
    #[arg(long, value_name = "URL", value_parser = url)]
    to: String,

    /// Trust the certificates in this PEM file as well, for `https://`.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Wait so many seconds for an answer.
    #[arg(long, value_name = "SECONDS", default_value = "15", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

impl Target {
    /// Reads the URL, and the certificates if there are any.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, Error> {
        let in_url = |error| Error::Url { url: self.to.clone(), error };
        let endpoint = Endpoint::new(&self.to).map_err(in_url)?;
        let Some(path) = &self.ca else { return Ok(endpoint) };
        let pem = fs::read(path).map_err(|error| Error::File { path: path.clone(), error })?;
        endpoint.with_authority(&pem).map_err(|_| Error::Certificates { path: path.clone() })
    }

    /// The error for a receiver that cannot be reached.
    pub(crate) fn unreachable(&self, error: std::io::Error) -> Error {
        Error::Url { url: self.to.clone(), error: UrlError::Unreachable(error) }
    }

    /// The URL as it was given.
    pub(crate) fn url(&self) -> &str {
        &self.to
    }
}

/// What a receiver's answer says of a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    /// 2xx.
    Accepted,
    /// There is no receiver at this path: 404, 405, 410 and 421.
    Nowhere,
    /// Another client error: what verifies refuses so.
    Refused,
    /// The receiver could not judge it, and may later: 408, 429, 5xx and what is no status.
    Unable,
    /// 3xx, which is not followed.
    Elsewhere,
}

impl Fate {
    pub(crate) const fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Accepted,
            300..=399 => Self::Elsewhere,
            404 | 405 | 410 | 421 => Self::Nowhere,
            408 | 429 => Self::Unable,
            400..=499 => Self::Refused,
            _ => Self::Unable,
        }
    }

    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::Accepted => Verdict::Verified,
            Self::Refused => Verdict::Refused,
            Self::Elsewhere | Self::Nowhere | Self::Unable => Verdict::Undelivered,
        }
    }
}

/// Reads a URL. One of this machine needs no `http://`; of another, the sender's token would go over the network in
/// clear text.
pub(crate) fn url(text: &str) -> Result<String, Infallible> {
    let end = text.find(['/', '?']).unwrap_or(text.len());
    let host = text.get(..end).unwrap_or_default();
    let port = host.rfind(':').filter(|_| !host.ends_with(']')).unwrap_or(host.len());
    let name = host.get(..port).unwrap_or_default();
    let is_here = name == "localhost"
        || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    Ok(if is_here { format!("http://{text}") } else { text.to_owned() })
}

/// Reads a number of seconds, of which a fraction may be left.
pub(crate) fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().map_err(|_| "not a number of seconds")?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| "not a span of time")?;
    if duration.is_zero() { Err("no time at all") } else { Ok(duration) }
}

/// Reads a whole number. What the library says of another text, nobody could act on.
pub(crate) fn number<N: FromStr>(text: &str) -> Result<N, &'static str> {
    text.parse().map_err(|_| "not a whole number of at least 1, or too large")
}

/// Makes what runs the commands that use the network.
pub(crate) fn runtime() -> Result<Runtime, Error> {
    Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn only_this_machine_needs_no_scheme() {
        for here in
            ["localhost", "localhost:8080/a", "127.0.0.1:1?a=b", "[::1]:80", "[::1]", "127.0.0.2"]
        {
            assert_eq!(url(here), Ok(format!("http://{here}")));
        }
        for other in [
            "",
            "/a",
            "http://localhost",
            "https://127.0.0.1",
            "example.com/localhost",
            "10.0.0.1:80",
            "::x",
        ] {
            assert_eq!(url(other), Ok(other.to_owned()));
        }
    }
}
