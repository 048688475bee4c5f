//! More connections than there are places, against the receiver as a process.

use core::time::Duration;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Instant, SystemTime},
};

use verify_core::{Secret, Sender, Signer, UnixTime};

/// Killed when the test ends.
struct Receiver {
    process: Child,
    address: String,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start() -> Receiver {
    let mut process = Command::new(crate::AXUM.path)
        .env_clear()
        .envs([("LISTEN_ADDR", "127.0.0.1:0"), ("WANDB_WEBHOOK_SECRET", "shared")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut address =
        lines.filter_map(|line| Some(line.strip_prefix("listening on http://")?.to_owned()));
    let address = address.next().unwrap();
    let address = address.split(';').next().unwrap().to_owned();
    Receiver { process, address }
}

/// A delivery of `{}`.
fn delivery(secret: &str) -> String {
    let signer = Signer::new(Sender::WANDB, Secret::new(secret).unwrap()).unwrap();
    let now = UnixTime::try_from(SystemTime::now()).unwrap();
    let headers = signer.sign(now, "an-id", b"{}").unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST /webhooks/wandb HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n{headers}\r\n{{}}")
}

/// The answer to what is sent over a connection of its own.
fn answer(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}

/// Each has sent the head of a delivery, and not all of its body.
#[test]
fn good_deliveries_are_answered_among_busy_connections() {
    let receiver = start();
    let forged = delivery("another");
    let forged = forged.strip_suffix('}').unwrap();
    let mut busy = Vec::new();
    for _ in 0..700 {
        let mut stream = TcpStream::connect(&receiver.address).unwrap();
        stream.write_all(forged.as_bytes()).unwrap();
        busy.push(stream);
    }
    let begun = Instant::now();
    for _ in 0..5 {
        let answer = answer(&receiver.address, &delivery("shared"));
        assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    }
    println!("5 good deliveries in {:?}", begun.elapsed());
    let mut first = busy.remove(0);
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(!matches!(first.read(&mut [0; 1]), Ok(1..)), "the oldest made room, without an answer");
    // The newest still has its place.
    let mut last = busy.pop().unwrap();
    last.write_all(b"}").unwrap();
    let mut status = [0; 12];
    last.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 401");
}

/// They are charged to no budget, so a limit for each connection and one for how many there are hold.
#[cfg(target_os = "linux")]
#[test]
fn heads_that_have_not_arrived_take_little_memory() {
    let receiver = start();
    let head =
        format!("POST /webhooks/wandb HTTP/1.1\r\nhost: x\r\nx-long: {}", "x".repeat(15_000));
    let mut held = VecDeque::new();
    for _ in 0..900 {
        let mut stream = TcpStream::connect(&receiver.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        held.push_back(stream);
        // One that made room is gone before the next one comes, and before the deadline of its head (10 s) ends it.
        if held.len() > 512 {
            let mut first = held.pop_front().unwrap();
            first.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
            let ended = first.read(&mut [0; 1]).or_else(|error| match error.kind() {
                ErrorKind::ConnectionReset => Ok(0),
                _ => Err(error),
            });
            assert_eq!(ended.unwrap(), 0, "it made room, without an answer");
        }
    }
    let answer = answer(&receiver.address, &delivery("shared"));
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", receiver.process.id()));
    let status = status.unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("peak of resident memory: {peak} KiB");
    // 512 of them, and what the process takes anyway: 22 MiB. All 900 would take 33.
    assert!(peak < 28 * 1024, "{peak} KiB");
}

/// RFC 9112, section 3.2.
#[test]
fn a_missing_or_doubled_host_is_a_400_without_a_body() {
    let receiver = start();
    let delivery = delivery("shared");
    for (hosts, status) in [("", 400), ("host: x\r\nhost: x\r\n", 400), ("host: x\r\n", 204)] {
        let request = delivery.replace("host: x\r\n", hosts);
        let answer = answer(&receiver.address, &request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{hosts:?}: {answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}
