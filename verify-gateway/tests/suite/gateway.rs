//! The gateway as a process, with settings of its own.

use core::{fmt::Write as _, time::Duration};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use tempfile::TempDir;
use verify_core::{Secret, Sender, Signer, UnixTime};

/// What each sender signs with, by its name.
pub(crate) fn secret(sender: &Sender) -> String {
    sender.secret_encoding().write(format!("the secret of {} for tests", sender.name()).as_bytes())
}

/// A folder with settings and secrets in files.
pub(crate) struct Place {
    folder: Arc<TempDir>,
}

impl Place {
    /// Settings with the secrets of all senders, a store of claims in memory, and more.
    pub(crate) fn new(more: &str) -> Self {
        Self::with_head("[once]\naddress = \"memory\"\n", more)
    }

    /// The same without a store.
    pub(crate) fn with_head(head: &str, more: &str) -> Self {
        let place = Self { folder: Arc::new(TempDir::new().unwrap()) };
        let mut config = format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{head}");
        for sender in Sender::ALL {
            let (name, file) = (sender.name(), place.write(sender.name(), &secret(sender)));
            writeln!(config, "[senders.{name}]\nsecret_file = \"{file}\"").unwrap();
        }
        place.write(
            "gateway.toml",
            &(config + &more.replace("FOLDER", place.path("").to_str().unwrap())),
        );
        place
    }

    /// A route for each sender in front of a service.
    pub(crate) fn of_all(upstream: &str, more: &str) -> Self {
        let routes: String =
            Sender::ALL.iter().map(|sender| route(sender, upstream, more)).collect();
        Self::new(&routes)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Changes the settings.
    pub(crate) fn edit(&self, edit: impl Fn(String) -> String) {
        let config = fs::read_to_string(self.path("gateway.toml")).unwrap();
        self.write("gateway.toml", &edit(config));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_verify-gateway"));
        command.env_clear().args(arguments).arg("--config").arg(self.path("gateway.toml"));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Returns what `check` says is wrong.
    pub(crate) fn mistakes(&self) -> String {
        let Output { status, stderr, .. } = self.run(&["check"]);
        assert_eq!(status.code(), Some(2));
        let path = self.path("gateway.toml").to_str().unwrap().to_owned();
        String::from_utf8(stderr).unwrap().replace(&path, "FILE")
    }

    pub(crate) fn start(&self) -> Gateway {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, options: &[&str]) -> Gateway {
        let mut gateway = Gateway::spawn(self.command(&[&["serve"], options].concat()));
        gateway._folder = Some(Arc::clone(&self.folder));
        gateway
    }
}

/// A route of a sender in the settings.
pub(crate) fn route(sender: &Sender, upstream: &str, more: &str) -> String {
    let name = sender.name();
    format!(
        "[[routes]]\npath = \"/webhooks/{name}\"\nsender = \"{name}\"\nupstream = \"{upstream}\"\n{more}\n"
    )
}

/// A running one; killed when it is dropped.
pub(crate) struct Gateway {
    pub(crate) process: Child,
    /// `http://127.0.0.1:port`, or `https`.
    pub(crate) url: String,
    admin: String,
    /// What it said before it listened.
    pub(crate) said: String,
    log: Arc<Mutex<String>>,
    /// What it keeps is in there.
    _folder: Option<Arc<TempDir>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let (mut admin, mut said) = (String::new(), String::new());
        let url = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it stopped: {said}");
            // As a line of text, or of JSON.
            let after = |words: &str| {
                let rest = line.split_once(words)?.1;
                rest.split([';', '"', '\n', '/']).find(|part| part.contains("127.0.0.1"))
            };
            if let Some(address) = after("listening on ") {
                let scheme = if line.contains("https://") { "https" } else { "http" };
                break format!("{scheme}://{address}");
            }
            if let Some(address) = after("admin on http://") {
                admin = address.to_owned();
            }
            said += &line;
        };
        // Else it would block once the pipe is full.
        let log = Arc::<Mutex<String>>::default();
        let logged = Arc::clone(&log);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                *logged.lock().unwrap() += &(line + "\n");
            }
        });
        Self { process, url, admin, said, log, _folder: None }
    }

    pub(crate) fn address(&self) -> &str {
        self.url.split_once("://").unwrap().1
    }

    /// What it logged since it listens.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends a delivery to the path of its sender.
    pub(crate) fn send(&self, sender: &Sender, id: &str, body: &str) -> Answer {
        self.send_with(sender, id, body, "")
    }

    /// The same with more headers, each with a line end.
    pub(crate) fn send_with(&self, sender: &Sender, id: &str, body: &str, more: &str) -> Answer {
        let headers = signed(sender, &secret(sender), id, body);
        let path = format!("/webhooks/{}", sender.name());
        self.request("POST", &path, &(headers + more), body)
    }

    /// Sends the head, and the body once the gateway awaits it and `wait` has returned.
    #[cfg(unix)]
    pub(crate) fn send_late(
        &self,
        sender: &Sender,
        id: &str,
        body: &str,
        wait: impl FnOnce(),
    ) -> Answer {
        let headers = signed(sender, &secret(sender), id, body) + "expect: 100-continue\r\n";
        let path = format!("/webhooks/{}", sender.name());
        let mut stream = connect(self.address());
        stream.write_all(head("POST", &path, &headers, body.len()).as_bytes()).unwrap();
        let mut awaited = *b"HTTP/1.1 100 Continue\r\n\r\n";
        stream.read_exact(&mut awaited).unwrap();
        assert!(awaited.starts_with(b"HTTP/1.1 100 "));
        wait();
        stream.write_all(body.as_bytes()).unwrap();
        answer(stream)
    }

    pub(crate) fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        request(self.address(), method, path, headers, body)
    }

    /// Asks the admin address.
    pub(crate) fn admin(&self, path: &str) -> Answer {
        request(&self.admin, "GET", path, "", "")
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").unwrap().1
    }
}

fn request(address: &str, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = connect(address);
    let head = head(method, path, headers, body.len());
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
    answer(stream)
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn head(method: &str, path: &str, headers: &str, length: usize) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
}

fn answer(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    Answer { status: text[9..12].parse().unwrap(), text }
}

/// The headers with which a sender signs a body now.
pub(crate) fn signed(sender: &Sender, secret: &str, id: &str, body: &str) -> String {
    let signer = Signer::new(*sender, Secret::new(secret).unwrap()).unwrap();
    let signed = signer.sign(UnixTime::now().unwrap(), id, body.as_bytes()).unwrap();
    signed.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// A body of a sender as its documentation has it, and of a time that is not long ago.
pub(crate) fn example(sender: &Sender) -> String {
    sender.example().replace("1589859029343", "9999999999999")
}

/// A body of MLflow about a version of a model.
pub(crate) fn alias(version: usize) -> String {
    format!(
        r#"{{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {{"name": "m", "alias": "champion", "version": "{version}"}}}}"#
    )
}

pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(120), "it does not come about");
        thread::sleep(Duration::from_millis(10));
    }
}
