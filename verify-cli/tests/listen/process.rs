//! `verify listen` as a process, and HTTP by hand: what is on the wire is what the tests are about.

use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver},
    },
    thread,
    time::Instant,
};

use serde_json::Value;
use verify_toolkit::{Delivery, Sender, UnixTime, WireRequest, samples};

/// The secrets that are set.
pub(crate) const SECRETS: [(&str, &str); 2] = [
    ("DATABRICKS_WEBHOOK_SECRET", "databricks secret"),
    ("MLFLOW_WEBHOOK_SECRET", "mlflow secret"),
];
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `verify listen`; killed when the test ends.
pub(crate) struct Listen {
    process: Child,
    /// Where deliveries go to, as `address:port`.
    pub(crate) address: String,
    /// Where the page is.
    pub(crate) page: String,
    /// What it said at the beginning.
    pub(crate) greeting: String,
    /// What it said after that.
    said: Arc<Mutex<String>>,
    /// The lines of its output.
    pub(crate) lines: Receiver<String>,
}

impl Drop for Listen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn command(store: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_verify"));
    command.env_clear().arg("listen").arg("--store").arg(store).args(options);
    for port in ["--bind", "--page"] {
        if !options.contains(&port) {
            command.args([port, "127.0.0.1:0"]);
        }
    }
    command
}

impl Listen {
    pub(crate) fn start(store: &Path, options: &[&str]) -> Self {
        Self::start_with(store, options, &SECRETS)
    }

    pub(crate) fn start_with(store: &Path, options: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::run(command(store, options), settings)
    }

    /// With its store where it is when nothing is said.
    pub(crate) fn start_usual(settings: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verify"));
        command.env_clear().args(["listen", "--bind", "127.0.0.1:0", "--page", "127.0.0.1:0"]);
        Self::run(command, settings)
    }

    fn run(mut command: Command, settings: &[(&str, &str)]) -> Self {
        command.envs(settings.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut greeting = String::new();
        let page = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it stopped: {greeting}");
            if let Some(page) = line.strip_prefix("the page is http://") {
                break page.trim().to_owned();
            }
            greeting += &line;
        };
        // Else it would block once the pipe is full.
        let said = Arc::<Mutex<String>>::default();
        let keeping = Arc::clone(&said);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                *keeping.lock().unwrap() += &format!("{line}\n");
            }
        });
        let stdout = BufReader::new(process.stdout.take().unwrap());
        // What nobody asks for is not read.
        let (sender, lines) = mpsc::sync_channel(0);
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let delivers = greeting.lines().find(|line| line.contains("delivers to")).unwrap();
        let address = delivers.split('/').nth(2).unwrap().to_owned();
        Self { process, address, page, greeting, said, lines }
    }

    /// What it has said after the greeting, once that holds a text.
    pub(crate) fn said(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let said = self.said.lock().unwrap().clone();
            if said.contains(text) {
                return said;
            }
            assert!(begun.elapsed() < PATIENCE, "{text} is not in {said}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// Sends a request to where deliveries go to.
    pub(crate) fn deliver(&self, request: &WireRequest) -> Reply {
        exchange(&self.address, &request.to_http(&self.address))
    }

    /// Asks the page's port.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let request = WireRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: headers.collect(),
            body: Vec::new(),
        };
        exchange(&self.page, &request.to_http(&self.page))
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let reply = self.ask("GET", path, &[]);
        assert_eq!(reply.status, 200, "{path}");
        serde_json::from_slice(&reply.body).unwrap()
    }

    /// The numbers of what is kept, newest first.
    pub(crate) fn ids(&self) -> Vec<u64> {
        let list = self.json("/api/deliveries");
        let ids = list["deliveries"].as_array().unwrap().iter().map(|one| one["id"].as_u64());
        ids.map(Option::unwrap).collect()
    }

    /// Ends it as a power cut would: nothing is finished.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    #[cfg(unix)]
    pub(crate) fn wait(mut self) -> Option<i32> {
        self.ended()
    }

    #[cfg(unix)]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(20));
        }
        self.process.wait().unwrap().code()
    }
}

/// A signed delivery of a sender's first sample.
pub(crate) fn signed(sender: Sender) -> WireRequest {
    let sample = samples::of(sender.name()).next().unwrap();
    sign(sample.delivery(), sender)
}

pub(crate) fn sign(delivery: Delivery, sender: Sender) -> WireRequest {
    let now = UnixTime::now().unwrap();
    let secret = format!("{} secret", sender.name());
    delivery.with_path(format!("/webhooks/{}", sender.name())).sign(secret, now).unwrap()
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|line| line.0.eq_ignore_ascii_case(name)).map(|line| line.1).next()
    }
}

/// Sends bytes, and reads the answer to its end.
pub(crate) fn exchange(address: &str, request: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A server may answer before it has read all.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head, body: answer[end + 4..].to_vec() }
}

/// A handler that keeps what it gets, byte for byte, and answers the same to all.
pub(crate) struct Handler {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Handler {
    pub(crate) fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::<Mutex<Vec<_>>>::default();
        let keeping = Arc::clone(&received);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = read_request(&mut stream);
                keeping.lock().unwrap().push(request);
                stream.write_all(answer).unwrap();
            }
        });
        Self { url, received }
    }

    pub(crate) fn received(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }
}

fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    request.extend_from_slice(&body);
    request
}
