//! A receiver as a process, on a port of its own.

use core::time::Duration;
use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver as Lines},
    thread,
};

use serde_json::Value;
use tempfile::TempDir;
use verify_toolkit::{SecretEncoding, Sender};

/// How long a test waits for what must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Tenants `acme` and `globex`, with a secret for every sender.
pub(crate) const TENANTS: &str = r#"
[acme]
databricks.secret = "acme-databricks"
mlflow = { secret = "acme-mlflow", previous = "acme-mlflow-before" }
standard-webhooks.secret = "whsec_YWNtZS1zdGFuZGFyZC13ZWJob29rcw=="
wandb.secret = "acme-wandb"

[globex]
databricks.secret = "globex-databricks"
mlflow.secret = "globex-mlflow"
standard-webhooks.secret = "whsec_Z2xvYmV4LXN0YW5kYXJkLXdlYmhvb2tz"
wandb.secret = "globex-wandb"
"#;

/// The secret that a tenant of [`TENANTS`] has for a sender.
pub(crate) fn secret(tenant: &str, sender: &Sender) -> String {
    let text = format!("{tenant}-{}", sender.name());
    match sender.secret_encoding() {
        SecretEncoding::Verbatim => text,
        encoding => encoding.write(text.as_bytes()),
    }
}

/// The files that a receiver reads.
pub(crate) struct Files(TempDir);

impl Files {
    /// Writes them, with a new certificate.
    pub(crate) fn new(tenants: &str) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.write_tenants(tenants);
        files.write_certificate();
        files
    }

    pub(crate) fn write_tenants(&self, tenants: &str) {
        fs::write(self.path("tenants.toml"), tenants).unwrap();
    }

    /// Makes a certificate, which is an authority of its own, and writes it with its key.
    pub(crate) fn write_certificate(&self) {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(self.path("certificate.pem"), made.cert.pem()).unwrap();
        fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    /// The certificate in PEM, for clients to trust.
    pub(crate) fn certificate(&self) -> Vec<u8> {
        fs::read(self.path("certificate.pem")).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hyper-receiver"));
        command
            .env_clear()
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("TENANTS_FILE", self.path("tenants.toml"))
            .env("TLS_CERTIFICATE_FILE", self.path("certificate.pem"))
            .env("TLS_KEY_FILE", self.path("key.pem"));
        command
    }
}

/// A receiver; killed when the test ends.
pub(crate) struct Receiver {
    pub(crate) files: Files,
    pub(crate) process: Child,
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    stdout: Lines<String>,
    stderr: Lines<String>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more settings.
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let files = Files::new(TENANTS);
        let mut command = files.command();
        command.envs(settings.iter().copied());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(process.stdout.take().unwrap());
        let stderr = lines(process.stderr.take().unwrap());
        let address = loop {
            let line = stderr.recv_timeout(PATIENCE).unwrap();
            if let Some(address) = line.strip_prefix("listening on https://") {
                break address.split(';').next().unwrap().to_owned();
            }
        };
        Self { files, process, address, stdout, stderr }
    }

    /// Waits for the line of a delivery.
    pub(crate) fn line(&self) -> Value {
        serde_json::from_str(&self.stdout.recv_timeout(PATIENCE).unwrap()).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// The peak of its resident memory so far, in KiB.
    pub(crate) fn peak(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Has it read its files, and returns what it said about them.
    pub(crate) fn reload(&self) -> String {
        self.signal("HUP");
        let said = self.stderr.recv_timeout(PATIENCE).unwrap();
        assert!(said.contains("reloaded"), "{said}");
        said
    }
}

fn lines(pipe: impl Read + Send + 'static) -> Lines<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}
