//! A NATS server that tests start for themselves on a free port of loopback, and end by its id.
//!
//! `.ci/once` names the program in `OUTBOX_NATS`. Where it is not named, a test says that it was skipped.

use core::{net::Ipv4Addr, time::Duration};
use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::port::Port;

/// Ended before its folder is deleted.
pub(crate) struct Server {
    program: PathBuf,
    process: Child,
    port: Port,
    folder: TempDir,
    /// What its client says of itself, in JSON.
    login: Value,
}

/// As long as an outbox knows a delivery.
pub(crate) const WEEK: u64 = 7 * 24 * 60 * 60 * 1_000_000_000;

impl Server {
    /// Starts one with JetStream that lets everybody in, unless there is none: then that is said, past what hides the
    /// output of tests.
    pub(crate) fn start(test: &str) -> Option<Self> {
        Self::start_with(test, "", json!({}))
    }

    /// The same with more of a configuration, and with what the client of the test says of itself.
    pub(crate) fn start_with(test: &str, more: &str, login: Value) -> Option<Self> {
        let Some(program) = env::var_os("OUTBOX_NATS").map(PathBuf::from) else {
            let _ = writeln!(
                io::stderr(),
                "SKIPPED: {test}: OUTBOX_NATS does not name a NATS server; .ci/once sets it"
            );
            return None;
        };
        let folder = TempDir::new().unwrap();
        let port = Port::reserve();
        let store = folder.path().join("store");
        let config = format!(
            "listen: 127.0.0.1:{}\njetstream {{ store_dir: {:?} }}\n{more}\n",
            port.number(),
            store.display().to_string()
        );
        fs::write(folder.path().join("nats.conf"), config).unwrap();
        let process = Self::spawn(&program, &folder);
        let server = Self { program, process, port, folder, login };
        server.wait();
        Some(server)
    }

    fn spawn(program: &PathBuf, folder: &TempDir) -> Child {
        let mut command = Command::new(program);
        command.arg("-c").arg(folder.path().join("nats.conf"));
        let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        silent.spawn().unwrap()
    }

    fn wait(&self) {
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port())).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server answers");
            sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = Self::spawn(&self.program, &self.folder);
        self.wait();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let _ = kill_process(Pid::from_child(&self.process), signal);
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire::connect(self.port(), &self.login)
    }

    /// Asks JetStream.
    pub(crate) fn ask(&self, what: &str, question: &Value) -> Value {
        self.wire().ask(what, question)
    }

    /// Makes or changes the stream `models`, which knows an id for a week.
    pub(crate) fn stream(&self, what: &str, changes: &Value) {
        let mut config = json!({
            "name": "models", "subjects": ["models.>"], "storage": "file", "duplicate_window": WEEK,
            "allow_direct": true,
        });
        for (name, value) in changes.as_object().unwrap() {
            config[name] = value.clone();
        }
        let said = self.ask(&format!("STREAM.{what}.models"), &config);
        assert!(said.get("error").is_none(), "{said}");
    }

    /// Returns all that the stream has, in its order.
    pub(crate) fn messages(&self) -> Vec<Message> {
        let mut wire = self.wire();
        let said = wire.ask("STREAM.INFO.models", &json!({}));
        let state = &said["state"];
        let [first, last] = ["first_seq", "last_seq"].map(|name| state[name].as_u64().unwrap());
        let get = |number| {
            let question = json!({ "seq": number }).to_string();
            wire.request("$JS.API.DIRECT.GET.models", question.as_bytes())
        };
        let count = usize::try_from(state["messages"].as_u64().unwrap()).unwrap();
        (first..=last).take(count).map(get).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that is stopped would not notice its end.
        self.signal(Signal::CONT);
        self.kill();
    }
}

/// What somebody wrote on a subject.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }
}

/// The protocol of NATS, bare: what a client of the crate might think of it does not count here.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    fn connect(port: u16, login: &Value) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut wire = Self { stream: BufReader::new(stream) };
        assert!(wire.line().starts_with("INFO "));
        let mut options =
            json!({ "verbose": false, "pedantic": false, "headers": true, "no_responders": true });
        for (name, value) in login.as_object().unwrap() {
            options[name] = value.clone();
        }
        wire.send(format!("CONNECT {options}\r\nSUB answers 1\r\nPING\r\n").as_bytes());
        assert_eq!(wire.line(), "PONG");
        wire
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, what: &str, question: &Value) -> Value {
        let said = self.request(&format!("$JS.API.{what}"), question.to_string().as_bytes());
        serde_json::from_slice(&said.body).unwrap()
    }

    /// Sends something, and waits for an answer.
    pub(crate) fn request(&mut self, subject: &str, body: &[u8]) -> Message {
        self.send(format!("PUB {subject} answers {}\r\n", body.len()).as_bytes());
        self.send(body);
        self.send(b"\r\n");
        loop {
            let line = self.line();
            let words: Vec<&str> = line.split(' ').collect();
            let numbers = words.iter().filter_map(|word| word.parse().ok());
            let numbers: Vec<usize> = numbers.collect();
            let (head, total) = match words[0] {
                "PING" => {
                    self.send(b"PONG\r\n");
                    continue;
                }
                "MSG" => (0, numbers[numbers.len() - 1]),
                "HMSG" => (numbers[numbers.len() - 2], numbers[numbers.len() - 1]),
                other => panic!("the server says {other}: {line}"),
            };
            let mut text = vec![0; total + 2];
            self.stream.read_exact(&mut text).unwrap();
            text.truncate(total);
            let body = text.split_off(head);
            let head = String::from_utf8(text).unwrap();
            let pairs = head.lines().filter_map(|line| line.split_once(':'));
            let headers =
                pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
            return Message { headers, body };
        }
    }
}
