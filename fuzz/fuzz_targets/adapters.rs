//! The two adapters agree on any request, however its body is cut and whether or not it breaks off: the
//! same status, headers and body, and the same bytes in the handler. It runs for what the verifier
//! accepts, and for nothing else.
#![cfg_attr(fuzzing, no_main)]

use core::{cell::RefCell, convert::Infallible, time::Duration};
use std::{
    io,
    rc::Rc,
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use actix_web::{
    App, HttpResponse,
    dev::{Payload, Service as _},
    error::PayloadError,
    http::header::{HeaderName, HeaderValue},
    test::{TestRequest, init_service},
    web,
};
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use tokio::{runtime::Runtime, task::LocalSet};
use tower::{Layer, ServiceExt, service_fn};
use verify_axum::{Budget, Clock};
use verify_core::{UnixTime, Verified, Verifier};
use verify_fuzz::{Genuine, Input, Reached, Request, Setup, target};

target!(check);

thread_local! {
    static RUNTIME: Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
}

/// What came of a request: status, headers, body, and what the handler got.
type Outcome = (u16, Vec<(String, Vec<u8>)>, Bytes, Option<Bytes>);

fn check(data: &[u8]) -> Reached {
    let mut input = Input::new(data);
    let setup = Setup::read(&mut input);
    let Ok(verifier) = setup.verifier() else { return Reached::Nothing };
    let verifier = Arc::new(verifier);
    let genuine = Genuine::read(&mut input, &setup);
    let mut request = genuine.request(&mut input, &setup);
    request.tamper(&mut input, &setup.wire.facts, &genuine.tag);
    // What the clock of a machine can be.
    request.now &= (1 << 40) - 1;
    if input.below(2) == 0 {
        request.headers.push(("content-length".to_owned(), request.body.len().to_string().into()));
    }
    let chunk = input.below(64) + 1;
    let breaks_off = input.below(8) == 7;
    let chunks: Vec<_> = request.body.chunks(chunk).map(Bytes::copy_from_slice).collect();

    let by_axum = axum(&verifier, &request, &chunks, breaks_off);
    let by_actix = actix(&verifier, &request, &chunks, breaks_off);
    // A name or a value that no server would hand on.
    let (Some(by_axum), Some(by_actix)) = (by_axum, by_actix) else { return Reached::Nothing };
    assert_eq!(by_axum, by_actix);

    let now = UnixTime::from_secs(request.now);
    let verdict = verifier.verify(now, &request.headers, &request.body[..]);
    let expected = verdict.ok().filter(|_| !breaks_off).map(|_| Bytes::from(request.body.clone()));
    let (status, _, _, handled) = by_axum;
    assert_eq!(handled, expected);
    assert_eq!(status == 204, handled.is_some());
    if handled.is_some() { Reached::Accepted } else { Reached::Refused }
}

fn clock(request: &Request) -> Clock {
    let now = UNIX_EPOCH + Duration::from_secs(request.now);
    Clock::new(move || now)
}

fn axum(
    verifier: &Arc<Verifier>,
    request: &Request,
    chunks: &[Bytes],
    breaks_off: bool,
) -> Option<Outcome> {
    let mut head = http::Request::post("/");
    for (name, value) in &request.headers {
        head = head.header(name, value.as_slice());
    }
    let frames = chunks.iter().cloned().map(|chunk| Ok(Frame::data(chunk)));
    let end = breaks_off.then(|| Err(io::ErrorKind::UnexpectedEof));
    let body = StreamBody::new(stream::iter(frames.chain(end).collect::<Vec<_>>()));
    let request_for_axum = head.body(body).ok()?;

    let handled = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&handled);
    let handler = service_fn(move |request: http::Request<_>| {
        let body = request.extensions().get::<Verified<Bytes>>().map(|v| v.body().clone());
        *seen.lock().expect("one thread") = body;
        let response = http::Response::builder().status(204).body(Empty::<Bytes>::new());
        async { Ok::<_, Infallible>(response.expect("a response")) }
    });
    let layer = verify_axum::VerifyLayer::new(Arc::clone(verifier))
        .with_clock(clock(request))
        .with_budget(Budget::new(1 << 20));
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let response = layer.layer(handler).oneshot(request_for_axum).await.ok()?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            let headers = head.headers.iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().into()));
            let handled = handled.lock().expect("one thread").take();
            Some((head.status.as_u16(), told(headers), body, handled))
        })
    })
}

fn actix(
    verifier: &Arc<Verifier>,
    request: &Request,
    chunks: &[Bytes],
    breaks_off: bool,
) -> Option<Outcome> {
    let mut head = TestRequest::post().uri("/");
    for (name, value) in &request.headers {
        let name = HeaderName::try_from(name).ok()?;
        head = head.append_header((name, HeaderValue::from_bytes(value).ok()?));
    }
    let end = breaks_off.then_some(Err(PayloadError::Incomplete(None)));
    let frames: Vec<_> = chunks.iter().cloned().map(Ok).chain(end).collect();
    let payload: actix_http::BoxedPayloadStream = Box::pin(stream::iter(frames));
    let request_for_actix = head.to_request().replace_payload(Payload::Stream { payload }).0;

    let handled = Rc::new(RefCell::new(None));
    let seen = Rc::clone(&handled);
    let handler = move |verify_actix::Delivery(verified): verify_actix::Delivery| {
        *seen.borrow_mut() = Some(verified.into_parts().1);
        async { HttpResponse::NoContent().finish() }
    };
    let guard = verify_actix::Verify::new(Arc::clone(verifier))
        .with_clock(clock(request))
        .with_budget(Budget::new(1 << 20));
    RUNTIME.with(|runtime| {
        LocalSet::new().block_on(runtime, async {
            let guarded = web::resource("/").wrap(guard).route(web::post().to(handler));
            let app = init_service(App::new().service(guarded)).await;
            let response = app.call(request_for_actix).await.ok()?.into_parts().1;
            let status = response.status().as_u16();
            let headers = response.headers().iter();
            let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().into()));
            let headers = told(headers);
            let body = actix_web::body::to_bytes(response.into_body()).await.ok()?;
            Some((status, headers, body, handled.take()))
        })
    })
}

/// Without what becomes of the connection, which is the server's.
fn told(headers: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let mut headers: Vec<_> = headers.filter(|(name, _)| name != "connection").collect();
    headers.sort();
    headers
}
