//! The service that deliveries are handed on to.

mod connection;
mod connections;
mod connector;
mod head;

use core::{fmt, time::Duration};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, StatusCode, Uri};
use tokio_rustls::rustls::ClientConfig;

pub(crate) use head::Head;

use self::{connections::Connections, connector::Connector};
use crate::{afterwards::Afterwards, resign::UNSIGNED};

/// A service, and the connections to it.
pub(crate) struct Upstream {
    /// With what each request begins.
    start: Head,
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
    /// The answer is none in HTTP/1.1.
    Unreadable,
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
        Self {
            start: Head::of(&uri),
            connections: Connections::new(Connector::new(uri, tls, Self::CONNECT)),
        }
    }

    /// Begins the head of a delivery.
    pub(crate) fn head(&self) -> Head {
        self.start.another()
    }

    /// Hands a delivery on. How long that may take is the caller's affair.
    pub(crate) async fn post(
        &self,
        head: Head,
        body: Bytes,
        afterwards: &Afterwards,
    ) -> Result<Said, Trouble> {
        let (head, body) = head.end(body);
        let said = self.connections.ask(head, body, afterwards).await?;
        if said.status.is_redirection() {
            return Err(Trouble::Redirects);
        }
        Ok(said)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("start", &self.start).finish_non_exhaustive()
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
            Self::Unreadable => {
                "the upstream did not answer in HTTP/1.1: does `upstream` name an HTTP service, and does it begin with `https://` if \
                 the service has TLS?"
            }
            Self::Unsigned => UNSIGNED,
        })
    }
}
