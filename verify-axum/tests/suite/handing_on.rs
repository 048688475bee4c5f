//! What the service behind the layer gets, and that it is called as a tower service must be.

use core::{
    convert::Infallible,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};
use std::sync::{Arc, Mutex};

use adapters::{ID, NOW, clock, verifier};
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};
use verify_axum::{RequestBody, Sender, Verified, VerifyLayer};

use crate::support::delivery;

type Seen<B> = Arc<Mutex<Vec<Request<RequestBody<B>>>>>;

/// A service behind the layer, and the requests it was called with.
fn seeing<B>(
    layer: VerifyLayer,
) -> (impl Service<Request<B>, Response: Sized, Error = Infallible, Future: Send> + Clone, Seen<B>)
where
    B: http_body::Body + Unpin + Send + 'static,
{
    let seen: Seen<B> = Arc::default();
    let keep = Arc::clone(&seen);
    let service = service_fn(move |request: Request<RequestBody<B>>| {
        keep.lock().unwrap().push(request);
        async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
    });
    (layer.layer(service), seen)
}

#[tokio::test]
async fn everything_but_the_body_arrives_as_it_came() {
    #[derive(Clone, Debug, PartialEq)]
    struct FromOutside(u8);

    let (service, seen) = seeing(VerifyLayer::new(verifier(Sender::MLFLOW)).with_clock(clock()));
    let mut request = delivery(Sender::MLFLOW, *b"{}");
    *request.method_mut() = http::Method::PUT;
    *request.uri_mut() = "/some/path?with=query".parse().unwrap();
    *request.version_mut() = Version::HTTP_10;
    request.extensions_mut().insert(FromOutside(7));
    request.headers_mut().append("x-other", HeaderValue::from_static("1"));
    request.headers_mut().append("x-other", HeaderValue::from_bytes(b"\xff").unwrap());
    request.headers_mut().append("authorization", HeaderValue::from_static("Bearer token"));
    let headers = request.headers().clone();
    service.oneshot(request).await.unwrap();

    let (head, body) = seen.lock().unwrap().pop().unwrap().into_parts();
    assert_eq!(head.method, http::Method::PUT);
    assert_eq!(head.uri, "/some/path?with=query");
    assert_eq!(head.version, Version::HTTP_10);
    assert_eq!(head.headers, headers);
    let shown = format!("{head:?} {body:?}");
    assert!(shown.ends_with(" RequestBody { .. }"), "{shown}");
    for hidden in ["Bearer token", "v1,", "123, 125", "{}"] {
        assert!(!shown.contains(hidden), "`Debug` shows {hidden}: {shown}");
    }
    assert_eq!(head.extensions.get(), Some(&FromOutside(7)));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "{}");

    let verified = head.extensions.get::<Verified<Bytes>>().unwrap();
    let receipt = verified.receipt();
    assert_eq!((receipt.sender(), receipt.delivery_id()), ("mlflow", Some(ID)));
    assert_eq!(receipt.signed_at().map(verify_axum::UnixTime::as_secs), Some(NOW));
    assert_eq!(verified.body(), "{}");
}

#[tokio::test]
async fn a_body_of_one_frame_is_not_copied() {
    let (service, seen) = seeing(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let sent = Bytes::from(vec![b'x'; 100_000]);
    let request = delivery(Sender::DATABRICKS, sent.to_vec()).map(|_| Full::new(sent.clone()));
    service.oneshot(request).await.unwrap();
    let (head, body) = seen.lock().unwrap().pop().unwrap().into_parts();
    let verified = head.extensions.get::<Verified<Bytes>>().unwrap();
    assert_eq!(verified.body().as_ptr(), sent.as_ptr());
    assert_eq!(body.collect().await.unwrap().to_bytes().as_ptr(), sent.as_ptr());
}

#[tokio::test]
async fn the_body_says_how_long_it_is_and_when_it_ends() {
    let (service, seen) = seeing(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    service.clone().oneshot(delivery(Sender::DATABRICKS, *b"")).await.unwrap();
    let empty = seen.lock().unwrap().pop().unwrap().into_body();
    assert!(empty.is_end_stream());
    assert_eq!(empty.size_hint().exact(), Some(0));

    service.clone().oneshot(delivery(Sender::DATABRICKS, *b"{}")).await.unwrap();
    let mut body = seen.lock().unwrap().pop().unwrap().into_body();
    assert!(!body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(2));
    body.frame().await.unwrap().unwrap();
    assert!(body.is_end_stream());
    assert_eq!(body.size_hint().exact(), Some(0));

    // Trailers alone are something that is still to come.
    let trailers = Frame::trailers(HeaderMap::from_iter([(
        http::header::ETAG,
        HeaderValue::from_static("x"),
    )]));
    let (service, seen) = seeing(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let only = Frames(vec![trailers].into_iter());
    service.oneshot(delivery(Sender::DATABRICKS, *b"").map(|_| only)).await.unwrap();
    let mut body = seen.lock().unwrap().pop().unwrap().into_body();
    assert!(!body.is_end_stream());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert!(body.is_end_stream());
}

#[tokio::test]
async fn trailers_follow_the_body() {
    let (service, seen) = seeing(VerifyLayer::new(verifier(Sender::DATABRICKS)));
    let mut trailers = HeaderMap::new();
    trailers.insert("x-databricks-signature", HeaderValue::from_static("late"));
    let frames = vec![Frame::data("{}".into()), Frame::trailers(trailers.clone())];
    let body = Frames(frames.into_iter());
    service.oneshot(delivery(Sender::DATABRICKS, *b"{}").map(|_| body)).await.unwrap();
    let request = seen.lock().unwrap().pop().unwrap();
    let body = request.into_body().collect().await.unwrap();
    assert_eq!(body.trailers(), Some(&trailers));
    assert_eq!(body.to_bytes(), "{}");
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    /// Panics, as a service may, if it is called without having been polled ready.
    #[derive(Default)]
    struct Picky {
        ready: bool,
    }

    impl Clone for Picky {
        fn clone(&self) -> Self {
            Self::default()
        }
    }

    impl<B> Service<Request<B>> for Picky {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = core::future::Ready<Result<Self::Response, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.ready = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<B>) -> Self::Future {
            assert!(core::mem::take(&mut self.ready), "called without being ready");
            core::future::ready(Ok(Response::default()))
        }
    }

    let mut service = VerifyLayer::new(verifier(Sender::DATABRICKS)).layer(Picky::default());
    for _ in 0..3 {
        let ready = ServiceExt::<Request<Body>>::ready(&mut service).await.unwrap();
        let response = ready.call(delivery(Sender::DATABRICKS, *b"{}")).await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

#[tokio::test]
async fn a_concurrency_limit_beneath_is_honoured() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let inner = {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        service_fn(move |_: Request<RequestBody<Body>>| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                running.fetch_sub(1, Ordering::Relaxed);
                Ok::<_, Infallible>(Response::<Full<Bytes>>::default())
            }
        })
    };
    let limited = ConcurrencyLimitLayer::new(2).layer(inner);
    let service = VerifyLayer::new(verifier(Sender::DATABRICKS)).layer(limited);
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(service.clone().oneshot(delivery(Sender::DATABRICKS, *b"{}"))))
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(most.load(Ordering::Relaxed), 2);
}

/// A body of these frames.
struct Frames(std::vec::IntoIter<Frame<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}
