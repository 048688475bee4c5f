//! A server on a socket of its own, and deliveries without a server.

use core::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    App, Error, HttpResponse, HttpServer, Resource,
    body::{EitherBody, MessageBody},
    dev::{
        Payload, Service, ServiceFactory, ServiceRequest, ServiceResponse, Transform, fn_service,
    },
    error::PayloadError,
    test::TestRequest,
    web::{self, Bytes, ServiceConfig},
};
use adapters::{SECRET, signed_with_length};
use futures_core::Stream;
use tokio::sync::mpsc::{self, Receiver};
use verify_actix::{Resolver, Sender, Verify};

/// Builds a request that a verifier with [`SECRET`] accepts, without a connection.
pub(crate) fn delivery(sender: Sender, body: impl Into<Vec<u8>>) -> TestRequest {
    let body = body.into();
    let mut request = TestRequest::post();
    for header in signed_with_length(sender, SECRET, &body) {
        request = request.append_header(header);
    }
    request.set_payload(body)
}

/// Serves HTTP/1.1 and HTTP/2 until the test ends.
pub(crate) fn serve(configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> SocketAddr {
    serve_app(move || App::new().configure(configure.clone()))
}

/// The same for an application with a middleware of its own.
pub(crate) fn serve_app<F, T, B>(app: F) -> SocketAddr
where
    F: Fn() -> App<T> + Clone + Send + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0);
    tokio::spawn(server.listen_auto_h2c(listener).unwrap().run());
    address
}

/// A resource at `/` under a guard, for [`serve`].
pub(crate) fn root() -> Resource {
    web::resource("/")
}

/// Puts a guard around a function, without a server.
pub(crate) async fn guarded<R, F, Fut, B>(
    guard: Verify<R>,
    handler: F,
) -> impl Service<ServiceRequest, Response = ServiceResponse<EitherBody<B>>, Error = Error>
where
    R: Resolver<ServiceRequest, Future: 'static> + Clone,
    F: Fn(ServiceRequest) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<ServiceResponse<B>, Error>> + 'static,
    B: MessageBody + 'static,
{
    guard.new_transform(fn_service(handler)).await.unwrap()
}

/// Answers 200.
pub(crate) async fn ok(request: ServiceRequest) -> Result<ServiceResponse, Error> {
    Ok(request.into_response(HttpResponse::Ok()))
}

/// A body of these chunks.
pub(crate) fn chunks(chunks: impl Iterator<Item = Bytes> + Unpin + 'static) -> Payload {
    struct Chunks<I>(I);

    impl<I: Iterator<Item = Bytes> + Unpin> Stream for Chunks<I> {
        type Item = Result<Bytes, PayloadError>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next().map(Ok))
        }
    }

    Payload::Stream { payload: Box::pin(Chunks(chunks)) }
}

/// A body whose chunks come from elsewhere.
pub(crate) fn channel() -> (mpsc::Sender<Bytes>, Payload) {
    struct Received(Receiver<Bytes>);

    impl Stream for Received {
        type Item = Result<Bytes, PayloadError>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.poll_recv(cx).map(|chunk| chunk.map(Ok))
        }
    }

    let (sender, receiver) = mpsc::channel(100);
    (sender, Payload::Stream { payload: Box::pin(Received(receiver)) })
}

/// Reads the chunks of a body.
pub(crate) async fn read(payload: &mut Payload) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut *payload).poll_next(cx)).await {
        chunks.push(chunk.unwrap());
    }
    chunks
}

/// Polls once, and returns whether it is done.
pub(crate) async fn poll_once(future: impl Future + Unpin) -> bool {
    let mut future = future;
    poll_fn(|cx| Poll::Ready(Pin::new(&mut future).poll(cx).is_ready())).await
}
