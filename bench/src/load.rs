//! A load generator that costs little: requests were made beforehand, and of an answer it reads the
//! status and where it ends.

use std::{
    io,
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
    time,
};

/// What came of a turn.
#[derive(Clone, Default)]
pub struct Answers {
    pub seconds: f64,
    /// Microseconds, one for each answer.
    pub latencies: Vec<f64>,
    /// Answers of another status than the one that was expected, and failed connections.
    pub wrong: usize,
}

impl Answers {
    pub fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// The latency that so many per cent are below.
    pub fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(f64::NAN)
    }
}

/// What to send, and what to expect.
#[derive(Clone, Copy)]
pub struct Load<'r> {
    pub port: u16,
    pub requests: &'r [Vec<u8>],
    pub status: u16,
    pub connections: usize,
    /// Connections that send a head and then a byte of the body a second.
    pub slow: usize,
    pub time: Duration,
}

/// Runs a load on this thread.
///
/// # Errors
///
/// There is no runtime.
pub fn run(load: Load<'_>) -> io::Result<Answers> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Tasks outlive no borrow: each gets the requests it is to send, by reference count.
    let requests: std::rc::Rc<[Vec<u8>]> = load.requests.into();
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async move {
        let slow: Vec<_> = (0..load.slow)
            .map(|_| tokio::task::spawn_local(drip(load.port, requests.clone())))
            .collect();
        if load.slow > 0 {
            time::sleep(Duration::from_millis(500)).await;
        }
        // All connect before the clock starts.
        let mut streams = Vec::new();
        for _ in 0..load.connections {
            streams.push(connect(load.port).await?);
        }
        let start = Instant::now();
        let end = start + load.time;
        // None is sent twice before all of them were sent.
        let next = std::rc::Rc::new(std::cell::Cell::new(0));
        let tasks: Vec<_> = (streams.into_iter())
            .map(|stream| {
                let (requests, next) = (requests.clone(), next.clone());
                tokio::task::spawn_local(send(stream, load.port, requests, next, load.status, end))
            })
            .collect();
        let mut all = Answers::default();
        for task in tasks {
            let one = task.await.map_err(io::Error::other)?;
            all.latencies.extend(one.latencies);
            all.wrong += one.wrong;
        }
        all.seconds = start.elapsed().as_secs_f64();
        slow.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(all)
    }))
}

async fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn send(
    mut stream: TcpStream,
    port: u16,
    requests: std::rc::Rc<[Vec<u8>]>,
    next: std::rc::Rc<std::cell::Cell<usize>>,
    status: u16,
    end: Instant,
) -> Answers {
    let mut answers = Answers::default();
    let mut buffer = vec![0; 4096];
    loop {
        let number = next.get();
        let Some(request) = requests.get(number) else {
            // From the start again, or never if there is none.
            if number == 0 {
                break;
            }
            next.set(0);
            continue;
        };
        let start = Instant::now();
        // One at least, however short the time is.
        if start >= end && answers.latencies.len() + answers.wrong > 0 {
            break;
        }
        next.set(number + 1);
        match exchange(&mut stream, request, &mut buffer).await {
            Ok(answer) => {
                answers.latencies.push(start.elapsed().as_secs_f64() * 1e6);
                answers.wrong += usize::from(answer.status != status);
                if !answer.closes {
                    continue;
                }
            }
            Err(_) => answers.wrong += 1,
        }
        match connect(port).await {
            Ok(fresh) => stream = fresh,
            Err(_) => time::sleep(Duration::from_millis(1)).await,
        }
    }
    answers
}

struct Answer {
    status: u16,
    closes: bool,
}

async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) -> io::Result<Answer> {
    // A server may answer before it has read all.
    let written = stream.write_all(request).await;
    let mut length = 0;
    loop {
        let read = stream.read(buffer.get_mut(length..).unwrap_or_default()).await?;
        length += read;
        let text = buffer.get(..length).unwrap_or_default();
        if let Some(answer) = parse(text) {
            let closes = answer.closes || written.is_err();
            return Ok(Answer { closes, ..answer });
        }
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Reads an answer, once it is complete.
fn parse(text: &[u8]) -> Option<Answer> {
    let end = text.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(text.get(..end)?).ok()?;
    let status: u16 = head.get(9..12)?.parse().ok()?;
    let value = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let length = value("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let closes = value("connection").is_some_and(|text| text.eq_ignore_ascii_case("close"));
    (text.len() >= end + 4 + length).then_some(Answer { status, closes })
}

/// Sends a head and the body a byte a second, again and again.
async fn drip(port: u16, requests: std::rc::Rc<[Vec<u8>]>) {
    for request in requests.iter().cycle() {
        let Ok(mut stream) = connect(port).await else {
            time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let head = request.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |end| end + 4);
        let (head, body) = request.split_at(head);
        let mut sent = stream.write_all(head).await;
        for byte in body {
            if sent.is_err() {
                break;
            }
            time::sleep(Duration::from_secs(1)).await;
            sent = stream.write_all(&[*byte]).await;
        }
    }
}
