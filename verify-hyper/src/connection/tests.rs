use core::{
    convert::Infallible,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
#[cfg(feature = "tls")]
use core::{
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};
#[cfg(feature = "tls")]
use std::io;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use http_body_util::Empty;
#[cfg(feature = "tls")]
use hyper::server::conn::http2;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1::Builder,
    service::service_fn,
};
#[cfg(feature = "tls")]
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
#[cfg(feature = "tls")]
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    task::consume_budget,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    sync::watch,
    time::{sleep, timeout},
};

use super::finish;
use crate::Crowd;

const STOP: Duration = Duration::from_secs(30);

/// A server that answers one request after `works`, and is told to stop after a second. Returns what the client read.
async fn answer_after(works: Duration, crowd: Crowd, is_verified: bool, is_asked: bool) -> String {
    let (mut client, server) = duplex(1024);
    let place = crowd.enter().await;
    let (guest, came) = (place.guest(), Arc::new(AtomicBool::new(false)));
    let has_come = Arc::clone(&came);
    let service = service_fn(move |_: Request<Incoming>| {
        let (held, came) = (is_verified.then(|| guest.clone().hold()), Arc::clone(&came));
        async move {
            came.store(true, Ordering::SeqCst);
            sleep(works).await;
            drop(held);
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let (stop, stopping) = watch::channel(false);
    client.write_all(b"POST / HTTP/1.1\r\nhost: h\r\n\r\n").await.unwrap();
    if is_asked {
        // The request is there, and is not read yet.
        is_knocked_at(&crowd).await;
    }
    let connection = Builder::new().serve_connection(TokioIo::new(server), service);
    let stops = Mutex::new(Some(stop));
    let (read, ()) = tokio::join!(
        async {
            let mut read = String::new();
            client.read_to_string(&mut read).await.unwrap();
            read
        },
        async {
            let finishing = finish(connection, place, stopping, STOP);
            let stop = async {
                sleep(Duration::from_secs(1)).await;
                stops.lock().unwrap().take().unwrap().send_replace(true);
            };
            tokio::join!(finishing, stop);
        }
    );
    assert!(has_come.load(Ordering::SeqCst));
    read
}

/// Somebody more wants a place, for a moment only, so that one is asked to leave.
async fn is_knocked_at(crowd: &Crowd) {
    assert!(timeout(Duration::from_millis(10), crowd.enter()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_may_take_as_long_as_was_set() {
    let within = answer_after(STOP - Duration::from_secs(2), Crowd::new(1), false, false).await;
    assert!(within.starts_with("HTTP/1.1 200 OK"), "{within}");
    // A verified delivery is waited for once more, and no longer.
    let beyond = answer_after(3 * STOP, Crowd::new(1), true, false).await;
    assert_eq!(beyond, "");
}

/// Where so many leave that there is no time for an orderly end.
#[tokio::test(start_paused = true)]
async fn who_is_asked_to_leave_answers_what_was_verified_meanwhile() {
    let crowd = Crowd::new(1);
    let mut leaving = Vec::new();
    loop {
        let mut place = crowd.enter().await;
        is_knocked_at(&crowd).await;
        if !place.give_up() {
            break;
        }
        leaving.push(place);
    }
    let answer = answer_after(Duration::from_secs(5), crowd, true, true).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

/// Frames that mean nothing, as fast as they are read.
#[cfg(feature = "tls")]
struct Flood(Vec<u8>);

#[cfg(feature = "tls")]
impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // As a socket does.
        ready!(pin!(consume_budget()).poll(context));
        let length = self.0.len().min(buffer.remaining());
        self.0.drain(..length).for_each(|byte| buffer.put_slice(&[byte]));
        if self.0.is_empty() {
            // Of a type that nobody knows: no length, no flags, no stream.
            self.0 = vec![0, 0, 0, 0xbb, 0, 0, 0, 0, 0];
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "tls")]
impl AsyncWrite for Flood {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Otherwise a stranger keeps a place for as long as they like, whoever is asked to leave.
#[cfg(feature = "tls")]
#[tokio::test]
async fn who_sends_all_the_time_is_told_to_stop_and_to_leave() {
    for is_asked in [false, true] {
        let crowd = Crowd::new(1);
        let place = crowd.enter().await;
        let flood = Flood(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec());
        let service = service_fn(async |_: Request<Incoming>| {
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let server = http2::Builder::new(TokioExecutor::new());
        let connection = server.serve_connection(TokioIo::new(flood), service);
        let (stop, stopping) = watch::channel(false);
        let soon = Duration::from_millis(200);
        let finishing = tokio::spawn(finish(connection, place, stopping, soon));
        sleep(Duration::from_millis(50)).await;
        if is_asked {
            let entered = timeout(Duration::from_secs(20), crowd.enter()).await;
            assert!(entered.is_ok());
        } else {
            stop.send_replace(true);
        }
        assert!(timeout(Duration::from_secs(20), finishing).await.unwrap().is_ok());
    }
}
