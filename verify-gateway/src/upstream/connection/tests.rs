use core::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    net::{TcpListener, TcpStream},
    task::consume_budget,
    time::{sleep, timeout},
};

use super::{BODY, Connection, HEAD, INTERIM, Left, Rest, Said, parse};
use crate::upstream::Trouble;

const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";
const REQUEST: Bytes = Bytes::from_static(b"POST / HTTP/1.1\r\n\r\n");
const BODY_OF_IT: Bytes = Bytes::from_static(b"body");

/// A connection, and the end of it that the service has.
fn pair(room: usize) -> (Connection, DuplexStream) {
    let (ours, theirs) = duplex(room);
    (Connection::new(Box::new(ours)), theirs)
}

/// What comes of a service that answers each of two requests with this, and closes the connection if it `closes`.
async fn ask(answer: &str, closes: bool) -> Result<(Said, bool), Option<Trouble>> {
    let (mut connection, mut service) = pair(1 << 20);
    service.write_all(answer.as_bytes()).await.unwrap();
    if closes {
        service.shutdown().await.unwrap();
    }
    let answered = connection.ask(REQUEST, BODY_OF_IT).await;
    let mut sent = vec![0; REQUEST.len() + 4];
    service.read_exact(&mut sent).await.unwrap();
    assert_eq!(sent, [REQUEST, BODY_OF_IT].concat());
    let (said, left) = answered?;
    Ok((said, finish(&mut connection, left).await.unwrap()))
}

/// Returns whether another request may go over it. `None`: nothing happens any more, and it is not over.
async fn finish(connection: &mut Connection, mut left: Left) -> Option<bool> {
    let over = poll_fn(|context| connection.poll_finish(context, &mut left));
    timeout(Duration::from_secs(1), over).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_used_again_after_a_whole_answer() {
    let body = "x".repeat(3 * HEAD);
    for (answer, status) in [
        (DONE.to_owned(), 204),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(), 200),
        (format!("HTTP/1.1 422 No\r\nContent-Length: {}\r\n\r\n{body}", body.len()), 422),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok".to_owned(), 200),
        ("HTTP/1.1 304 As Before\r\n\r\n".to_owned(), 304),
        ("HTTP/1.1 204 Done\r\ncontent-length: 0\r\n\r\n".to_owned(), 204),
        ("HTTP/1.1 500 No\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n".to_owned(), 500),
        (
            format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n{:X}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ),
            200,
        ),
        (format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n{DONE}"), 204),
    ] {
        let (said, stays) = ask(&answer, false).await.unwrap();
        assert_eq!((said.status.as_u16(), stays), (status, true), "{:.60}", answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_ends_where_the_end_of_an_answer_is_not_certain() {
    for (rest, closes) in [
        ("\r\nuntil the end", true),
        ("connection: Keep-Alive, Close\r\ncontent-length: 2\r\n\r\nok", false),
        ("content-length: 2\r\ncontent-length: 3\r\n\r\nok!", true),
        ("content-length: +2\r\n\r\nok", true),
        ("content-length: 5\r\n\r\nok", true),
        ("transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", true),
        ("transfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n0\r\n\r\n", true),
        ("transfer-encoding: chunked\r\n\r\nnone\r\n", false),
        ("transfer-encoding: chunked\r\n\r\n\r\n\r\n", false),
        ("transfer-encoding: chunked\r\n\r\n2\r\nokXX0\r\n\r\n", false),
        ("transfer-encoding: chunked\r\n\r\n0\r\ntrailer: x\r\n\r\n", false),
        ("transfer-encoding: chunked\r\n\r\n2\r\nok", true),
    ] {
        let (said, stays) = ask(&format!("HTTP/1.1 200 OK\r\n{rest}"), closes).await.unwrap();
        assert_eq!((said.status.as_u16(), stays), (200, false), "{rest:.60}");
    }
    for answer in [
        "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        // As `http.server` of Python sends it, a moment after the head.
        "HTTP/1.1 204 Done\r\ncontent-length: 2\r\n\r\n",
        "HTTP/1.1 304 As Before\r\ntransfer-encoding: chunked\r\n\r\n",
    ] {
        assert!(!ask(answer, false).await.unwrap().1, "{answer}");
    }
}

/// What the service did is known. The rest would be a reason to ask it again.
#[tokio::test(start_paused = true)]
async fn a_status_counts_though_its_head_cannot_be_read() {
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(2 * HEAD));
    let many = format!("HTTP/1.1 422 No\r\n{}\r\n", "a: b\r\n".repeat(101));
    for (answer, status) in [
        (endless.as_str(), 200),
        (many.as_str(), 422),
        ("HTTP/1.1 200 OK\r\nx : y\r\n\r\n", 200),
        ("HTTP/1.1 503 Later\r\nx: y\r\n folded\r\n\r\n", 503),
        ("HTTP/1.1 204 Done\r\nno colon\r\n\r\n", 204),
        ("HTTP/1.1 200 \x1b[32mDone\x1b[0m\r\n\r\n", 200),
        ("\r\nHTTP/1.1 201 \x7f\r\n\r\n", 201),
    ] {
        let (said, stays) = ask(answer, true).await.unwrap();
        assert_eq!((said.status.as_u16(), stays), (status, false), "{answer:.40}");
    }
}

/// Of two things that a length and chunks say of an answer, the chunks hold: RFC 9112, section 6.3.
#[tokio::test(start_paused = true)]
async fn chunks_hold_before_a_length() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    assert!(ask(answer, false).await.unwrap().1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_is_said() {
    let interim = "HTTP/1.1 103 Early\r\n\r\n".repeat(INTERIM + 1);
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x15\x03\x01\0\x02\x02\x16",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 099 No\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 103 Early\r\nx : y\r\n\r\n",
        interim.as_str(),
    ] {
        let answered = ask(answer, false).await;
        assert_eq!(answered.unwrap_err(), Some(Trouble::Unreadable), "{answer:.40}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_none() {
    for answer in ["", "HTTP/1.1 204 No", "HTTP/1.1 100 Continue\r\n\r\n"] {
        assert_eq!(ask(answer, true).await.unwrap_err(), Some(Trouble::Broken), "{answer}");
    }
}

/// Otherwise a delivery that the service may have could be handed on twice.
#[tokio::test(start_paused = true)]
async fn only_what_was_not_written_is_to_be_sent_again() {
    let (mut connection, service) = pair(4);
    drop(service);
    assert!(!connection.is_ready());
    assert_eq!(connection.ask(REQUEST, Bytes::new()).await.err(), Some(None));

    let (mut connection, service) = pair(4);
    let (answered, ()) =
        tokio::join!(connection.ask(REQUEST, Bytes::new()), async { drop(service) });
    assert_eq!(answered.err(), Some(Some(Trouble::Broken)));
}

/// One that finds a delivery too large says so before it has read it, and may then not read on, or close.
#[tokio::test(start_paused = true)]
async fn an_answer_before_the_end_of_a_request_is_the_answer() {
    for closes in [false, true] {
        let (mut connection, mut service) = pair(64);
        let answers = async {
            let answer = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n";
            service.write_all(answer).await.unwrap();
            (!closes).then_some(service)
        };
        let body = vec![b'x'; 1 << 20].into();
        let (answered, _service) = tokio::join!(connection.ask(REQUEST, body), answers);
        let (said, left) = answered.unwrap();
        assert_eq!(said.status.as_u16(), 413);
        assert_eq!(finish(&mut connection, left).await, closes.then_some(false));
    }
}

/// One that answers and reads on has all of it.
#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_request_is_sent_after_the_answer() {
    let (mut connection, mut service) = pair(64);
    let (answered, ()) = tokio::join!(connection.ask(REQUEST, vec![b'x'; 1 << 20].into()), async {
        service.write_all(DONE.as_bytes()).await.unwrap();
    });
    let (_, left) = answered.unwrap();
    let mut sent = vec![0; REQUEST.len() + (1 << 20)];
    let reading = timeout(Duration::from_secs(1), service.read_exact(&mut sent));
    let (is_over, read) = tokio::join!(finish(&mut connection, left), reading);
    assert!(read.is_ok(), "all of it came");
    assert_eq!((is_over, sent.last()), (Some(true), Some(&b'x')));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_body_of_an_answer() {
    let (mut connection, mut service) = pair(256);
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\no").await.unwrap();
    let (said, mut left) = connection.ask(REQUEST, BODY_OF_IT).await.unwrap();
    assert_eq!(said.status.as_u16(), 200);
    let over = poll_fn(|context| connection.poll_finish(context, &mut left));
    let writes = async {
        tokio::task::yield_now().await;
        service.write_all(b"k!").await.unwrap();
    };
    assert!(tokio::join!(over, writes).0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_something_unasked_is_not_ready() {
    let (mut connection, mut service) = pair(64);
    assert!(connection.is_ready());
    service.write_all(DONE.as_bytes()).await.unwrap();
    assert!(!connection.is_ready());
    let (mut connection, mut service) = pair(256);
    service.write_all([DONE, DONE].concat().as_bytes()).await.unwrap();
    let (_, left) = connection.ask(REQUEST, Bytes::new()).await.unwrap();
    assert_eq!(finish(&mut connection, left).await, Some(false), "an answer too much");
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_is_let_by_and_a_longer_one_is_not() {
    for (length, stays) in [(BODY / 2, true), (2 * BODY, false)] {
        let (mut connection, mut service) = pair(1 << 20);
        let answers = async {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            service.write_all(head.as_bytes()).await.unwrap();
            // An error if nobody reads on.
            let _ = service.write_all(&vec![b'x'; length]).await;
        };
        let asks = async {
            let (_, left) = connection.ask(REQUEST, BODY_OF_IT).await.unwrap();
            let over = finish(&mut connection, left).await;
            drop(connection);
            over
        };
        assert_eq!(tokio::join!(asks, answers).0, Some(stays), "{length}");
    }
}

/// It is told that nothing came, whatever has.
#[tokio::test]
async fn a_task_that_may_do_no_more_sees_what_came_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connecting = TcpStream::connect(listener.local_addr().unwrap());
    let (ours, accepted) = tokio::join!(connecting, listener.accept());
    let (mut connection, service) = (Connection::new(Box::new(ours.unwrap())), accepted.unwrap().0);
    assert!(connection.is_ready());
    drop(service);
    sleep(Duration::from_millis(50)).await;
    let is_ready = poll_fn(|context| {
        while pin!(consume_budget()).poll(context).is_ready() {}
        Poll::Ready(connection.is_ready())
    });
    assert!(!is_ready.await);
}

#[test]
fn a_wait_is_handed_on_if_it_is_a_number_of_seconds() {
    for (value, handed_on) in
        [("17", true), ("0", true), ("1234567", false), ("-1", false), ("", false)]
    {
        let answer = format!("HTTP/1.1 503 Later\r\nRetry-After: {value}\r\n\r\n");
        let head = parse(answer.as_bytes(), false).ok().flatten().unwrap();
        assert_eq!(head.said.retry_after.is_some(), handed_on, "{value}");
    }
}

/// Wherever what comes is cut in two.
#[test]
fn a_body_ends_where_it_ends() {
    const AFTER: &[u8] = b"HTTP";
    let chunks = b"3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n";
    for (rest, body) in
        [(Rest::Chunk, &chunks[..]), (Rest::Bytes(5), b"hello"), (Rest::Bytes(0), b"")]
    {
        let all = [body, AFTER].concat();
        for cut in 0..=all.len() {
            let mut rest = rest;
            let mut taken = rest.take(&all[..cut]).ok().unwrap();
            assert!(taken <= cut);
            taken += rest.take(&all[taken..]).ok().unwrap();
            assert_eq!((taken, rest), (body.len(), Rest::Bytes(0)), "{cut}");
        }
    }
}
