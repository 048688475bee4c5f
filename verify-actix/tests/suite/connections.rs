//! What bounds a connection on every path.

use core::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{sync::Arc, time::Instant};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::{Service, ServiceResponse},
    error::ErrorForbidden,
    web::{self, Bytes},
};
use adapters::{Raw, SECRET, eventually, head, signed, signed_head, verifier, without_date};
use tokio::{sync::Semaphore, time::timeout};
use verify_actix::{Connections, Sender, Verify};

use crate::support::root;

const PATIENCE: Duration = Duration::from_secs(60);
const CHUNKED: &str = "transfer-encoding: chunked\r\n";

/// What the handler of verified deliveries waits for, and how many it has begun with.
#[derive(Clone)]
struct Handler {
    open: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
}

impl Handler {
    fn new(permits: usize) -> Self {
        Self { open: Arc::new(Semaphore::new(permits)), begun: Arc::default() }
    }
}

fn serve(connections: Connections) -> SocketAddr {
    serve_with(connections, Handler::new(1000))[0]
}

/// Deliveries at `/`, and paths that nobody guards: in HTTP/1.1, and in HTTP/2 as well.
fn serve_with(connections: Connections, handler: Handler) -> [SocketAddr; 2] {
    let on_connect = connections.on_connect();
    let guard = Verify::new(verifier(Sender::DATABRICKS));
    let app = move || {
        let Handler { open, begun } = handler.clone();
        let on_delivery = move || {
            let (open, begun) = (Arc::clone(&open), Arc::clone(&begun));
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                open.acquire().await.unwrap().forget();
                HttpResponse::NoContent().finish()
            }
        };
        let read = async |body: Bytes| body.len().to_string();
        let failing = web::resource("/failing").wrap_fn(|request, service| {
            let answer = service.call(request);
            async {
                answer.await?;
                Err::<ServiceResponse, _>(ErrorForbidden("no"))
            }
        });
        App::new()
            .service(root().wrap(guard.clone()).route(web::post().to(on_delivery)))
            .service(failing)
            .route("/healthz", web::get().to(async || "ok\n"))
            .route("/nothing", web::get().to(HttpResponse::NoContent))
            .route("/read", web::post().to(read))
            .wrap(connections.clone())
    };
    let listeners = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = [0, 1].map(|index| listeners[index].local_addr().unwrap());
    let [http_1, http_2] = listeners;
    // Neither what is open when the test ends nor a deadline of actix ends anything here.
    let server = HttpServer::new(app).workers(1).on_connect(on_connect).disable_signals();
    let server = server.shutdown_timeout(0).keep_alive(PATIENCE * 2);
    let server = server.client_request_timeout(PATIENCE * 2).listen(http_1).unwrap();
    tokio::spawn(server.listen_auto_h2c(http_2).unwrap().run());
    addresses
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n")
}

/// Waits until the server closes a connection, and returns what it sent until then.
async fn ended(mut raw: Raw) -> String {
    timeout(PATIENCE, raw.rest()).await.expect("closed by the server")
}

#[tokio::test]
async fn a_body_that_no_handler_reads_ends_its_connection() {
    // Of an age that ends nothing here.
    let address = serve(Connections::new(100).with_age(PATIENCE * 4));
    for (path, status) in [
        ("/healthz", "200"),
        ("/nothing", "204"),
        ("/nowhere", "404"),
        ("/read", "404"),
        ("/failing", "403"),
    ] {
        for length in [CHUNKED, "content-length: 9999999\r\n"] {
            let mut raw = Raw::connect(address).await;
            raw.send(get(path, length)).await;
            let answer = timeout(PATIENCE, raw.response_to_a_drip(b"1\r\nx\r\n")).await;
            let answer = answer.expect("closed by the server");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {answer}");
            // Of an error, actix makes the answer.
            let says_close = answer.contains("connection: close\r\n");
            assert!(says_close || path == "/failing", "{path} {answer}");
        }
    }
}

#[tokio::test]
async fn a_body_that_was_read_leaves_its_connection_open() {
    let address = serve(Connections::new(100).with_age(PATIENCE * 4));
    let mut raw = Raw::connect(address).await;
    for _ in 0..3 {
        let post = format!("POST /read HTTP/1.1\r\nhost: x\r\n{CHUNKED}\r\n2\r\nab\r\n0\r\n\r\n");
        let answer = raw.send(post).await.response().await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with('2'), "{answer}");
        assert!(!answer.contains("close"), "{answer}");
    }
}

#[tokio::test]
async fn a_connection_ends_at_its_age_whatever_it_does() {
    let connections = Connections::new(100).with_age(Duration::from_millis(400));
    let [address, http_2] = serve_with(connections, Handler::new(0));
    let slow_head = "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ".to_owned();
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_owned();
    for (address, first, then) in [
        (address, String::new(), &b""[..]),
        (address, slow_head.clone(), b"x"),
        (address, get("/healthz", "") + &slow_head, b"x"),
        (address, get("/healthz", ""), b""),
        (address, format!("POST /read HTTP/1.1\r\nhost: x\r\n{CHUNKED}\r\n"), b"1\r\nx\r\n"),
        (address, "POST /read HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\n".to_owned(), b"x"),
        (http_2, preface, b""),
    ] {
        let mut raw = Raw::connect(address).await;
        raw.send(&first).await;
        let ended = timeout(PATIENCE, raw.response_to_a_drip(then)).await;
        ended.unwrap_or_else(|_| panic!("not closed by the server: {first}"));
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_gets_no_answer() {
    // Of an age, and with a deadline of actix, that end nothing here.
    let age = PATIENCE * 4;
    let connections = Connections::new(100).with_age(age).with_head_timeout(PATIENCE / 20);
    let handler = Handler::new(0);
    let address = serve_with(connections, handler.clone())[0];
    // One whose head has come is left alone.
    let mut begun = Raw::connect(address).await;
    begun.send(signed_head(Sender::DATABRICKS, SECRET, b"{}") + "{}").await;
    eventually(|| handler.begun.load(Ordering::SeqCst) == 1).await;
    for (first, then) in [("", &b""[..]), ("POST / HTTP/1.1\r\nhost: x\r\nx-slow: ", b"x")] {
        let mut raw = Raw::connect(address).await;
        raw.send(first).await;
        let answer = timeout(PATIENCE, raw.response_to_a_drip(then)).await;
        assert_eq!(answer.expect("closed by the server"), "", "{first}");
    }
    handler.open.add_permits(1);
    assert_eq!(begun.status().await, 204);
}

#[tokio::test]
async fn answers_say_close_from_half_of_the_age_on() {
    let address = serve(Connections::new(100).with_age(PATIENCE));
    let mut raw = Raw::connect(address).await;
    let answer = raw.send(get("/healthz", "")).await.response().await;
    assert!(!answer.contains("connection: close"), "{answer}");
    // The other half is time for a machine that is busy.
    let age = Duration::from_secs(12);
    let address = serve(Connections::new(100).with_age(age));
    let begun = Instant::now();
    let mut raw = Raw::connect(address).await;
    loop {
        let answer = raw.send(get("/healthz", "")).await.response().await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        if answer.contains("connection: close") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(begun.elapsed() >= age / 2, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn at_the_limit_the_oldest_makes_room_but_for_verified_deliveries() {
    let handler = Handler::new(0);
    let address = serve_with(Connections::new(3).with_age(PATIENCE), handler.clone())[0];
    let mut delivering = Raw::connect(address).await;
    delivering.send(signed_head(Sender::DATABRICKS, SECRET, b"{}") + "{}").await;
    eventually(|| handler.begun.load(Ordering::SeqCst) == 1).await;
    let forged = signed_head(Sender::DATABRICKS, "another", b"{}");
    let mut others = Vec::new();
    for _ in 0..6 {
        let mut raw = Raw::connect(address).await;
        raw.send(&forged).await;
        others.push(raw);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let _last = others.pop().unwrap();
    let mut before = others.pop().unwrap();
    for raw in others {
        assert_eq!(ended(raw).await, "");
    }
    // There are two places beside the one of the verified delivery.
    assert_eq!(before.send("{}").await.status().await, 401);
    let mut newest = Raw::connect(address).await;
    assert_eq!(newest.send(get("/healthz", "")).await.status().await, 200);
    handler.open.add_permits(1);
    assert_eq!(delivering.status().await, 204);
}

#[tokio::test]
async fn a_verified_delivery_outlives_the_age_of_its_connection() {
    let handler = Handler::new(0);
    // In which its handler begins, on a busy machine too.
    let age = Duration::from_secs(3);
    let address = serve_with(Connections::new(3).with_age(age), handler.clone())[0];
    let mut raw = Raw::connect(address).await;
    raw.send(signed_head(Sender::DATABRICKS, SECRET, b"{}") + "{}").await;
    eventually(|| handler.begun.load(Ordering::SeqCst) == 1).await;
    tokio::time::sleep(age * 2).await;
    handler.open.add_permits(1);
    assert_eq!(raw.status().await, 204);
    assert_eq!(ended(raw).await, "");
}

#[tokio::test]
async fn after_an_answer_that_says_close_no_other_is_answered() {
    let forged = signed_head(Sender::DATABRICKS, "another", b"{}") + "{}";
    let unread = get("/healthz", CHUNKED) + "0\r\n\r\n";
    let keeping = Connections::new(100);
    let not_keeping = Connections::new(100).without_keep_alive();
    for (connections, first) in [
        (keeping.clone(), forged),
        (keeping.clone(), unread),
        (keeping, get("/healthz", "connection: close\r\n")),
        (not_keeping, get("/healthz", "")),
    ] {
        let address = serve(connections);
        let mut raw = Raw::connect(address).await;
        raw.send(first.clone() + &get("/healthz", "").repeat(3)).await;
        let answers = ended(raw).await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{first}{answers}");
        assert!(answers.contains("connection: close"), "{answers}");
    }
}

#[tokio::test]
async fn a_delivery_that_asks_for_a_websocket_ends_where_it_says() {
    let address = serve(Connections::new(100));
    for body in [&b"{}"[..], b""] {
        let mut headers = signed(Sender::DATABRICKS, SECRET, body);
        headers.extend(["connection", "upgrade"].map(|name| (name, "upgrade".to_owned())));
        headers.last_mut().unwrap().1 = "websocket".to_owned();
        if !body.is_empty() {
            headers.push(("content-length", body.len().to_string()));
        }
        let mut raw = Raw::connect(address).await;
        raw.send(head("/", &headers)).await.send(body).await.send("something else").await;
        let answer = timeout(Duration::from_secs(8), raw.response()).await.expect("an answer");
        assert_eq!(without_date(&answer), "HTTP/1.1 204 No Content\nconnection: close\n");
    }
}
