//! Connections to a service, with TLS where its URL asks for that.

use core::{error::Error, future::poll_fn, time::Duration};
use std::sync::Arc;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};
use tower::Service as _;

use super::Trouble;

/// Makes them.
pub(super) struct Connector {
    uri: Uri,
    tcp: HttpConnector,
    /// `None`: without TLS.
    tls: Option<TlsConnector>,
    handshake: Duration,
}

/// Plain, or with TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

type Failed = Box<dyn Error + Send + Sync>;

impl Connector {
    /// What is said of a certificate that nobody trusts.
    const UNTRUSTED: &str = "shows a certificate that is not trusted: name a file with the certificate of its authority by \
                             `upstream_ca_file`";

    /// `deadline` is for connecting, and again for the handshake of TLS.
    pub(super) fn new(uri: Uri, tls: Option<Arc<ClientConfig>>, deadline: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(deadline));
        tcp.set_nodelay(true);
        Self { uri, tcp, tls: tls.map(Into::into), handshake: deadline }
    }

    pub(super) async fn connect(&self) -> Result<Box<dyn Stream>, Trouble> {
        self.try_to_connect().await.map_err(|error| {
            match verify_connect::trouble(&*error, Self::UNTRUSTED) {
                Some(what) => Trouble::NotSafe(what),
                None => Trouble::NoConnection,
            }
        })
    }

    async fn try_to_connect(&self) -> Result<Box<dyn Stream>, Failed> {
        let mut tcp = self.tcp.clone();
        poll_fn(|context| tcp.poll_ready(context)).await?;
        let stream = tcp.call(self.uri.clone()).await?.into_inner();
        Ok(match &self.tls {
            None => Box::new(stream),
            Some(tls) => {
                let host = self.uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                let name = ServerName::try_from(host)?;
                Box::new(timeout(self.handshake, tls.connect(name, stream)).await??)
            }
        })
    }
}
