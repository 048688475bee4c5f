//! More connections than a receiver has files for, of clients that send a byte now and then.

use core::{net::SocketAddr, time::Duration};
use std::{
    io::{ErrorKind, Write as _},
    net::TcpStream,
    process::Child,
    time::Instant,
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

/// The files that a process usually may open.
const FILES: u64 = 1024;
const CONNECTIONS: usize = 1100;
/// What each connection sends first, and what it sends now and then.
const CLIENTS: [(&str, &str, &str); 8] = [
    ("says nothing", "", ""),
    ("sends its head slowly", "GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ", "x"),
    (
        "sends a second head slowly",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ",
        "x",
    ),
    (
        "sends chunks that nobody reads",
        "GET /healthz HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
        "1\r\nx\r\n",
    ),
    (
        "sends chunks to no path",
        "POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
        "1\r\nx\r\n",
    ),
    (
        "sends chunks with a method that a guarded path has not",
        "PUT /webhooks/wandb HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n",
        "1\r\nx\r\n",
    ),
    (
        "sends a body with a length slowly",
        "POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n\r\n",
        "x",
    ),
    (
        "reads no answer",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
    ),
];

/// Lets each kind of client crowd a process, and asks meanwhile whether good requests are answered.
///
/// # Panics
///
/// One was not answered, or this process may not set the limits of the other one.
#[expect(clippy::unwrap_used, reason = "a helper of tests")]
pub fn withstand(process: &Child, address: &str, mut is_answered: impl FnMut() -> bool) {
    let own = getrlimit(Resource::Nofile);
    let current = Some(own.maximum.unwrap_or(4096).min(4096));
    setrlimit(Resource::Nofile, Rlimit { current, ..own }).unwrap();
    let limit = Rlimit { current: Some(FILES), maximum: own.maximum };
    prlimit(Some(Pid::from_child(process)), Resource::Nofile, limit).unwrap();
    let address: SocketAddr = address.parse().unwrap();
    for (client, first, then) in CLIENTS {
        let begun = Instant::now();
        let mut crowd: Vec<_> = (0..CONNECTIONS).filter_map(|_| connect(&address, first)).collect();
        for number in 1..=5 {
            assert!(is_answered(), "good request {number}, while everybody else {client}");
            crowd.retain_mut(|stream| match stream.write(then.as_bytes()) {
                Ok(_) => true,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            });
        }
        println!("{client}: {} are left after {:?}", crowd.len(), begun.elapsed());
    }
}

fn connect(address: &SocketAddr, first: &str) -> Option<TcpStream> {
    // One that finds no place in the listener's queue is left out.
    let mut stream = TcpStream::connect_timeout(address, Duration::from_millis(500)).ok()?;
    stream.set_nonblocking(true).ok()?;
    stream.write_all(first.as_bytes()).ok()?;
    Some(stream)
}
