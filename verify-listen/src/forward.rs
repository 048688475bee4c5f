//! Hands verified deliveries on to the handler of `--forward-to`.

use core::{
    hash::{BuildHasher as _, Hasher as _},
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use std::{hash::RandomState, io, sync::LazyLock, time::Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Uri, header::VIA};
use bytes::Bytes;
use verify_toolkit::{Endpoint, Sender, UrlError, WireRequest, attack::Answer};

use crate::record::{Handled, Outcome, now};

/// Less than the 30 s that MLflow waits for an answer.
const PATIENCE: Duration = Duration::from_secs(25);
/// Bytes of an answer's body that are kept.
const KEPT: usize = 2 * 1024;
/// What this process adds to `Via`, so that it knows what it forwarded itself.
static MARK: LazyLock<String> = LazyLock::new(|| {
    format!("1.1 verify-listen-{:016x}", RandomState::new().build_hasher().finish())
});

/// A handler behind a URL.
#[derive(Clone, Debug)]
pub struct Forward {
    url: String,
    endpoint: Endpoint,
}

/// Why a delivery is handed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Occasion {
    /// It has just come.
    Delivery,
    /// The page asked for it, with another body.
    Edited,
    /// The page asked for it.
    Replay,
}

impl Forward {
    /// Takes a URL such as `http://127.0.0.1:8000` or `http://localhost:8000/hook`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        Ok(Self { url: url.to_owned(), endpoint: Endpoint::new(url)? })
    }

    /// Returns the URL as it was given.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the URL plainly leads to who listens at an address.
    pub(crate) fn is_to(&self, address: SocketAddr) -> bool {
        let Ok(url) = self.url.parse::<Uri>() else { return false };
        let usual = if url.scheme_str() == Some("https") { 443 } else { 80 };
        let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
        let own = address.ip().to_canonical();
        let is_local = own.is_loopback() || own.is_unspecified();
        url.port_u16().unwrap_or(usual) == address.port()
            && match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
                Ok(ip) if ip.is_unspecified() => is_local,
                Ok(ip) => ip == own || ip.is_loopback() && own.is_unspecified(),
                Err(_) => is_local && host.eq_ignore_ascii_case("localhost"),
            }
    }

    /// Sends a delivery. Returns what became of it, for the record, and the answer for the sender: at
    /// most 64 KiB of its body, which senders show to people and do not read.
    ///
    /// Without an answer the handler did not give one, and the sender is to come again.
    pub(crate) async fn send(
        &self,
        request: &WireRequest,
        occasion: Occasion,
    ) -> (Handled, Option<Response<Bytes>>) {
        let (at, begun) = (now(), Instant::now());
        let answer = self.endpoint.send(&self.request(request), PATIENCE).await;
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (outcome, answer) = match answer {
            Ok(answer) => {
                let kept = answer.body.get(..KEPT).unwrap_or(&answer.body);
                let body = String::from_utf8_lossy(kept).into_owned();
                (Outcome::Answered { status: answer.status, body }, Some(passed_on(answer)))
            }
            Err(error) => (Outcome::Failed(in_words(&error)), None),
        };
        let (is_replay, is_edited) = (occasion != Occasion::Delivery, occasion == Occasion::Edited);
        (Handled { at, is_replay, is_edited, millis, outcome }, answer)
    }

    /// The delivery byte for byte, but for the headers that are about one connection only, and with
    /// the mark that [`has_come_back`] knows. To the
    /// URL's path, or where that is `/` to the path that it came to.
    fn request(&self, request: &WireRequest) -> WireRequest {
        let mut forwarded = request.clone();
        if self.endpoint.path() != "/" {
            self.endpoint.path().clone_into(&mut forwarded.path);
        }
        let named: Vec<_> = request
            .header("connection")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|name| !is_of_the_delivery(name))
            .collect();
        forwarded.headers.retain(|(name, _)| {
            !is_of_the_connection(name)
                && !named.iter().any(|named| named.eq_ignore_ascii_case(name.as_bytes()))
        });
        forwarded.headers.push((VIA.as_str().to_owned(), MARK.clone().into_bytes()));
        forwarded
    }
}

/// Whether a request was forwarded by this process before: by whatever way, it goes in a circle.
pub(crate) fn has_come_back(headers: &HeaderMap) -> bool {
    let mut vias = headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok());
    // Others on the way may put theirs into the same line.
    vias.any(|via| via.split(',').any(|via| via.trim() == *MARK))
}

/// An answer as it goes back to the sender. Its length is told anew.
fn passed_on(answer: Answer) -> Response<Bytes> {
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::try_from(name.as_str()), HeaderValue::from_bytes(value))
            && !is_of_the_connection(name.as_str())
        {
            headers.append(name, value);
        }
    }
    // What is no status says no more than that something is wrong.
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = Response::new(answer.body.into());
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// Why a handler gave no answer.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "the handler is down".to_owned(),
        io::ErrorKind::TimedOut => {
            format!("the handler did not answer within {} s", PATIENCE.as_secs())
        }
        io::ErrorKind::UnexpectedEof => "the handler hung up without an answer".to_owned(),
        _ => format!("the handler was not reached: {error}"),
    }
}

/// Whether a header is what a handler verifies or reads a delivery by. `Connection` is not signed, so
/// whoever is on the way could have it taken away.
fn is_of_the_delivery(name: &[u8]) -> bool {
    let of_senders = Sender::ALL.iter().flat_map(|sender| {
        let named = [sender.delivery_id_header(), sender.timestamp_header()];
        named.into_iter().flatten().chain([sender.signature_header()])
    });
    let mut all = of_senders.chain(["authorization", "content-type"]);
    all.any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// Whether a header is about one connection, and not about what is sent over it: RFC 9110, section
/// 7.6.1. `Host` names whom it is sent to, and `Expect` was met when the body was read.
fn is_of_the_connection(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}
