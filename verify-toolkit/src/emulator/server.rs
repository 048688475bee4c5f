//! HTTP: who may call, what a call is, and how much of one is read.

use core::{convert::Infallible, time::Duration};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};

use super::{
    Report,
    api::{Call, Done, route},
    courier::Courier,
    error::{ApiError, Code},
    params::Params,
    registry::{MOST_BYTES, Outgoing, Registry},
    store::Store,
    token::Token,
};

/// The most of a body.
const MOST_BODY: usize = 64 * 1024;
/// The most of a head.
const MOST_HEAD: usize = 64 * 1024;
/// Connections that are served at a time; more wait.
const CONNECTIONS: usize = 128;
/// How long a client may take over a head, be idle before it, and take over a body.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// What a client asks for before it knows of a token.
const DISCOVERY: &str = "/.well-known/databricks-config";

/// What all connections share.
#[derive(Clone)]
pub(super) struct Server {
    token: Token,
    kept: Arc<Kept>,
    courier: Courier,
}

struct Kept {
    /// Whoever reads takes what is there, and waits for no disk.
    registry: Mutex<Arc<Registry>>,
    /// Held by whoever writes.
    store: Mutex<Option<Store>>,
}

impl Server {
    pub(super) fn new(
        token: Token,
        registry: Registry,
        store: Option<Store>,
        courier: Courier,
    ) -> Self {
        Self { token, kept: Arc::new(Kept::new(registry, store)), courier }
    }

    /// Serves until it is told to stop, and then finishes what is in flight.
    pub(super) async fn serve(self, listener: TcpListener, mut stop: watch::Receiver<()>) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut server = http1::Builder::new();
        server
            .timer(TokioTimer::new())
            .header_read_timeout(READ_DEADLINE)
            .max_buf_size(MOST_HEAD)
            .half_close(true);
        let graceful = GracefulShutdown::new();
        // They end with this future.
        let mut connections = JoinSet::new();
        loop {
            let accept =
                async { (Arc::clone(&room).acquire_owned().await, listener.accept().await) };
            let (place, accepted) = tokio::select! {
                accepted = accept => accepted,
                _ = stop.changed() => break,
            };
            let Ok((socket, _)) = accepted else {
                // Out of file descriptors, most likely: others will be closed.
                sleep(Duration::from_millis(100)).await;
                continue;
            };
            let _ = socket.set_nodelay(true);
            let one = self.clone();
            let service = service_fn(move |request| one.clone().answer(request));
            let connection = graceful.watch(server.serve_connection(TokioIo::new(socket), service));
            // Those that have ended.
            while connections.try_join_next().is_some() {}
            connections.spawn(async move {
                let _ = connection.await;
                drop(place);
            });
        }
        drop(listener);
        let _ = timeout(READ_DEADLINE, graceful.shutdown()).await;
        self.courier.finish().await;
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let (status, answer) = match self.call(request).await {
            Ok(answer) => (200, answer),
            Err(error) => (error.code.status(), error.to_json()),
        };
        (self.courier.observer)(&Report::Called { method, path, status });
        let mut response = Response::new(Full::new(Bytes::from(answer.to_string())));
        // All of the table of errors are.
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let json = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        Ok(response)
    }

    async fn call(&self, request: Request<Incoming>) -> Result<Value, ApiError> {
        let (head, body) = request.into_parts();
        if head.method == http::Method::GET && head.uri.path() == DISCOVERY {
            return Ok(json!({}));
        }
        if !self.is_authorized(&head.headers) {
            let message = "`Authorization` does not have the token of this workspace: set \
                           DATABRICKS_TOKEN to the one that the emulator was started with";
            return Err(Code::CustomerUnauthorized.error(message));
        }
        let call = route(head.method.as_str(), head.uri.path())?;
        let body = read(body).await?;
        let params = Params::read(head.uri.query().unwrap_or_default(), &body)?;
        match call {
            Call::Read(call) => call(&self.kept.registry(), &params),
            Call::Test(call) => {
                let outgoing = call(&self.kept.registry(), &params, now())?;
                return self.test(outgoing).await;
            }
            Call::Write(call) => {
                let kept = Arc::clone(&self.kept);
                // A disk may take its time.
                let written = spawn_blocking(move || kept.write(call, &params)).await;
                let written = written.map_err(|_| Code::InternalError.error("the call failed"))?;
                written.map(|(answer, outgoing)| {
                    outgoing.into_iter().for_each(|outgoing| self.courier.send_later(outgoing));
                    answer
                })
            }
        }
    }

    /// Answers what the receiver answers.
    async fn test(&self, outgoing: Outgoing) -> Result<Value, ApiError> {
        let sent = self.courier.send(outgoing).await;
        let answer = sent.map_err(|why| Code::BadRequest.error(format!("not delivered: {why}")))?;
        let body = String::from_utf8_lossy(&answer.body);
        Ok(json!({"status_code": answer.status, "body": body}))
    }

    /// One token, in one header.
    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let first = values.next().is_some_and(|value| self.token.is_in(value.as_bytes()));
        first && values.next().is_none()
    }
}

/// What is kept changes in one step, at the end: nothing is half done where a call ended in a panic.
fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(body: Incoming) -> Result<Bytes, ApiError> {
    let reading = Limited::new(body, MOST_BODY).collect();
    let too_large = || {
        let message =
            format!("the body is larger than the {MOST_BODY} bytes that the emulator reads");
        Code::MaxReadSizeExceeded.error(message)
    };
    match timeout(READ_DEADLINE, reading).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) | Err(_) => Err(Code::MalformedRequest.error("the body did not come whole")),
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

type Write = fn(&mut Registry, &Params, u64) -> Result<Done, ApiError>;

impl Kept {
    fn new(registry: Registry, store: Option<Store>) -> Self {
        Self { registry: Mutex::new(Arc::new(registry)), store: Mutex::new(store) }
    }

    fn registry(&self) -> Arc<Registry> {
        Arc::clone(&lock(&self.registry))
    }

    /// Makes a change, writes it down, and returns the answer and the deliveries. If anything fails,
    /// nothing has changed.
    fn write(&self, call: Write, params: &Params) -> Result<(Value, Vec<Outgoing>), ApiError> {
        let now = now();
        let store = lock(&self.store);
        let mut next = self.registry().as_ref().clone();
        let Done { answer, happenings } = call(&mut next, params, now)?;
        let mut size = Size(0);
        if serde_json::to_writer(&mut size, &next).is_err() {
            let message = format!("the emulator keeps at most {MOST_BYTES} bytes");
            return Err(Code::ResourceLimitExceeded.error(message));
        }
        if let Some(store) = store.as_ref()
            && let Err(error) = store.write(&next)
        {
            let message =
                format!("the store could not be written ({:?}); nothing was changed", error.kind());
            return Err(Code::IoError.error(message));
        }
        let outgoing = next.deliveries(&happenings, now);
        *lock(&self.registry) = Arc::new(next);
        Ok((answer, outgoing))
    }
}

/// Counts what is written, up to the most that there may be.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        if self.0 > MOST_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Call, Kept, MOST_BYTES, Params, Registry, Write, route};
    use crate::emulator::error::ApiError;

    fn write(path: &str) -> Write {
        match route("POST", &format!("/api/2.0/mlflow/{path}")).unwrap() {
            Call::Write(write) => write,
            _ => panic!("{path} changes nothing"),
        }
    }

    fn params(json: &serde_json::Value) -> Params {
        Params::read("", json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn all_that_is_kept_is_bounded_together() {
        let kept = Kept::new(Registry::default(), None);
        let create = write("registered-models/create");
        let make = |name: &str, size: usize| {
            let model = json!({"name": name, "description": "x".repeat(size)});
            kept.write(create, &params(&model)).map(|_| kept.registry().models.len())
        };
        assert_eq!(make("a", MOST_BYTES - 1000).unwrap(), 1);
        let error: ApiError = make("b", 1000).unwrap_err();
        assert_eq!(error.code.name(), "RESOURCE_LIMIT_EXCEEDED");
        // What was refused is not there.
        assert_eq!(make("c", 0).unwrap(), 2);
    }

    #[test]
    fn there_is_a_most_of_each() {
        let spec = json!({"url": "https://a.example/"});
        for (path, most, what) in [
            ("registry-webhooks/create", 1000, "webhooks"),
            ("registered-models/create", 10_000, "models"),
        ] {
            let mut registry = Registry::default();
            let mut make = |number: usize| {
                let body = json!({
                    "name": number.to_string(), "events": ["COMMENT_CREATED"], "http_url_spec": spec,
                });
                write(path)(&mut registry, &params(&body), 0).map(|_| ())
            };
            assert!((0..most).all(|number| make(number).is_ok()));
            let error = make(most).unwrap_err();
            assert_eq!(error.message, format!("the emulator holds at most {most} {what}"));
        }
    }
}
