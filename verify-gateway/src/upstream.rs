//! The service that deliveries are handed on to.

mod connections;
mod connector;

use core::{fmt, time::Duration};
use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{HOST, RETRY_AFTER},
    uri::PathAndQuery,
};
use http_body_util::Full;
use tokio_rustls::rustls::ClientConfig;

use self::{connections::Connections, connector::Connector};
use crate::resign::UNSIGNED;

/// A service, and the connections to it.
pub(crate) struct Upstream {
    host: Option<HeaderValue>,
    /// What of the URL is asked for.
    target: Uri,
    connections: Connections,
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

    /// One that is reached by `tls`, if its URL asks for that.
    pub(crate) fn new(uri: Uri, tls: Option<ClientConfig>) -> Self {
        let tls = tls.map(|mut tls| {
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            Arc::new(tls)
        });
        let target = uri.path_and_query().cloned();
        Self {
            host: host(&uri),
            target: target.unwrap_or(PathAndQuery::from_static("/")).into(),
            connections: Connections::new(Connector::new(uri, tls, Self::CONNECT)),
        }
    }

    /// Hands a delivery on. How long that may take is the caller's affair.
    pub(crate) async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Said, Trouble> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = headers;
        let host = self.host.clone().ok_or(Trouble::NoConnection)?;
        request.headers_mut().insert(HOST, host);
        let head = self.connections.ask(request).await?;
        if head.status.is_redirection() {
            return Err(Trouble::Redirects);
        }
        let retry_after = head.headers.get(RETRY_AFTER).filter(|wait| {
            (1..=6).contains(&wait.len()) && wait.as_bytes().iter().all(u8::is_ascii_digit)
        });
        Ok(Said { status: head.status, retry_after: retry_after.cloned() })
    }
}

/// Returns which host is asked. The port of the scheme is not said.
fn host(uri: &Uri) -> Option<HeaderValue> {
    let (authority, host) = (uri.authority()?, uri.host()?);
    let is_usual = match uri.scheme_str() {
        Some("https") => authority.port_u16() == Some(443),
        _ => authority.port_u16() == Some(80),
    };
    HeaderValue::from_str(if is_usual { host } else { authority.as_str() }).ok()
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("host", &self.host)
            .field("target", &self.target)
            .finish_non_exhaustive()
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
