//! A receiver written by hand, as its users write theirs: sound as it stands, and broken in one
//! place by a [`Flaw`].

mod body;
mod credential;
mod encoding;
mod head;
mod signature;
mod time;

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use base64ct::{Base64, Encoding as _};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, request::Parts};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tokio::time::timeout;
use verify_toolkit::{Encoding, Sender};

use crate::flaw::Flaw;

/// What a receiver was configured with.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) sender: Sender,
    pub(crate) secret: Vec<u8>,
    pub(crate) bearer: Option<String>,
    pub(crate) now: u64,
    pub(crate) limit: usize,
    pub(crate) flaw: Option<Flaw>,
}

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// Where it listens.
pub(crate) const PATH: &str = "/webhooks/hook";

/// Why it refuses: status and words.
type Refusal = (u16, &'static str);

const MISSING: Refusal = (401, "header is missing");
const REPEATED: Refusal = (401, "header occurs more than once");
const MALFORMED: Refusal = (401, "header is malformed");

impl Receiver {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    pub(crate) async fn receive<B: Body<Data = Bytes> + Unpin>(
        &self,
        request: Request<B>,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default().to_owned();
        let outcome = match self.route(&head) {
            Ok(true) => self.judge(head.headers.clone(), &query, body).await,
            Ok(false) => Ok(()),
            Err(status) => Err((status, String::new())),
        };
        let (status, words) = match &outcome {
            Ok(_) => (204, ""),
            Err((status, words)) => (*status, words.as_str()),
        };
        // A number for each request, as many servers give one.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut response =
            Response::builder().header("x-request-id", number).status(match status {
                401 if self.has(Flaw::LoginPage) => 302,
                401 if self.has(Flaw::RefusedIs500) => 500,
                401 if self.has(Flaw::RefusedIs200) => 200,
                status => status,
            });
        if status == 503 {
            let waits: &[&str] = match self.flaw {
                Some(Flaw::LongRetryAfter) => &["3600"],
                Some(Flaw::RepeatedRetryAfter) => &["5", "5"],
                Some(Flaw::ShortRetryAfter) => &["1"],
                Some(Flaw::SignedRetryAfter) => &["+5"],
                _ => &["5"],
            };
            response =
                waits.iter().fold(response, |response, wait| response.header("retry-after", *wait));
        }
        let tells = [Flaw::ReasonTold, Flaw::SignatureTold, Flaw::Reflected];
        let tells = self.flaw.is_some_and(|flaw| tells.contains(&flaw));
        let words = if tells { words.to_owned() } else { String::new() };
        response.body(words.into()).unwrap()
    }

    /// Whether the guard is on the way to the handler, if there is one.
    fn route(&self, head: &Parts) -> Result<bool, u16> {
        let path = head.uri.path();
        let is_overridden = head.headers.contains_key("x-http-method-override");
        if self.has(Flaw::OtherMethodsOpen) && (head.method != Method::POST || is_overridden) {
            return Ok(false);
        }
        if self.has(Flaw::PathsNormalised) && path != PATH {
            let normalised = path.replace("//", "/").replace("/./", "/").replace("%68", "h");
            return if normalised == PATH { Ok(false) } else { Err(404) };
        }
        match (path == PATH, head.method == Method::POST) {
            (false, _) => Err(404),
            (true, false) => Err(405),
            (true, true) => Ok(true),
        }
    }

    fn limit(&self) -> usize {
        match self.flaw {
            Some(Flaw::NoLimit) => usize::MAX,
            Some(Flaw::FrameworkLimit) => 256 * 1024,
            Some(Flaw::LimitOffByOne) => self.limit - 1,
            _ => self.limit,
        }
    }

    async fn judge(
        &self,
        mut headers: HeaderMap,
        query: &str,
        body: impl Body<Data = Bytes> + Unpin,
    ) -> Result<(), (u16, String)> {
        let plain = |(status, words): Refusal| (status, words.to_owned());
        let length = headers.get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > self.limit() as u64) {
            return Err((413, "too large".to_owned()));
        }
        let buffers = [Flaw::BufferedFirst, Flaw::SignatureFromTrailer];
        let buffers_first = self.flaw.is_some_and(|flaw| buffers.contains(&flaw));
        if !buffers_first {
            self.head(&headers, query).map_err(plain)?;
        }
        let (body, trailers) = self.read(body).await.map_err(plain)?;
        if self.has(Flaw::SignatureFromTrailer) {
            headers.extend(trailers.into_iter().flatten());
        }
        let told = |words: &str, body: &[u8], expected: String| match self.flaw {
            Some(Flaw::SignatureTold) => expected,
            Some(Flaw::Reflected) => String::from_utf8_lossy(body).into_owned(),
            _ => words.to_owned(),
        };
        let head = self.head(&headers, query).map_err(plain)?;
        let body = self.converted(&headers, body).map_err(plain)?;
        if head.is_excused || (body.is_empty() && self.has(Flaw::EmptyBodyUnchecked)) {
            return Ok(());
        }
        let expected = self.tags(&head, &body);
        if expected.iter().any(|tag| head.given.iter().any(|given| self.is_equal(tag, given))) {
            return Ok(());
        }
        let spelt = match self.sender.encodings()[0] {
            Encoding::Hex => base16ct::lower::encode_string(&expected[0]),
            _ => Base64::encode_string(&expected[0]),
        };
        Err((
            401,
            told("signature does not match", &body, self.sender.prefix().to_owned() + &spelt),
        ))
    }

    async fn read(
        &self,
        mut body: impl Body<Data = Bytes> + Unpin,
    ) -> Result<(Vec<u8>, Option<HeaderMap>), Refusal> {
        let reading = async {
            let mut read = Vec::new();
            let mut trailers = None;
            let mut is_large = false;
            while let Some(frame) = body.frame().await {
                let frame = match frame {
                    Ok(frame) => frame,
                    Err(_) if self.has(Flaw::BrokenBodyAccepted) => break,
                    Err(_) => return Err((400, "body broke off")),
                };
                match frame.into_data() {
                    Ok(data) => read.extend_from_slice(&data),
                    Err(frame) => trailers = frame.into_trailers().ok(),
                }
                if read.len() > self.limit() && !self.has(Flaw::LimitOnLengthOnly) {
                    is_large = true;
                    if !self.has(Flaw::LargeBodyRead) {
                        break;
                    }
                }
                if self.has(Flaw::FirstChunkOnly) {
                    break;
                }
            }
            if is_large { Err((413, "too large")) } else { Ok((read, trailers)) }
        };
        let deadline = Duration::from_secs(if self.has(Flaw::NoDeadline) { 86_400 } else { 10 });
        match timeout(deadline, reading).await {
            Ok(read) => read,
            Err(_) if self.has(Flaw::DeadlineIs408) => Err((408, "too slow")),
            Err(_) => Err((503, "too slow")),
        }
    }
}
