//! Connections to a service are used again where that is safe, and nowhere else.

use core::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use verify_core::Sender;

use crate::gateway::{Gateway, Place, alias, route, wait_until};

const MLFLOW: &Sender = &Sender::MLFLOW;
const DONE: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// A service with the gateway before it.
struct Service {
    gateway: Gateway,
    /// What came over each connection.
    came: Came,
}

type Came = Arc<Mutex<Vec<Vec<String>>>>;

impl Service {
    /// `answer` is given how many requests came over the connection before, and returns whether it stays open.
    fn new(answer: impl Fn(usize, &mut TcpStream) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (came, answer) = (Came::default(), Arc::new(answer));
        let coming = Arc::clone(&came);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                coming.lock().unwrap().push(Vec::new());
                let (coming, answer) = (Arc::clone(&coming), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = BufReader::new(stream);
                    let mut before = 0;
                    while let Some(body) = read(&mut stream) {
                        coming.lock().unwrap()[number].push(body);
                        if !answer(before, stream.get_mut()) {
                            return;
                        }
                        before += 1;
                    }
                });
            }
        });
        Self { gateway: Place::new(&route(MLFLOW, &url, "")).start(), came }
    }

    fn send(&self, version: usize) -> u16 {
        self.gateway.send(MLFLOW, &format!("delivery-{version}"), &alias(version)).status
    }

    fn came(&self) -> Vec<Vec<String>> {
        self.came.lock().unwrap().clone()
    }
}

/// Reads a request. `None`: there is no other.
fn read(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = said.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(String::from_utf8(body).unwrap())
}

#[test]
fn deliveries_one_after_the_other_share_a_connection() {
    // As Node.js answers.
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    for (answer, status) in [(DONE, 204), (CHUNKED, 200)] {
        let service = Service::new(move |_, stream| stream.write_all(answer).is_ok());
        assert!((0..20).all(|version| service.send(version) == status));
        let came = service.came();
        assert_eq!(came.iter().map(Vec::len).sum::<usize>(), 20);
        assert!(came.len() < 15, "{} connections", came.len());
    }
}

/// Nothing was written to it, so the delivery goes over another.
#[test]
fn a_connection_that_the_service_has_closed_costs_no_delivery() {
    let closed = Arc::new(AtomicUsize::new(0));
    let closing = Arc::clone(&closed);
    let service = Service::new(move |_, stream| {
        stream.write_all(DONE).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
        closing.fetch_add(1, Ordering::SeqCst);
        false
    });
    for version in 0..20 {
        assert_eq!(service.send(version), 204);
        // One that is closed a moment later may break a delivery off.
        wait_until(|| closed.load(Ordering::SeqCst) == version + 1);
    }
    assert!(service.came().iter().all(|came| came.len() == 1));
}

/// Otherwise one that the service has handled could be handed on twice.
#[test]
fn a_delivery_that_was_written_and_not_answered_is_not_written_again() {
    let service = Service::new(|before, stream| before == 0 && stream.write_all(DONE).is_ok());
    let mut broken = 0;
    for version in 0..10 {
        match service.send(version) {
            204 => {}
            503 => broken += 1,
            other => panic!("{other}"),
        }
    }
    assert!(broken > 0, "some went over a connection a second time");
    let mut all: Vec<_> = service.came().concat();
    assert_eq!(all.len(), 10);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 10);
}

/// What a service said more than it was asked is the answer to nothing.
#[test]
fn an_answer_too_much_is_not_taken_for_the_next() {
    let service = Service::new(|_, stream| {
        stream
            .write_all(&[DONE, b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"].concat())
            .is_ok()
    });
    assert!((0..20).all(|version| service.send(version) == 204));
}

#[test]
fn a_connection_with_something_left_of_an_answer_is_not_used_again() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let service = Service::new(move |_, stream| {
        // More than is let by.
        let body = vec![b'x'; 24 << 20];
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        // An error is the gateway, which has closed it.
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
        count.fetch_add(1, Ordering::SeqCst);
        true
    });
    for version in 0..5 {
        assert_eq!(service.send(version), 200);
        // Before, it could not be used again however long the answer is.
        wait_until(|| written.load(Ordering::SeqCst) == version + 1);
    }
    assert!(service.came().iter().all(|came| came.len() == 1));
}

/// As Gunicorn and Waitress run the work of a WSGI application.
#[test]
fn a_service_that_still_works_on_its_answer_is_not_cut_off() {
    let ends = ["connection: close\r\n\r\n", "transfer-encoding: chunked\r\n\r\n"];
    for end in ends {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let service = Service::new(move |_, stream| {
            let head = format!("HTTP/1.1 200 OK\r\n{end}");
            stream.write_all(head.as_bytes()).unwrap();
            // What is written to one that has closed fails the second time.
            for part in [&b"3\r\nabc\r\n"[..], b"3\r\nabc\r\n", b"0\r\n\r\n"] {
                thread::sleep(Duration::from_millis(200));
                if stream.write_all(part).is_ok() {
                    count.fetch_add(1, Ordering::SeqCst);
                }
            }
            false
        });
        assert_eq!(service.send(1), 200);
        wait_until(|| written.load(Ordering::SeqCst) == 3);
    }
}

/// The head said what became of it.
#[test]
fn an_answer_whose_body_does_not_come_is_the_answer() {
    let service = Service::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok").unwrap();
        true
    });
    assert_eq!([service.send(1), service.send(1), service.send(2)], [200, 204, 200]);
    assert_eq!(service.came().concat().len(), 2);
}

/// A service with TLS that `upstream` names with `http://`, for example.
#[test]
fn an_answer_that_is_no_http_is_told_to_the_operator() {
    let service = Service::new(|_, stream| {
        let _ = stream.write_all(b"\x15\x03\x01\0\x02\x02\x16");
        false
    });
    assert_eq!(service.send(1), 503);
    wait_until(|| service.gateway.log().contains("the upstream did not answer in HTTP/1.1"));
}

/// A service that is slow to stop, or out of descriptors, waits for nobody.
#[test]
fn a_connection_that_nothing_goes_over_is_closed() {
    let closed = Arc::new(Mutex::new(false));
    let is_closed = Arc::clone(&closed);
    let service = Service::new(move |_, stream| {
        stream.write_all(DONE).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        *is_closed.lock().unwrap() = stream.peek(&mut [0]).is_ok_and(|length| length == 0);
        false
    });
    assert_eq!(service.send(1), 204);
    wait_until(|| *closed.lock().unwrap());
}
