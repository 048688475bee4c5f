use core::{fmt, net::IpAddr};

use http::Uri;

/// The URL to post to: `https`, or `http` to this machine. It may be a secret, so `Debug` and errors
/// show its host only.
#[derive(Clone, Eq, PartialEq)]
pub struct Endpoint {
    url: String,
    host: String,
}

/// Why a URL is not posted to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not a URL with a scheme and a host.
    Invalid,
    /// `http` to another machine: everybody in the network could read it.
    NotEncrypted,
    /// It has a name and password in front of the host.
    UserInfo,
}

impl Endpoint {
    /// Takes a URL.
    ///
    /// # Errors
    ///
    /// [`EndpointError`].
    pub fn new(url: &str) -> Result<Self, EndpointError> {
        let uri: Uri = url.parse().map_err(|_| EndpointError::Invalid)?;
        let authority = uri.authority().ok_or(EndpointError::Invalid)?;
        if authority.as_str().contains('@') {
            return Err(EndpointError::UserInfo);
        }
        let host = authority.host();
        let has_bad_port = authority.port_u16().is_none() && authority.as_str() != host;
        if host.is_empty() || has_bad_port || !url.is_ascii() {
            return Err(EndpointError::Invalid);
        }
        let is_here = host == "localhost"
            || host
                .trim_start_matches('[')
                .trim_end_matches(']')
                .parse()
                .is_ok_and(|address: IpAddr| address.is_loopback());
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_here => {}
            Some("http") => return Err(EndpointError::NotEncrypted),
            _ => return Err(EndpointError::Invalid),
        }
        Ok(Self { url: url.to_owned(), host: host.to_owned() })
    }

    /// Returns the host, for people.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What comes behind the host.
    pub(super) fn secret_part(&self) -> &str {
        self.url.split_once(&self.host).map_or("", |(_, rest)| rest)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("host", &self.host).finish_non_exhaustive()
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid => "not a URL such as `https://host/path`",
            Self::NotEncrypted => "`http` to another machine: it has to be `https`",
            Self::UserInfo => "a name and password in a URL are not sent",
        })
    }
}

impl core::error::Error for EndpointError {}
