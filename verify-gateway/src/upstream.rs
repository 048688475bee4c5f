//! The service that deliveries are handed on to.

mod connector;

use core::{fmt, time::Duration};
use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version, header::RETRY_AFTER,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio_rustls::rustls::ClientConfig;

use self::connector::Connector;
use crate::resign::UNSIGNED;

/// A service, and the connections to it.
pub(crate) struct Upstream {
    uri: Uri,
    client: Client<Connector, Full<Bytes>>,
}

/// What an upstream said about a delivery.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<HeaderValue>,
}

/// Why it is not known what became of a delivery.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    Broken,
    NoConnection,
    /// TLS did not come about.
    NotSafe(&'static str),
    Redirects,
    Unsigned,
}

impl Upstream {
    const CONNECT: Duration = Duration::from_secs(5);
    /// Servers close connections that are idle: Gunicorn after 2 s, Node.js and Uvicorn after 5 s. A delivery that
    /// crosses with that is not known to have arrived or not, so ours are closed earlier.
    const IDLE: Duration = Duration::from_secs(1);
    /// Of the body of an answer, which nobody reads: so much is let by to use the connection again.
    const BODY: usize = 64 * 1024;
    /// What is said of a certificate that nobody trusts.
    const UNTRUSTED: &str = "shows a certificate that is not trusted: name a file with the certificate of its authority by \
                             `upstream_ca_file`";

    /// One that is reached by `tls`, if its URL asks for that.
    pub(crate) fn new(uri: Uri, tls: Option<ClientConfig>) -> Self {
        let tls = tls.map(|mut tls| {
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(tls)
        });
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Self::IDLE)
            .build(Connector::new(tls, Self::CONNECT));
        Self { uri, client }
    }

    /// Hands a delivery on. How long that may take is the caller's affair.
    pub(crate) async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Said, Trouble> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = headers;
        let answer = self.client.request(request).await.map_err(|error| {
            match verify_connect::trouble(&error, Self::UNTRUSTED) {
                Some(what) => Trouble::NotSafe(what),
                None if error.is_connect() => Trouble::NoConnection,
                None => Trouble::Broken,
            }
        })?;
        let (head, body) = answer.into_parts();
        // What it meant stands in the head.
        let _ = Limited::new(body, Self::BODY).collect().await;
        if head.status.is_redirection() {
            return Err(Trouble::Redirects);
        }
        let retry_after = head.headers.get(RETRY_AFTER).filter(|wait| {
            (1..=6).contains(&wait.len()) && wait.as_bytes().iter().all(u8::is_ascii_digit)
        });
        Ok(Said { status: head.status, retry_after: retry_after.cloned() })
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "the connection to the upstream broke before it answered",
            Self::NoConnection => "no connection to the upstream: is it running, and is `upstream` its address?",
            Self::NotSafe(what) => return write!(f, "the upstream {what}"),
            Self::Redirects => {
                "the upstream redirects, which is not followed: set `upstream` to where it leads, often the same path with \
                 or without `/` at the end"
            }
            Self::Unsigned => UNSIGNED,
        })
    }
}
