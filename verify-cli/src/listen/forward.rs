//! Hands verified deliveries on to the handler of `--forward-to`.

use core::{fmt, time::Duration};
use std::{io, time::Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use verify_toolkit::WireRequest;

use super::record::{Handled, Outcome, now};

/// Less than the 30 s that MLflow waits for an answer.
const PATIENCE: Duration = Duration::from_secs(25);
/// Bytes of an answer that go back. Senders show it to people and do not read it.
const MOST: usize = 64 * 1024;
/// Bytes of an answer that are kept.
const KEPT: usize = 2 * 1024;

/// A handler behind `http://host:port`.
#[derive(Clone, Debug)]
pub(super) struct Forward {
    url: Uri,
    host: String,
    port: u16,
}

/// What a handler answered. Its body may be cut off.
pub(super) type Answer = Response<Bytes>;

impl Forward {
    /// Takes a URL such as `http://127.0.0.1:8000` or `http://localhost:8000/hook`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let url: Uri = url.parse().map_err(|error| format!("{error}"))?;
        if url.scheme_str() != Some("http") {
            return Err("not an `http://` URL, such as http://127.0.0.1:8000".to_owned());
        }
        let host = url.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = url.port_u16().unwrap_or(80);
        Ok(Self { host, port, url })
    }

    pub(super) const fn url(&self) -> &Uri {
        &self.url
    }

    /// Sends a delivery, and says for the record what became of it.
    pub(super) async fn send(
        &self,
        request: &WireRequest,
        is_replay: bool,
    ) -> (Handled, Result<Answer, ForwardError>) {
        let (at, begun) = (now(), Instant::now());
        let answer = timeout(PATIENCE, self.exchange(request)).await;
        let answer = answer.unwrap_or(Err(ForwardError::Silent));
        let outcome = match &answer {
            Ok(answer) => {
                let kept = answer.body().get(..KEPT).unwrap_or(answer.body());
                let body = String::from_utf8_lossy(kept).into_owned();
                Outcome::Answered { status: answer.status().as_u16(), body }
            }
            Err(error) => Outcome::Failed(error.to_string()),
        };
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        (Handled { at, is_replay, millis, outcome }, answer)
    }

    async fn exchange(&self, request: &WireRequest) -> Result<Answer, ForwardError> {
        let request = self.request(request).map_err(ForwardError::Request)?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(ForwardError::Down)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(ForwardError::Broken)?;
        let exchange = async move {
            let answer = sender.send_request(request).await.map_err(ForwardError::Broken)?;
            Ok(read(answer).await)
        };
        // The connection is driven for as long as the answer is read, and dropped with it.
        tokio::pin!(exchange);
        tokio::select! {
            answer = &mut exchange => answer,
            _ = connection => exchange.await,
        }
    }

    /// The delivery byte for byte, but for the headers that are about one connection only. To the
    /// URL's path, or where that is `/` to the path that it came to.
    fn request(&self, request: &WireRequest) -> Result<Request<Full<Bytes>>, http::Error> {
        let own = self.url.path_and_query().filter(|own| own.as_str() != "/");
        let mut forwarded = WireRequest {
            path: own.map_or_else(|| request.path.clone(), ToString::to_string),
            ..request.clone()
        };
        let named: Vec<_> = request
            .header("connection")
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .collect();
        forwarded.headers.retain(|(name, _)| {
            !is_of_the_connection(name)
                && !named.iter().any(|named| named.eq_ignore_ascii_case(name.as_bytes()))
        });
        let host = self.url.authority().map(ToString::to_string).unwrap_or_default();
        forwarded.headers.push(("host".to_owned(), host.into_bytes()));
        Request::<Vec<u8>>::try_from(forwarded).map(|request| request.map(|body| Full::from(body)))
    }
}

/// Reads an answer as far as it goes back. One whose body breaks off is as long as it is: the
/// delivery was handled.
async fn read(answer: Response<Incoming>) -> Answer {
    let (mut head, mut body) = answer.into_parts();
    let mut kept = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Some(data) = frame.data_ref() {
            let room = MOST - kept.len();
            kept.extend_from_slice(data.get(..room).unwrap_or(data));
        }
        if kept.len() == MOST {
            break;
        }
    }
    head.headers = answered(&head.headers);
    Response::from_parts(head, kept.freeze())
}

/// The headers of an answer that go back. Its length is told anew.
fn answered(headers: &HeaderMap) -> HeaderMap {
    let passed = headers
        .iter()
        .filter(|(name, _)| !is_of_the_connection(name.as_str()) && *name != header::CONTENT_LENGTH);
    passed.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether a header is about one connection, and not about what is sent over it: RFC 9110, section
/// 7.6.1. `Host` names whom it is sent to, and `Expect` was met when the body was read.
fn is_of_the_connection(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "connection",
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

/// Why a handler gave no answer.
#[derive(Debug)]
pub(super) enum ForwardError {
    Broken(hyper::Error),
    Down(io::Error),
    Request(http::Error),
    Silent,
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "the connection to the handler broke: {error}"),
            Self::Down(error) => write!(f, "the handler is down: {error}"),
            Self::Request(error) => write!(f, "the delivery cannot be sent on: {error}"),
            Self::Silent => {
                write!(f, "the handler did not answer within {} s", PATIENCE.as_secs())
            }
        }
    }
}

impl core::error::Error for ForwardError {}

/// What the sender is answered where there is nobody to ask: come again.
pub(super) fn unavailable() -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    answer
}
