//! Runs the matrix in process against an actix-web application.

use core::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};
use std::collections::VecDeque;

use actix_http::{BoxedPayloadStream, Request};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{Payload, Service, ServiceResponse},
    error::PayloadError,
    http::header::{HeaderName, HeaderValue},
    test::TestRequest,
};
use bytes::Bytes;
use futures_core::Stream;
use tokio::time::timeout;
use verify_core::Sender;

use super::{
    Answer, Attempt, Framing, Outcome, Report, Step, Target, assertion, unwinding::unwinding,
};

/// Runs the matrix against an application in process, and panics with a readable list if anything is
/// wrong with it.
///
/// It expects a receiver with this project's defaults, at this path. For another receiver, see
/// [`attack`]. In one case the receiver must give up on a body that stalls, which takes time.
///
/// ```no_run
/// # async fn example() {
/// use actix_web::{App, test::init_service};
/// use verify_toolkit::{Sender, attack::{AWKWARD_SECRET, actix::assert_hardened}};
///
/// let app = init_service(App::new(/* .wrap(..).service(..) */)).await;
/// assert_hardened(&app, "/webhooks/databricks", Sender::DATABRICKS, AWKWARD_SECRET).await;
/// # }
/// ```
///
/// # Panics
///
/// If the receiver is not sound, or is not found at this path.
pub async fn assert_hardened<S, B>(app: &S, path: &str, sender: Sender, secret: impl Into<Vec<u8>>)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let target = Target::new(sender, secret).with_path(path);
    assertion::hardened(path, &attack(&target, app).await);
}

/// Runs every case in process against an application that `actix_web::test::init_service` made.
///
/// A panic in the application counts as a closed connection.
pub async fn attack<S, B>(target: &Target, app: &S) -> Report
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let report = target.attack_with(async |attempt| {
        let Some(request) = request(&attempt) else { return Outcome::Skipped };
        match timeout(target.patience, unwinding(answer(app, request))).await {
            Ok(Some(answer)) => Outcome::Answered(answer),
            Ok(None) => Outcome::Closed,
            Err(_) => Outcome::Silent,
        }
    });
    report.await
}

/// Makes the request, unless it is one that only a wire can carry.
fn request(attempt: &Attempt) -> Option<Request> {
    let mut request = TestRequest::with_uri(&attempt.path).method(attempt.method.parse().ok()?);
    for (name, value) in &attempt.headers {
        let name = HeaderName::try_from(name).ok()?;
        request = request.append_header((name, HeaderValue::from_bytes(value).ok()?));
    }
    match attempt.framing {
        Framing::Chunked => {}
        Framing::Length(length) => request = request.append_header(("content-length", length)),
        Framing::Raw => return None,
    }
    let steps = Steps(attempt.body.iter().cloned().collect());
    let payload: BoxedPayloadStream = Box::pin(steps);
    Some(request.to_request().replace_payload(Payload::Stream { payload }).0)
}

async fn answer<S, B>(app: &S, request: Request) -> Option<Answer>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    const MOST: usize = 64 * 1024;
    let response = match app.call(request).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        // What the server would make of it.
        Err(error) => error.error_response(),
    };
    let status = response.status().as_u16();
    let headers: Vec<_> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    let mut body = pin!(response.into_body());
    let mut read = Vec::new();
    while read.len() < MOST
        && let Some(data) = poll_fn(|cx| body.as_mut().poll_next(cx)).await
    {
        let data = data.ok()?;
        read.extend_from_slice(&data[..data.len().min(MOST - read.len())]);
    }
    Some(Answer::new(status, headers, read))
}

/// The body of an attempt. One that breaks off ends in an error; trailers are lost here.
struct Steps(VecDeque<Step>);

impl Stream for Steps {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match self.0.pop_front() {
            None | Some(Step::Trailers(_)) => None,
            Some(Step::BreakOff) => Some(Err(PayloadError::Incomplete(None))),
            Some(Step::Data(data)) => Some(Ok(data)),
            Some(Step::Stall) => {
                self.0.push_front(Step::Stall);
                return Poll::Pending;
            }
        })
    }
}
