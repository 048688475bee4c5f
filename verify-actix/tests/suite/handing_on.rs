//! What the service behind the middleware gets, and when it is called.

use core::{
    cell::RefCell,
    future::{Ready, ready},
    task::{Context, Poll, Waker},
};
use std::rc::Rc;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    http::{Method, Version, header::AUTHORIZATION},
    web::Bytes,
};
use adapters::{ID, NOW, clock, verifier};
use verify_actix::{Receipt, Sender, UnixTime, Verified, Verify};

use crate::support::{channel, chunks, delivery, guarded, ok, poll_once, read};

/// What a service behind a guard was given: the receipt, the verified bytes and the body.
type Seen = (Receipt, Bytes, Vec<Bytes>);

async fn seen(guard: Verify, request: ServiceRequest) -> Seen {
    let seen = Rc::new(RefCell::new(Vec::new()));
    let keep = Rc::clone(&seen);
    let service = guarded(guard, move |mut request: ServiceRequest| {
        let keep = Rc::clone(&keep);
        async move {
            let body = read(&mut request.take_payload()).await;
            {
                let extensions = request.extensions();
                let verified = extensions.get::<Verified<Bytes>>().unwrap();
                let (receipt, verified) = verified.clone().into_parts();
                keep.borrow_mut().push((receipt, verified, body));
            }
            ok(request).await
        }
    })
    .await;
    assert_eq!(service.call(request).await.unwrap().status(), 200);
    seen.take().pop().unwrap()
}

#[tokio::test]
async fn everything_but_the_body_arrives_as_it_came() {
    #[derive(Clone, Debug, PartialEq)]
    struct FromOutside(u8);

    let request = delivery(Sender::MLFLOW, *b"{}")
        .method(Method::PUT)
        .uri("/some/path?with=query")
        .version(Version::HTTP_10)
        .append_header(("x-other", "1"))
        .append_header(("x-other", &b"\xff"[..]))
        .append_header((AUTHORIZATION, "Bearer token"))
        .to_srv_request();
    request.extensions_mut().insert(FromOutside(7));
    let texts = |request: &ServiceRequest| {
        let texts = request.headers().iter();
        let mut texts: Vec<_> =
            texts.map(|(name, value)| (name.clone(), value.as_bytes().to_vec())).collect();
        // actix's map keeps no order between names; that of the values of one must stay.
        texts.sort_by_key(|(name, _)| name.to_string());
        texts
    };
    let headers = texts(&request);
    let guard = Verify::new(verifier(Sender::MLFLOW)).with_clock(clock());
    let service = guarded(guard, move |request: ServiceRequest| {
        assert_eq!(request.method(), Method::PUT);
        assert_eq!(request.uri(), "/some/path?with=query");
        assert_eq!(request.version(), Version::HTTP_10);
        assert_eq!(texts(&request), headers);
        let shown = format!("{request:?} {:?}", request.request());
        assert!(shown.contains(ID), "`Debug` hides more than it should: {shown}");
        for hidden in ["Bearer token", "v1,"] {
            assert!(!shown.contains(hidden), "`Debug` shows {hidden}: {shown}");
        }
        assert_eq!(request.extensions().get(), Some(&FromOutside(7)));
        let receipt = *request.extensions().get::<Verified<Bytes>>().unwrap().receipt();
        assert_eq!((receipt.sender(), receipt.delivery_id()), ("mlflow", Some(ID)));
        assert_eq!(receipt.signed_at().map(UnixTime::as_secs), Some(NOW));
        ok(request)
    })
    .await;
    assert_eq!(service.call(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_body_of_one_chunk_is_not_copied() {
    let sent = Bytes::from(vec![b'x'; 100_000]);
    let mut request = delivery(Sender::DATABRICKS, sent.to_vec()).to_srv_request();
    request.set_payload(chunks([sent.clone()].into_iter()));
    let (_, verified, body) = seen(Verify::new(verifier(Sender::DATABRICKS)), request).await;
    assert_eq!(verified.as_ptr(), sent.as_ptr());
    assert_eq!(body[0].as_ptr(), sent.as_ptr());
}

#[tokio::test]
async fn an_empty_body_has_no_chunk() {
    let request = delivery(Sender::DATABRICKS, *b"").to_srv_request();
    let (_, verified, body) = seen(Verify::new(verifier(Sender::DATABRICKS)), request).await;
    assert_eq!((verified, body), (Bytes::new(), vec![]));
}

#[tokio::test]
async fn the_service_is_called_only_once_the_delivery_is_verified() {
    let calls = Rc::new(RefCell::new(0));
    let count = Rc::clone(&calls);
    let service = guarded(Verify::new(verifier(Sender::DATABRICKS)), move |request| {
        *count.borrow_mut() += 1;
        ok(request)
    })
    .await;
    let (sender, payload) = channel();
    let mut request = delivery(Sender::DATABRICKS, *b"{}").to_srv_request();
    request.set_payload(payload);
    let mut call = Box::pin(service.call(request));
    sender.send("{".into()).await.unwrap();
    assert!(!poll_once(&mut call).await);
    sender.send("}".into()).await.unwrap();
    assert!(!poll_once(&mut call).await);
    assert_eq!(*calls.borrow(), 0);
    drop(sender);
    assert_eq!(call.await.unwrap().status(), 200);
    assert_eq!(*calls.borrow(), 1);
}

#[tokio::test]
async fn it_is_ready_when_the_service_behind_it_is() {
    struct Busy(bool);

    impl Service<ServiceRequest> for Busy {
        type Response = ServiceResponse;
        type Error = Error;
        type Future = Ready<Result<ServiceResponse, Error>>;

        fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            if self.0 { Poll::Pending } else { Poll::Ready(Ok(())) }
        }

        fn call(&self, request: ServiceRequest) -> Self::Future {
            ready(Ok(request.into_response(HttpResponse::Ok())))
        }
    }

    let guard = Verify::new(verifier(Sender::DATABRICKS));
    for busy in [true, false] {
        let service = guard.new_transform(Busy(busy)).await.unwrap();
        let ready = service.poll_ready(&mut Context::from_waker(Waker::noop()));
        assert_eq!(ready.is_ready(), !busy);
    }
}
