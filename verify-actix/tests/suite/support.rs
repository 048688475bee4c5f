//! A server on a socket of its own, deliveries for it, and a client that writes raw bytes.

use core::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use std::time::{Instant, UNIX_EPOCH};

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
use futures_core::Stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc::{self, Receiver},
};
use verify_actix::{Clock, Resolver, Secret, Sender, UnixTime, Verifier, Verify};
use verify_core::Signer;

pub(crate) const SECRET: &str = "not a real secret";
pub(crate) const NOW: u64 = 1_795_290_782;
pub(crate) const ID: &str = "d4c0f1ef-4d9b-47fc-9270-730c0966f8ba";

pub(crate) fn verifier(sender: Sender) -> Verifier {
    verifier_with(sender, SECRET)
}

pub(crate) fn verifier_with(sender: Sender, secret: &str) -> Verifier {
    Verifier::builder(sender).secret(Secret::new(secret).unwrap()).build().unwrap()
}

pub(crate) fn clock_at(seconds: u64) -> Clock {
    Clock::new(move || UNIX_EPOCH + Duration::from_secs(seconds))
}

pub(crate) fn clock() -> Clock {
    clock_at(NOW)
}

/// The headers that make `body` verify at [`NOW`].
pub(crate) fn signed(sender: Sender, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(sender, Secret::new(secret).unwrap()).unwrap();
    let headers = signer.sign(UnixTime::from_secs(NOW), ID, body).unwrap();
    headers.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// Builds a request that a verifier with [`SECRET`] accepts, without a connection.
pub(crate) fn delivery(sender: Sender, body: impl Into<Vec<u8>>) -> TestRequest {
    let body = body.into();
    let mut request = TestRequest::post();
    for header in signed(sender, SECRET, &body) {
        request = request.append_header(header);
    }
    request.append_header(("content-length", body.len())).set_payload(body)
}

/// Writes the head of an HTTP/1.1 request.
pub(crate) fn head(path: &str, headers: &[(&str, String)]) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {path} HTTP/1.1\r\nHost: receiver\r\n{headers}\r\n")
}

/// Writes the head of a delivery of `body`, with its `Content-Length`.
pub(crate) fn signed_head(sender: Sender, secret: &str, body: &[u8]) -> String {
    let mut headers = signed(sender, secret, body);
    headers.push(("content-length", body.len().to_string()));
    head("/", &headers)
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

/// A connection on which every byte is ours.
pub(crate) struct Raw {
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let (read, write) = TcpStream::connect(address).await.unwrap().into_split();
        Self { read, write }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.write.write_all(bytes.as_ref()).await.unwrap();
        self
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn end(&mut self) -> &mut Self {
        self.write.shutdown().await.unwrap();
        self
    }

    /// Reads the head of a response, and as much of a body as `Content-Length` announces.
    pub(crate) async fn read(&mut self) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && self.read.read(&mut byte).await.unwrap_or(0) > 0 {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.read.read_exact(&mut body).await.unwrap();
        (head, body)
    }

    pub(crate) async fn response(&mut self) -> String {
        let (head, body) = self.read().await;
        head + core::str::from_utf8(&body).unwrap()
    }

    pub(crate) async fn status(&mut self) -> u16 {
        let (head, _) = self.read().await;
        head.split(' ').nth(1).expect("a status line").parse().unwrap()
    }

    /// Reads what comes until the server closes the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = self.read.read_to_end(&mut rest).await;
        String::from_utf8(rest).unwrap()
    }

    /// Sends `bytes` every now and then until the server closes the connection, and returns what
    /// came meanwhile.
    pub(crate) async fn response_to_a_drip(mut self, bytes: &'static [u8]) -> String {
        let mut write = self.write;
        let drip = tokio::spawn(async move {
            while write.write_all(bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut head = Vec::new();
        let _ = self.read.read_to_end(&mut head).await;
        drip.abort();
        String::from_utf8(head).unwrap()
    }
}

/// A response without what the clock makes different.
pub(crate) fn without_date(response: &str) -> String {
    response.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

/// Waits until `done` says so. For what another task does soon, not for how long it takes.
pub(crate) async fn eventually(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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
