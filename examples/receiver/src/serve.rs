//! Serves an application under limits that `axum::serve` does not have. HTTP/1.1, which is what the
//! senders speak; where HTTP/2 is served, its streams and header lists need limits as well.

use core::{convert::Infallible, future::Future, pin::pin, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode, header::CONNECTION},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use hyper::{
    body::Incoming,
    server::conn::http1::Builder,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use receiver_common::stopped;
use serving::{Crowd, Guest, STOP_DEADLINE, finish, is_host_sound};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};

/// How many connections there may be: half of the files that a process may usually have open. For each
/// more, one makes room over which nothing comes that is verified.
pub(crate) const CONNECTIONS: u32 = 512;
/// What a connection may buffer besides the body of a delivery. Also the largest head.
const READ_BUFFER: usize = 16 * 1024;
/// How long a client may take over the head of a request, and be idle before it.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// Serves so many connections at a time until `stop` is ready, and then finishes what is in flight. A
/// second Ctrl-C or SIGTERM ends it at once.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    most: u32,
    stop: impl Future<Output = ()>,
) {
    let mut server = Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(READ_BUFFER)
        // A client that has sent all it has to say still waits for the answer.
        .half_close(true);
    let crowd = Crowd::new(most);
    let (end, ending) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let (socket, _) = listener.accept().await.ok()?;
            Some((socket, crowd.enter().await))
        };
        let accepted = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        let Some((socket, place)) = accepted else {
            // Out of file descriptors, most likely: others will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (app, guest) = (app.clone(), place.guest());
        let service = service_fn(move |request| answer(app.clone(), guest.clone(), request));
        let connection = server.serve_connection(TokioIo::new(socket), service);
        tokio::spawn(finish(connection, place, ending.clone()));
    }
    eprintln!("stopping; what is in flight is finished");
    drop(listener);
    end.send_replace(true);
    tokio::select! {
        _ = timeout(STOP_DEADLINE, crowd.emptied()) => {}
        () = stopped(2) => {}
    }
}

/// Hands a request on with whose connection it came over.
async fn answer(
    app: Router,
    guest: Guest,
    mut request: hyper::Request<Incoming>,
) -> Result<Response, Infallible> {
    if !is_host_sound(request.version(), request.headers()) {
        // Who sends that may mean several servers, so the connection ends.
        let close = [(CONNECTION, HeaderValue::from_static("close"))];
        return Ok((StatusCode::BAD_REQUEST, close, Body::empty()).into_response());
    }
    request.extensions_mut().insert(guest);
    TowerToHyperService::new(app).call(request).await
}

/// Keeps the place of the connection while a verified delivery is handled: a layer within `VerifyLayer`.
pub(crate) async fn keep_place(request: Request, next: Next) -> Response {
    let _held = request.extensions().get::<Guest>().cloned().map(Guest::hold);
    next.run(request).await
}
