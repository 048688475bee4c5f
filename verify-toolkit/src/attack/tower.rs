use core::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::collections::VecDeque;

use bytes::{Buf, Bytes};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use tokio::time::timeout;
use tower_service::Service;
use verify_core::Sender;

use super::{
    Answer, Attempt, Framing, Outcome, Report, Step, Target, assertion, unwinding::unwinding,
};

/// Runs the matrix against a service in process, and panics with a readable list if anything is
/// wrong with it.
///
/// It expects a receiver with this project's defaults, at this path. For another receiver, see
/// [`Target`]. In one case the receiver must give up on a body that stalls, so let tokio's clock
/// run ahead: `#[tokio::test(start_paused = true)]`.
///
/// ```no_run
/// # async fn example(app: axum::Router) {
/// use verify_toolkit::{Sender, attack::{AWKWARD_SECRET, assert_hardened}};
///
/// assert_hardened(app, "/webhooks/databricks", Sender::DATABRICKS, AWKWARD_SECRET).await;
/// # }
/// ```
///
/// # Panics
///
/// If the receiver is not sound, or is not found at this path.
pub async fn assert_hardened<S, B>(
    service: S,
    path: &str,
    sender: Sender,
    secret: impl Into<Vec<u8>>,
) where
    S: Service<Request<AttackBody>, Response = Response<B>> + Clone,
    B: Body,
{
    let target = Target::new(sender, secret).with_path(path);
    assertion::hardened(path, &target.attack(service).await);
}

impl Target {
    /// Runs every case in process against a `tower` HTTP service, such as an `axum::Router`.
    ///
    /// A panic in the service counts as a closed connection. Let tokio's clock run ahead
    /// (`#[tokio::test(start_paused = true)]`). Otherwise one case waits for the receiver's deadline.
    pub async fn attack<S, B>(&self, service: S) -> Report
    where
        S: Service<Request<AttackBody>, Response = Response<B>> + Clone,
        B: Body,
    {
        self.attack_with(|attempt| {
            let request = request(&attempt);
            let (service, patience) = (service.clone(), self.patience);
            async move {
                let Some(request) = request else { return Outcome::Skipped };
                match timeout(patience, unwinding(answer(service, request))).await {
                    Ok(Some(answer)) => Outcome::Answered(answer),
                    Ok(None) => Outcome::Closed,
                    Err(_) => Outcome::Silent,
                }
            }
        })
        .await
    }
}

/// Makes the request, unless it is one that only a wire can carry.
fn request(attempt: &Attempt) -> Option<Request<AttackBody>> {
    let length = match attempt.framing {
        Framing::Length(length) => Some(length),
        Framing::Chunked => None,
        Framing::Raw => return None,
    };
    let mut request = Request::builder().method(attempt.method.as_str()).uri(&attempt.path);
    for (name, value) in &attempt.headers {
        request = request.header(name, value.as_slice());
    }
    if let Some(length) = length {
        request = request.header("content-length", length);
    }
    let steps = attempt.body.iter().cloned().collect();
    request.body(AttackBody { steps, length }).ok()
}

async fn answer<S, B>(mut service: S, request: Request<AttackBody>) -> Option<Answer>
where
    S: Service<Request<AttackBody>, Response = Response<B>>,
    B: Body,
{
    const MOST: usize = 64 * 1024;
    poll_fn(|cx| service.poll_ready(cx)).await.ok()?;
    let (head, body) = service.call(request).await.ok()?.into_parts();
    let mut body = pin!(body);
    let mut read = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(mut data) = frame.ok()?.into_data() {
            read.extend_from_slice(&data.copy_to_bytes(data.remaining().min(MOST - read.len())));
        }
        if read.len() == MOST {
            break;
        }
    }
    let headers =
        head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().into()));
    Some(Answer::new(head.status.as_u16(), headers.collect(), read))
}

/// The body of an attempt in process. One that breaks off ends in an error.
pub struct AttackBody {
    steps: VecDeque<Step>,
    length: Option<u64>,
}

/// What a body that breaks off ends in.
#[derive(Clone, Copy, Debug)]
pub struct BrokenOff;

impl Body for AttackBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        Poll::Ready(match self.steps.pop_front() {
            None => None,
            Some(Step::BreakOff) => Some(Err(BrokenOff)),
            Some(Step::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Step::Stall) => {
                self.steps.push_front(Step::Stall);
                return Poll::Pending;
            }
            Some(Step::Trailers(trailers)) => Some(Ok(Frame::trailers(map(&trailers)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

fn map(headers: &[(String, Vec<u8>)]) -> HeaderMap {
    let header = |(name, value): &(String, Vec<u8>)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    headers.iter().filter_map(header).collect()
}

impl fmt::Debug for AttackBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttackBody").field("steps", &self.steps).finish_non_exhaustive()
    }
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("body broke off")
    }
}

impl core::error::Error for BrokenOff {}
