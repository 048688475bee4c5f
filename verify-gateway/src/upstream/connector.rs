//! Connections to a service, with TLS where its URL asks for that.

use core::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::sync::Arc;

use http::Uri;
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector},
    rt::TokioIo,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};
use tower::Service;

/// Makes them.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    /// `None`: without TLS.
    tls: Option<TlsConnector>,
    handshake: Duration,
}

/// Plain, or with TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

type Failed = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<Box<dyn Stream>>, Failed>> + Send>>;

impl Connector {
    /// `deadline` is for connecting, and again for the handshake of TLS.
    pub(super) fn new(tls: Option<Arc<ClientConfig>>, deadline: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(deadline));
        tcp.set_nodelay(true);
        Self { tcp, tls: tls.map(Into::into), handshake: deadline }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Stream>>;
    type Error = Failed;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failed>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let (connecting, tls, handshake) = (self.tcp.call(uri), self.tls.clone(), self.handshake);
        Box::pin(async move {
            let stream = connecting.await?.into_inner();
            let stream: Box<dyn Stream> = match tls {
                None => Box::new(stream),
                Some(tls) => {
                    let name = ServerName::try_from(host)?;
                    Box::new(timeout(handshake, tls.connect(name, stream)).await??)
                }
            };
            Ok(TokioIo::new(stream))
        })
    }
}
