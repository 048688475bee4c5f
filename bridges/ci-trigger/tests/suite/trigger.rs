//! A trigger as a process.

use core::time::Duration;
use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::SystemTime,
};

use tempfile::TempDir;
use verify_toolkit::{Delivery, Endpoint, UnixTime};

use crate::service::Service;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The services, and the folder with settings and store.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) github: Service,
    pub(crate) databricks: Service,
    pub(crate) teams: Service,
}

impl World {
    /// Every movement starts `github.deploy`, `databricks.retrain` and `teams.models`, or those of them
    /// that are named.
    pub(crate) fn new(pipelines: &[&str]) -> Self {
        Self::with_store(pipelines, 1024)
    }

    /// The same with a store of so many MiB.
    pub(crate) fn with_store(pipelines: &[&str], mib: usize) -> Self {
        let (github, databricks, teams) =
            (Service::github(), Service::databricks(), Service::teams());
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            r#"listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
store.path = "{}"
store.max_mib = {mib}
senders.databricks.secret_env = "DATABRICKS_WEBHOOK_SECRET"
senders.mlflow.secret_env = "MLFLOW_WEBHOOK_SECRET"
senders.wandb.secret_env = "WANDB_WEBHOOK_SECRET"
[github.deploy]
repository = "acme/models"
event_type = "model-moved"
token_env = "GITHUB_TOKEN"
api = "{}"
[databricks.retrain]
workspace = "{}"
job_id = 7
token_env = "DATABRICKS_TOKEN"
parameters = ["model", "version", "target"]
[teams.models]
url_env = "TEAMS_URL"
[[routes]]
pipelines = {pipelines:?}
"#,
            folder.path().join("store.db").display(),
            github.url,
            databricks.url
        );
        fs::write(folder.path().join("settings.toml"), settings).unwrap();
        Self { folder, github, databricks, teams }
    }

    /// Lets movements of one model start something, and no others.
    pub(crate) fn only(&self, model: &str) {
        self.change(|settings| format!("{settings}models = [{model:?}]\n"));
    }

    /// Changes the settings.
    pub(crate) fn change(&self, change: impl FnOnce(String) -> String) {
        let path = self.folder.path().join("settings.toml");
        let settings = fs::read_to_string(&path).unwrap();
        fs::write(path, change(settings)).unwrap();
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ci-trigger"));
        command
            .args(words)
            .arg("--config")
            .arg(self.folder.path().join("settings.toml"))
            .env_clear()
            // Besides what is logged without it.
            .env("RUST_LOG", "verify=debug")
            .env("DATABRICKS_WEBHOOK_SECRET", "secret of databricks")
            .env("MLFLOW_WEBHOOK_SECRET", "secret of mlflow")
            .env("WANDB_WEBHOOK_SECRET", "secret of wandb")
            .env("GITHUB_TOKEN", "gh-token")
            .env("DATABRICKS_TOKEN", "dbx-token")
            .env("TEAMS_URL", format!("{}/hook", self.teams.url));
        command
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    pub(crate) fn run(&self, words: &[&str]) -> (Option<i32>, String, String) {
        finished(self.command(words).output().unwrap())
    }

    pub(crate) fn start(&self) -> Trigger {
        Trigger::start(self.command(&["serve"]))
    }
}

pub(crate) fn finished(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A trigger that runs; killed when the test ends.
pub(crate) struct Trigger {
    pub(crate) process: Child,
    address: String,
    pub(crate) admin: String,
    pub(crate) stdout: Receiver<String>,
    pub(crate) stderr: Receiver<String>,
}

impl Drop for Trigger {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Trigger {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(process.stdout.take().unwrap());
        let stderr = lines(process.stderr.take().unwrap());
        let mut admin = String::new();
        let address = loop {
            let line = stderr.recv_timeout(PATIENCE).unwrap();
            if let Some(rest) = line.strip_prefix("admin on ") {
                admin = rest.split("/metrics").next().unwrap().to_owned();
            }
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.to_owned();
            }
        };
        Self { process, address, admin, stdout, stderr }
    }

    /// Sends a delivery with the secret of its sender, and returns the status.
    pub(crate) async fn deliver(&self, sender: &str, delivery: Delivery) -> io::Result<u16> {
        self.deliver_signed_with(&format!("secret of {sender}"), sender, delivery).await
    }

    pub(crate) async fn deliver_signed_with(
        &self,
        secret: &str,
        sender: &str,
        delivery: Delivery,
    ) -> io::Result<u16> {
        Ok(self.deliver_times(1, secret, sender, delivery).await?[0])
    }

    /// Sends the same bytes again, as a sender does that did not hear the answer.
    pub(crate) async fn deliver_twice(
        &self,
        sender: &str,
        delivery: Delivery,
    ) -> io::Result<Vec<u16>> {
        self.deliver_times(2, &format!("secret of {sender}"), sender, delivery).await
    }

    /// Tells it that an alias moved, by a delivery that was signed so many seconds ago. Returns how long
    /// it is to wait before it is sent again, or the status.
    pub(crate) async fn try_signed_ago(&self, ago: u64) -> Result<u64, u16> {
        let path = "/webhooks/mlflow";
        let endpoint = Endpoint::new(&format!("{}{path}", self.address)).unwrap();
        let time = UnixTime::try_from(SystemTime::now() - Duration::from_secs(ago)).unwrap();
        let request = alias("fraud", 1).with_path(path).sign("secret of mlflow", time).unwrap();
        let answer = endpoint.send(&request, PATIENCE).await.unwrap();
        let wait = answer.headers.iter().find(|(name, _)| name == "retry-after");
        let (_, wait) = wait.ok_or(answer.status)?;
        assert_eq!(answer.status, 503);
        Ok(core::str::from_utf8(wait).unwrap().parse().unwrap())
    }

    async fn deliver_times(
        &self,
        times: usize,
        secret: &str,
        sender: &str,
        delivery: Delivery,
    ) -> io::Result<Vec<u16>> {
        let path = format!("/webhooks/{sender}");
        let endpoint = Endpoint::new(&format!("{}{path}", self.address)).unwrap();
        let now = UnixTime::try_from(SystemTime::now()).unwrap();
        let request = delivery.with_path(path).sign(secret, now).unwrap();
        let mut statuses = Vec::new();
        for _ in 0..times {
            statuses.push(endpoint.send(&request, PATIENCE).await?.status);
        }
        Ok(statuses)
    }

    /// Tells it that an alias of a model moved to a version.
    pub(crate) async fn move_alias(&self, model: &str, version: usize) -> io::Result<u16> {
        self.deliver("mlflow", alias(model, version)).await
    }

    /// Where deliveries go.
    pub(crate) fn address(&self) -> &str {
        self.address.strip_prefix("http://").unwrap()
    }

    /// Connects.
    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect(self.address())
    }

    /// Sends half of a forged delivery. Nobody needs a secret to do so.
    pub(crate) fn begin(&self) -> TcpStream {
        let mut stream = self.connect().unwrap();
        let signature = "0".repeat(64);
        let head = format!(
            "POST /webhooks/databricks HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\
             expect: 100-continue\r\nx-databricks-signature: {signature}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut interim).unwrap();
        stream
    }

    /// Ends it once what it began is written down: whoever kills it may see it begin the same again.
    pub(crate) fn finish(mut self) {
        self.signal("TERM");
        assert!(self.process.wait().unwrap().success());
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

/// An alias of a model of this name that moved to a version.
pub(crate) fn alias(model: &str, version: usize) -> Delivery {
    Delivery::mlflow(format!(
        r#"{{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {{"name": "{model}", "alias": "champion", "version": "{version}"}}}}"#
    ))
}
