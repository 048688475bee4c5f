pub(crate) mod exchange;
#[cfg(feature = "tls")]
mod tls;

use core::{fmt, time::Duration};
use std::io;

use http::{Uri, uri::PathAndQuery};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};

#[cfg(feature = "tls")]
pub use tls::TlsError;

use crate::{
    WireRequest,
    attack::{Answer, Attempt, Outcome},
};

/// Where a receiver listens: `http://host:port/path`, or with the feature `tls` also `https://`.
///
/// Each request goes over a connection of its own, byte for byte as it was made: nothing is
/// reordered, joined, compressed or redirected.
#[derive(Clone)]
pub struct Endpoint {
    /// The host, and the port where the URL has one.
    authority: String,
    /// The host with the port.
    address: String,
    path: String,
    #[cfg(feature = "tls")]
    tls: Option<tls::Tls>,
}

impl Endpoint {
    /// Reads a URL. Nothing is resolved or connected yet.
    ///
    /// With `https://`, the receiver's certificate must come from an authority that browsers trust.
    /// `with_authority` adds others.
    ///
    /// # Errors
    ///
    /// [`UrlError::Malformed`], [`UrlError::NotHttp`].
    pub fn new(text: &str) -> Result<Self, UrlError> {
        let url: Uri = text.parse().map_err(|_| UrlError::Malformed)?;
        let is_tls = match url.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "tls") => true,
            Some(_) => return Err(UrlError::NotHttp),
            None => return Err(UrlError::Malformed),
        };
        let authority = url.authority().ok_or(UrlError::Malformed)?;
        // What comes before the host is a password, which would be sent to nobody.
        let host = authority.host();
        let has_bad_port = authority.port_u16().is_none() && authority.as_str() != host;
        if authority.as_str().contains('@') || host.is_empty() || has_bad_port || !text.is_ascii() {
            return Err(UrlError::Malformed);
        }
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        Ok(Self {
            authority: authority.to_string(),
            address: format!("{}:{port}", authority.host()),
            // As text it begins with `/`, which a URL with a query may lack.
            path: url.path_and_query().map_or("/".to_owned(), PathAndQuery::to_string),
            #[cfg(feature = "tls")]
            tls: is_tls.then(|| tls::Tls::new(authority.host())).transpose()?,
        })
    }

    /// Trusts the certificates of these authorities as well: PEM, for example of your company, or a
    /// self-signed certificate of the receiver. Without `https://` it does nothing.
    ///
    /// # Errors
    ///
    /// [`UrlError::Certificates`].
    #[cfg(feature = "tls")]
    pub fn with_authority(mut self, pem: &[u8]) -> Result<Self, UrlError> {
        self.tls = self.tls.map(|tls| tls.with_authority(pem)).transpose()?;
        Ok(self)
    }

    /// Accepts any certificate, from anybody, like a sender that does not verify certificates.
    /// Without `https://` it does nothing.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn dangerous_without_verification(mut self) -> Self {
        self.tls = self.tls.map(tls::Tls::without_verification);
        self
    }

    /// Returns the path, with the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host, and the port where the URL has one.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Connects, shakes hands if there is TLS, and hangs up.
    ///
    /// # Errors
    ///
    /// Nobody listens there, or (with TLS) the certificate is not trusted, or nothing happened for
    /// as long as `patience`. An error of TLS is a `TlsError` inside.
    pub async fn check(&self, patience: Duration) -> io::Result<()> {
        timeout(patience, self.connect()).await?.map(drop)
    }

    /// Sends a request, and returns the answer as soon as there is one, with at most 64 KiB of its
    /// body. `Host` and the framing are made here. The path is that of the request.
    ///
    /// # Errors
    ///
    /// Nobody listens, the connection ended without an answer ([`io::ErrorKind::UnexpectedEof`]), or
    /// no answer came for as long as `patience` ([`io::ErrorKind::TimedOut`]).
    pub async fn send(&self, request: &WireRequest, patience: Duration) -> io::Result<Answer> {
        timeout(patience, self.exchange(&request.into())).await?
    }

    /// Makes an attempt of the attack matrix.
    pub async fn attempt(&self, attempt: &Attempt, patience: Duration) -> Outcome {
        match timeout(patience, self.exchange(attempt)).await {
            Ok(Ok(answer)) => Outcome::Answered(answer),
            Ok(Err(_)) => Outcome::Closed,
            Err(_) => Outcome::Silent,
        }
    }

    async fn exchange(&self, attempt: &Attempt) -> io::Result<Answer> {
        let stream = self.connect().await?;
        let answer = exchange::exchange(stream, &self.authority, attempt).await;
        // A client's certificate is asked for after the greeting, in TLS 1.3.
        #[cfg(feature = "tls")]
        let answer = answer.map_err(tls::in_words);
        let none = "the connection ended without an answer";
        answer?.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, none))
    }

    pub(crate) async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let found = lookup_host(&self.address).await;
        let found = found.map_err(|_| io::Error::new(io::ErrorKind::NotFound, "no such host"))?;
        let stream = TcpStream::connect(found.collect::<Vec<_>>().as_slice()).await?;
        stream.set_nodelay(true)?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return Ok(Box::new(tls.connect(stream).await?));
        }
        Ok(Box::new(stream))
    }
}

/// A connection, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Why a receiver cannot be reached at a URL.
#[derive(Debug)]
#[non_exhaustive]
pub enum UrlError {
    /// The certificates of authorities are not PEM, or none of them can be used.
    #[cfg(feature = "tls")]
    Certificates,
    /// It is no URL with a host, or has a user or a password in it.
    Malformed,
    /// It does not begin with `http://` (feature `tls`: or `https://`).
    NotHttp,
    /// Nobody listens there, or (with TLS) the certificate is not trusted.
    Unreachable(io::Error),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "tls")]
            Self::Certificates => f.write_str("no certificate of an authority in PEM"),
            Self::Malformed => f.write_str("not a URL such as `http://127.0.0.1:8080/path`"),
            #[cfg(feature = "tls")]
            Self::NotHttp => f.write_str("not an `http` or `https` URL"),
            #[cfg(not(feature = "tls"))]
            Self::NotHttp => f.write_str("not an `http` URL"),
            Self::Unreachable(_) => f.write_str("nobody listens there"),
        }
    }
}

impl core::error::Error for UrlError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            _ => None,
        }
    }
}
