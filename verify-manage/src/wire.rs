//! One request over one connection, under limits. Nothing is redirected, unpacked or cached.

mod tls;

use core::{fmt, time::Duration};
use std::{io, sync::Arc};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header::HOST};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::{Instant, timeout, timeout_at},
};
use tokio_rustls::{TlsConnector, rustls::ClientConfig};

pub use self::tls::Certificates;
use crate::server_url::ServerUrl;

/// Bounds on one request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How long it may take to connect, with the greeting of TLS.
    pub connecting: Duration,
    /// How long it may take in all.
    pub total: Duration,
    /// How many bytes of an answer are read.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connecting: Duration::from_secs(10),
            total: Duration::from_secs(60),
            answer: 8 * 1024 * 1024,
        }
    }
}

/// What is asked of a server.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

/// What it answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header as text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// How far a request got.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Stage {
    /// It was not sent: there was no connection, or no safe connection.
    Connecting,
    /// It was sent, and there was no answer. It is not known whether it was done.
    Waiting,
    /// The answer began, and did not end.
    Reading,
}

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Trouble {
    /// The certificate is not good for this host.
    Certificate(CertificateProblem),
    /// The server wants a certificate of the client.
    ClientCertificate,
    /// The connection ended.
    Closed,
    /// What came back is not HTTP.
    Malformed,
    /// The name of the host is not known.
    NameUnknown,
    /// The server does not speak TLS at this port.
    NotTls,
    /// Nobody listens there.
    Refused,
    /// It took too long.
    TimedOut,
    /// The answer is larger than the limit.
    TooLarge,
    /// The network does not lead there.
    Unreachable,
}

/// What is wrong with a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is no longer good.
    Expired,
    /// It is malformed, revoked, or for another purpose.
    Invalid,
    /// It is not good yet.
    NotYetValid,
    /// No authority that is trusted has signed it.
    UnknownAuthority,
    /// It is for another host.
    WrongName,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate(problem) => match problem {
                CertificateProblem::Expired => "its certificate has expired",
                CertificateProblem::Invalid => "its certificate is not valid",
                CertificateProblem::NotYetValid => {
                    "its certificate is not valid yet: is this machine's clock right?"
                }
                CertificateProblem::UnknownAuthority => {
                    "its certificate is not from an authority that is trusted"
                }
                CertificateProblem::WrongName => "its certificate is for another host",
            },
            Self::ClientCertificate => "it wants a certificate of the client",
            Self::Closed => "the connection was closed",
            Self::Malformed => "what came back is not HTTP",
            Self::NameUnknown => "the name of the host is not known",
            Self::NotTls => "it does not speak TLS at this port",
            Self::Refused => "nobody listens at this host and port",
            Self::TimedOut => "it took too long",
            Self::TooLarge => "the answer is too large",
            Self::Unreachable => "there is no route to the host",
        })
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) trouble: Trouble,
}

impl Failure {
    const fn new(stage: Stage, trouble: Trouble) -> Self {
        Self { stage, trouble }
    }

    /// Whether another try could end otherwise.
    pub(crate) const fn may_pass(&self) -> bool {
        // What took too long, or has no such name, would make people wait for the same again.
        matches!(self.trouble, Trouble::Closed | Trouble::Refused | Trouble::Unreachable)
    }
}

/// How to reach servers.
#[derive(Clone)]
pub(crate) struct Wire {
    tls: Arc<ClientConfig>,
    pub(crate) limits: Limits,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("limits", &self.limits).finish_non_exhaustive()
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Wire {
    pub(crate) fn new(certificates: &Certificates, limits: Limits) -> Option<Self> {
        Some(Self { tls: Arc::new(certificates.config()?), limits })
    }

    /// Asks, and reads the answer to its end.
    pub(crate) async fn ask(&self, server: &ServerUrl, ask: &Ask) -> Result<Answer, Failure> {
        let deadline = Instant::now().checked_add(self.limits.total);
        let deadline = deadline.unwrap_or_else(Instant::now);
        let stream = timeout(self.limits.connecting, self.connect(server))
            .await
            .map_err(|_| Failure::new(Stage::Connecting, Trouble::TimedOut))?
            .map_err(|trouble| Failure::new(Stage::Connecting, trouble))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Failure::new(Stage::Connecting, Trouble::Closed))?;
        let mut request = Request::new(Full::new(ask.body.clone()));
        *request.method_mut() = ask.method.clone();
        let path = server.path(&ask.path).parse();
        *request.uri_mut() =
            path.map_err(|_| Failure::new(Stage::Connecting, Trouble::Malformed))?;
        let host = HeaderValue::from_str(&server.authority);
        request
            .headers_mut()
            .insert(HOST, host.map_err(|_| Failure::new(Stage::Connecting, Trouble::Malformed))?);
        request.headers_mut().extend(ask.headers.iter().cloned());

        let answering = async {
            let answer = timeout_at(deadline, sender.send_request(request))
                .await
                .map_err(|_| Failure::new(Stage::Waiting, Trouble::TimedOut))?
                .map_err(|error| Failure::new(Stage::Waiting, trouble_of(&error)))?;
            let (head, body) = answer.into_parts();
            let body = timeout_at(deadline, self.read(&head.headers, body))
                .await
                .map_err(|_| Failure::new(Stage::Reading, Trouble::TimedOut))?
                .map_err(|trouble| Failure::new(Stage::Reading, trouble))?;
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        let mut answering = core::pin::pin!(answering);
        let mut connection = core::pin::pin!(connection);
        tokio::select! {
            answer = &mut answering => answer,
            // What it has read, it has handed on.
            _ = &mut connection => answering.await,
        }
    }

    async fn connect(&self, server: &ServerUrl) -> Result<Box<dyn Stream>, Trouble> {
        let host = server.bare_host();
        let addresses = lookup_host((host, server.port)).await.map_err(|_| Trouble::NameUnknown)?;
        let mut trouble = Trouble::NameUnknown;
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return self.greet(server, stream).await,
                Err(error) => trouble = unconnected(&error),
            }
        }
        Err(trouble)
    }

    async fn greet(
        &self,
        server: &ServerUrl,
        stream: TcpStream,
    ) -> Result<Box<dyn Stream>, Trouble> {
        let _ = stream.set_nodelay(true);
        if !server.is_tls {
            return Ok(Box::new(stream));
        }
        let name = server.bare_host().to_owned().try_into().map_err(|_| Trouble::NameUnknown)?;
        let greeted = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        Ok(Box::new(greeted.map_err(|error| tls::trouble(&error).unwrap_or(Trouble::Closed))?))
    }

    async fn read(&self, headers: &HeaderMap, mut body: Incoming) -> Result<Bytes, Trouble> {
        let length = headers.get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.limits.answer as u64) {
            return Err(Trouble::TooLarge);
        }
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| trouble_of(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            if data.len() > self.limits.answer.saturating_sub(read.len()) {
                return Err(Trouble::TooLarge);
            }
            read.extend_from_slice(data);
        }
        Ok(read.freeze())
    }
}

fn unconnected(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Trouble::Refused,
        io::ErrorKind::TimedOut => Trouble::TimedOut,
        _ => Trouble::Unreachable,
    }
}

fn trouble_of(error: &hyper::Error) -> Trouble {
    let io = core::error::Error::source(error).and_then(|source| source.downcast_ref());
    match io.and_then(tls::trouble) {
        Some(trouble) => trouble,
        // A client's certificate is asked for after the greeting, in TLS 1.3.
        None if error.is_parse() && !error.is_incomplete_message() => Trouble::Malformed,
        None => Trouble::Closed,
    }
}
