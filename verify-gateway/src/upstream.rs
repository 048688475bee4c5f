//! The service that deliveries are handed on to.

use core::{fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Version,
    header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use verify_core::UnixTime;

use crate::{config::Proxy, facts::Facts};

/// What all upstreams are asked by. Clones share the connections.
#[derive(Clone)]
pub(crate) struct Upstreams(Client<HttpConnector, Full<Bytes>>);

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
    Redirects,
    Unsigned,
}

impl Upstreams {
    const CONNECT: Duration = Duration::from_secs(5);
    /// Servers close connections that are idle: Gunicorn after 2 s, Node.js and Uvicorn after 5 s. A delivery that
    /// crosses with that is not known to have arrived or not, so ours are closed earlier.
    const IDLE: Duration = Duration::from_secs(1);
    /// Of the body of an answer, which nobody reads: so much is let by to use the connection again.
    const BODY: usize = 64 * 1024;

    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(Self::CONNECT));
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Self::IDLE)
            .build(connector);
        Self(client)
    }

    /// Hands a delivery on. How long that may take is the caller's affair.
    pub(crate) async fn post(
        &self,
        proxy: &Proxy,
        facts: &Facts,
        attempt: u32,
        senders: &HeaderMap,
        body: Bytes,
    ) -> Result<Said, Trouble> {
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = proxy.upstream.clone();
        *request.version_mut() = Version::HTTP_11;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("verify-gateway"));
        for name in &proxy.forwarded {
            headers.remove(name);
            for value in senders.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        // Last, so that nothing of the sender takes their place.
        headers.extend(signed(proxy, facts, &body)?);
        headers.extend(facts.headers(Some(attempt)));

        let answer = self.0.request(request).await.map_err(|error| match error.is_connect() {
            true => Trouble::NoConnection,
            false => Trouble::Broken,
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

/// The headers of a new signature. The id is the key of the delivery, so a second try has the same.
fn signed(proxy: &Proxy, facts: &Facts, body: &[u8]) -> Result<HeaderMap, Trouble> {
    let Some(signer) = &proxy.signer else { return Ok(HeaderMap::new()) };
    let signed = UnixTime::now().ok().and_then(|now| signer.sign(now, &facts.key, body).ok());
    let signed = signed.ok_or(Trouble::Unsigned)?;
    signed
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_str(value).map_err(|_| Trouble::Unsigned)?;
            Ok((http::HeaderName::from_static(name), value))
        })
        .collect()
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "the connection to the upstream broke before it answered",
            Self::NoConnection => "no connection to the upstream: is it running, and is `upstream` its address?",
            Self::Redirects => {
                "the upstream redirects, which is not followed: set `upstream` to where it leads, often the same path with \
                 or without `/` at the end"
            }
            Self::Unsigned => "the delivery could not be signed anew: is the clock of this machine right?",
        })
    }
}
