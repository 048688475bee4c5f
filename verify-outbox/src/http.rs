//! Posts over HTTP to a service on the web.

mod answer;
mod endpoint;
mod retry_after;
mod words;

use core::{fmt, time::Duration};
use std::{io, sync::Arc};

use ureq::{
    Agent, Error, RequestBuilder,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    typestate::WithBody,
};

pub use self::{
    answer::Answer,
    endpoint::{Endpoint, EndpointError},
};

/// A client without surprises: no proxy from the environment, no redirects, one time limit for the whole exchange.
/// TLS trusts Mozilla's list of authorities, or the authorities that you give it. Its log has no secret: a program
/// with this crate has nothing at `trace` through the `log` facade.
#[derive(Clone)]
pub struct Http(Agent);

/// Why there is no answer. The posting may have arrived, unless the error says that there was no
/// connection.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum HttpError {
    /// No connection: the name, or the network.
    Connect(String),
    /// The connection broke, the answer is not HTTP, or TLS failed, for example because the
    /// certificate is not trusted.
    Broken(String),
    /// It took too long.
    Timeout,
}

impl Http {
    /// Bytes of an answer that are read. What a service says about an error is short.
    const ANSWER: u64 = 64 * 1024;

    /// Makes a client. `name` tells the service who is calling. `time` is the limit for a whole
    /// exchange, from the DNS lookup to the end of the answer.
    #[must_use]
    pub fn new(name: &str, time: Duration) -> Self {
        Self::trusting(RootCerts::WebPki, name, time)
    }

    /// The same for a service of a company's own: TLS trusts the authorities whose certificates are in the PEM, and no
    /// others. Returns `None` if there is none in it.
    #[must_use]
    pub fn with_authorities(pem: &[u8], name: &str, time: Duration) -> Option<Self> {
        let certificates: Option<Vec<Certificate<'static>>> = parse_pem(pem)
            .map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        let certificates = certificates.filter(|certificates| !certificates.is_empty())?;
        Some(Self::trusting(RootCerts::Specific(Arc::new(certificates)), name, time))
    }

    fn trusting(roots: RootCerts, name: &str, time: Duration) -> Self {
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder()
            .user_agent(name)
            .timeout_global(Some(time))
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(tls)
            .build();
        Self(config.new_agent())
    }

    /// Posts JSON, and waits for the answer. From the body of the answer, it removes words of the headers
    /// and pieces of the URL's path that are long enough for a secret. [`Answer::reason`] is the text for
    /// people, and holds no word that may be a secret.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn post(
        &self,
        endpoint: &Endpoint,
        headers: &[(&str, &str)],
        json: &[u8],
    ) -> Result<Answer, HttpError> {
        let request = self.0.post(endpoint.url()).content_type("application/json");
        let add = |request: RequestBuilder<WithBody>, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        let answer = headers.iter().fold(request, add).send(json)?;
        let (head, body) = answer.into_parts();
        let read = body.into_with_config().limit(Self::ANSWER).read_to_vec();
        let is_complete = read.is_ok();
        // What most services mean stands in the head.
        let mut body = read.unwrap_or_default();
        let url = endpoint.secret_part().split(['/', '?', '&', '=']);
        let values = headers.iter().flat_map(|(_, value)| value.split(' '));
        url.chain(values).for_each(|secret| strike(&mut body, secret));
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, is_complete })
    }
}

/// Replaces each occurrence of what may be a secret, in small letters or capitals.
fn strike(body: &mut Vec<u8>, secret: &str) {
    // Shorter than any token, and longer than most words.
    const LEAST: usize = 16;
    if secret.len() < LEAST {
        return;
    }
    let is_there = |there: &[u8]| there.eq_ignore_ascii_case(secret.as_bytes());
    while let Some(start) = body.windows(secret.len()).position(is_there) {
        body.splice(start..start.saturating_add(secret.len()), *b"***");
    }
}

/// Which of these it is, only a library says, in words of its own.
const NO_TLS: &str = "TLS failed: the service does not speak it at this port, or its certificate is not valid for \
                      this host and time, or its authority is not trusted";

/// What is kept of an error holds no URL: it may be a secret.
impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        match error {
            Error::Timeout(_) => Self::Timeout,
            Error::HostNotFound => Self::Connect("no such host".to_owned()),
            Error::ConnectionFailed => Self::Connect("no connection".to_owned()),
            Error::Rustls(_) | Error::Tls(_) => Self::Broken(NO_TLS.to_owned()),
            Error::Io(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Timeout,
                io::ErrorKind::ConnectionRefused => Self::Connect("connection refused".to_owned()),
                io::ErrorKind::InvalidData => Self::Broken(NO_TLS.to_owned()),
                // The system's words, and not those of a library.
                _ if error.raw_os_error().is_some() => Self::Broken(error.to_string()),
                _ => Self::Broken("it ended without an answer".to_owned()),
            },
            // Its own text may quote the answer.
            Error::Protocol(_) => Self::Broken("the answer is not HTTP".to_owned()),
            _ => Self::Broken("no HTTP answer".to_owned()),
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => write!(f, "the connection broke: {what}"),
            Self::Connect(what) => write!(f, "no connection: {what}"),
            Self::Timeout => f.write_str("it took too long"),
        }
    }
}

impl core::error::Error for HttpError {}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}
