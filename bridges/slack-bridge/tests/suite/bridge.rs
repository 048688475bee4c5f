//! The bridge as a process, with settings of its own.

use core::{fmt::Write as _, time::Duration};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use tempfile::TempDir;
use verify_core::{Secret, Sender, Signer, UnixTime};

use crate::slack::Slack;

pub(crate) const SENDERS: [(Sender, &str); 3] = [
    (Sender::DATABRICKS, "databricks-secret"),
    (Sender::MLFLOW, "mlflow-secret"),
    (Sender::WANDB, "wandb-secret"),
];

/// A folder with settings, a store, and the secrets in files.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// Settings with these channels of a fake Slack, and routes.
    pub(crate) fn new(slack: &Slack, channels: &[&str], store: &str, routes: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("store.db");
        let store = format!("[store]\npath = \"{}\"\n{store}", path.display());
        Self::in_folder(folder, slack, channels, &store, routes)
    }

    /// The same with a store at an address.
    #[cfg(target_os = "linux")]
    pub(crate) fn at(address: &str, slack: &Slack, channels: &[&str], routes: &str) -> Self {
        let store = format!("store = \"{address}\"");
        Self::in_folder(TempDir::new().unwrap(), slack, channels, &store, routes)
    }

    fn in_folder(
        folder: TempDir,
        slack: &Slack,
        channels: &[&str],
        store: &str,
        routes: &str,
    ) -> Self {
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let mut config = format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n{store}\n");
        for (sender, secret) in SENDERS {
            fs::write(path(sender.name()), secret).unwrap();
            let (name, file) = (sender.name(), path(sender.name()));
            writeln!(config, "[senders.{name}]\nsecret_file = \"{file}\"").unwrap();
        }
        for channel in channels {
            fs::write(path(channel), slack.url(channel)).unwrap();
            writeln!(config, "[channels.{channel}]\nurl_file = \"{}\"", path(channel)).unwrap();
        }
        fs::write(path("bridge.toml"), config + routes).unwrap();
        Self { folder }
    }

    /// One channel, to which everything goes.
    pub(crate) fn simple(slack: &Slack) -> Self {
        Self::new(slack, &["general"], "", "[[routes]]\nchannels = [\"general\"]")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("bridge.toml")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    /// A command with the settings, and nothing of the test's environment but a proxy that nobody asked
    /// for.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slack-bridge"));
        command.env_clear().args(arguments).arg("--config").arg(self.config());
        let proxies = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"];
        command.envs(proxies.map(|name| (name, "http://127.0.0.1:1")));
        command
    }

    /// Runs a command, which has to succeed, and returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    pub(crate) fn start(&self) -> Bridge {
        self.start_with(&[])
    }

    pub(crate) fn start_with(&self, options: &[&str]) -> Bridge {
        let mut command = self.command(&[&["serve"], options].concat());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let (mut admin, mut said) = (String::new(), String::new());
        let address = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it stopped: {said}");
            said += &line;
            // Within JSON, too.
            let after = |what: &str| {
                let (_, address) = line.split_once(what)?;
                address.split(['/', '"', '\n']).next().map(ToOwned::to_owned)
            };
            if let Some(address) = after("listening on http://") {
                break address;
            }
            admin = after("admin on http://").unwrap_or(admin);
        };
        // Else it would block once the pipe is full.
        let log = Arc::<Mutex<String>>::default();
        let logged = Arc::clone(&log);
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                *logged.lock().unwrap() += &(line + "\n");
            }
        });
        Bridge { process, address, admin, said, log }
    }
}

/// A running one; killed when it is dropped.
pub(crate) struct Bridge {
    pub(crate) process: Child,
    pub(crate) address: String,
    admin: String,
    /// What it said before it listened.
    pub(crate) said: String,
    log: Arc<Mutex<String>>,
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Bridge {
    /// Sends a delivery, and returns the status and the whole answer.
    pub(crate) fn send(&self, sender: Sender, body: &[u8]) -> (u16, String) {
        send(&self.address, sender, "an-id", body).unwrap()
    }

    /// The same, signed so many seconds ago.
    pub(crate) fn send_signed_ago(&self, ago: u64, sender: Sender, body: &[u8]) -> (u16, String) {
        let (_, secret) = SENDERS.iter().find(|(other, _)| other.name() == sender.name()).unwrap();
        let headers = signed_ago(ago, sender, secret, "an-id", body);
        post(&self.address, sender, &headers, body).unwrap()
    }

    /// What it said since.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks the admin address.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.admin).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        answer(stream).unwrap()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Tells it to read its settings again, and returns so many lines that it says of that.
    #[cfg(unix)]
    pub(crate) fn reload(&self, lines: usize) -> Vec<String> {
        let before = self.log().len();
        self.signal("HUP");
        let said = || -> Vec<String> {
            let of_settings = |line: &&str| line.contains("settings ");
            self.log()[before..].lines().filter(of_settings).map(ToOwned::to_owned).collect()
        };
        wait_until(|| said().len() >= lines);
        said()
    }
}

/// Sends a delivery to an address. `None`: no answer.
pub(crate) fn send(
    address: &str,
    sender: Sender,
    delivery_id: &str,
    body: &[u8],
) -> Option<(u16, String)> {
    let (_, secret) = SENDERS.iter().find(|(other, _)| other.name() == sender.name()).unwrap();
    post(address, sender, &signed(sender, secret, delivery_id, body), body)
}

/// The headers with which a sender signs a body now.
pub(crate) fn signed(sender: Sender, secret: &str, delivery_id: &str, body: &[u8]) -> String {
    signed_ago(0, sender, secret, delivery_id, body)
}

/// The same some seconds ago.
fn signed_ago(ago: u64, sender: Sender, secret: &str, delivery_id: &str, body: &[u8]) -> String {
    let signer = Signer::new(sender, Secret::new(secret).unwrap()).unwrap();
    let time = UnixTime::try_from(SystemTime::now() - Duration::from_secs(ago)).unwrap();
    let signed = signer.sign(time, delivery_id, body).unwrap();
    signed.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// Posts a body with these headers.
pub(crate) fn post(
    address: &str,
    sender: Sender,
    headers: &str,
    body: &[u8],
) -> Option<(u16, String)> {
    let (name, length) = (sender.name(), body.len());
    let head = format!(
        "POST /webhooks/{name} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}\r\n"
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    answer(stream)
}

fn answer(mut stream: TcpStream) -> Option<(u16, String)> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some((answer.get(9..12)?.parse().ok()?, answer))
}

/// A delivery of MLflow about a version of a model.
pub(crate) fn alias(model: &str, version: usize) -> Vec<u8> {
    format!(
        r#"{{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {{"name": "{model}", "alias": "champion", "version": "{version}"}}}}"#
    )
    .into_bytes()
}

/// The text of the message for it.
pub(crate) fn alias_text(model: &str, version: usize) -> String {
    format!("{model}: champion is now version {version}")
}

/// When these tests began, in milliseconds: the same delivery has the same time.
pub(crate) static NOW: LazyLock<u128> =
    LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis());

/// A delivery of Databricks about a version of a model.
pub(crate) fn moved(model: &str, version: usize) -> Vec<u8> {
    moved_at(*NOW, model, version)
}

/// The same at a time in milliseconds.
pub(crate) fn moved_at(time: u128, model: &str, version: usize) -> Vec<u8> {
    format!(
        r#"{{"event": "MODEL_VERSION_TRANSITIONED_STAGE", "webhook_id": "w", "event_timestamp": {time}, "model_name": "{model}", "version": "{version}", "to_stage": "Production", "from_stage": "None", "text": ""}}"#
    )
    .into_bytes()
}

/// The text of the message for it.
pub(crate) fn moved_text(model: &str, version: usize) -> String {
    format!("{model} version {version} moved from None to Production")
}

pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    wait_at_most(Duration::from_secs(120), condition);
}

pub(crate) fn wait_at_most(time: Duration, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < time, "it does not come about");
        thread::sleep(Duration::from_millis(10));
    }
}
