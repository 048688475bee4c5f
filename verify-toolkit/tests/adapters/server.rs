//! A receiver behind each adapter, with a handler that counts what reaches it.

use core::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{sync::Arc, thread};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, rt::System, web};
use axum::{Router, http::StatusCode, routing::post};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::TcpSocket,
    sync::oneshot,
    task::{AbortHandle, JoinSet},
};
use verify_axum::{Budget, VerifierHandle};

/// How many connections may wait to be accepted. Of those that a full queue turns away, the kernel resets some.
const BACKLOG: u32 = 4096;

/// Which adapter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Adapter {
    Actix,
    Axum,
}

impl Adapter {
    pub(crate) const ALL: [Self; 2] = [Self::Actix, Self::Axum];
}

/// A server that ends with the test. It understands HTTP/1.1, and HTTP/2 from who begins with it.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) handled: Arc<AtomicUsize>,
    pub(crate) budget: Budget,
    _stop: Stop,
}

enum Stop {
    Actix(ServerHandle),
    Axum(AbortHandle),
}

impl Drop for Stop {
    fn drop(&mut self) {
        match self {
            Self::Actix(server) => drop(server.stop(false)),
            Self::Axum(task) => task.abort(),
        }
    }
}

impl Server {
    pub(crate) async fn start(adapter: Adapter, verifier: impl Into<VerifierHandle>) -> Self {
        let (verifier, handled) = (verifier.into(), Arc::new(AtomicUsize::new(0)));
        let budget = Budget::new(64 * 1024 * 1024);
        let (address, stop) = match adapter {
            Adapter::Actix => actix(verifier, budget.clone(), Arc::clone(&handled)).await,
            Adapter::Axum => axum(verifier, budget.clone(), Arc::clone(&handled)).await,
        };
        Self { address, handled, budget, _stop: stop }
    }

    pub(crate) fn handled(&self) -> usize {
        self.handled.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

async fn axum(
    verifier: VerifierHandle,
    budget: Budget,
    handled: Arc<AtomicUsize>,
) -> (String, Stop) {
    let handler = async move |_: verify_axum::Delivery| {
        handled.fetch_add(1, Ordering::SeqCst);
        StatusCode::NO_CONTENT
    };
    let guard = verify_axum::VerifyLayer::new(verifier).with_budget(budget);
    let app = Router::new().route("/", post(handler).layer(guard));
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let listener = socket.listen(BACKLOG).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let serving = tokio::spawn(async move {
        // Connections end with the server.
        let mut connections = JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            let service = TowerToHyperService::new(app.clone());
            connections.spawn(async move {
                let mut server = auto::Builder::new(TokioExecutor::new());
                server.http1().half_close(true);
                let _ = server.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
    (address, Stop::Axum(serving.abort_handle()))
}

async fn actix(
    verifier: VerifierHandle,
    budget: Budget,
    handled: Arc<AtomicUsize>,
) -> (String, Stop) {
    let guard = verify_actix::Verify::new(verifier).with_budget(budget);
    let (started, starting) = oneshot::channel();
    thread::spawn(move || {
        System::new().block_on(async move {
            let app = move || {
                let handled = Arc::clone(&handled);
                let handler = move |_: verify_actix::Delivery| {
                    handled.fetch_add(1, Ordering::SeqCst);
                    async { HttpResponse::NoContent().finish() }
                };
                let guarded = web::resource("/").wrap(guard.clone()).route(web::post().to(handler));
                App::new().service(guarded)
            };
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .backlog(BACKLOG)
                // A client that is kept waiting keeps its connection.
                .keep_alive(Duration::from_secs(600))
                .client_disconnect_timeout(Duration::from_millis(200))
                .bind_auto_h2c("127.0.0.1:0")
                .unwrap();
            let address = server.addrs()[0].to_string();
            let server = server.run();
            started.send((address, Stop::Actix(server.handle()))).ok().unwrap();
            server.await.unwrap();
        });
    });
    starting.await.unwrap()
}
