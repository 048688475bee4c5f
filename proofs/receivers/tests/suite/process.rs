//! A receiver as a process: its settings, its output, its end, and its memory under attack. Each test is run on both:
//! see `main.rs`.

use core::time::Duration;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::JoinHandle,
    time::SystemTime,
};

use serde_json::{Value, json};
use verify_core::{Secret, Sender, Signer, UnixTime};

/// A receiver on a port of its own; killed when the test ends.
pub(crate) struct Receiver {
    pub(crate) process: Child,
    /// What it said before it listened.
    pub(crate) greeting: String,
    pub(crate) address: String,
    stdout: Option<BufReader<ChildStdout>>,
    /// All that it said on standard error.
    said: Option<JoinHandle<String>>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One of the receivers.
pub(crate) struct Program {
    pub(crate) path: &'static str,
    /// MiB of resident memory under attack: the budget of 64, and the read buffers of the connections.
    pub(crate) peak: usize,
}

impl Program {
    fn command(&self, settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(self.path);
        command.env_clear().env("LISTEN_ADDR", "127.0.0.1:0").envs(settings.iter().copied());
        command
    }

    pub(crate) fn start(&self, settings: &[(&str, &str)]) -> Receiver {
        self.start_with_output(settings, Stdio::piped())
    }

    pub(crate) fn start_with_output(&self, settings: &[(&str, &str)], output: Stdio) -> Receiver {
        let mut command = self.command(settings);
        let mut process = command.stdout(output).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = process.stdout.take().map(BufReader::new);
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut greeting = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it stopped: {greeting}");
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.split(';').next().unwrap().to_owned();
            }
            greeting += &line;
        };
        // Else it would block once the pipe is full.
        let so_far = greeting.clone();
        let said = Some(std::thread::spawn(move || {
            let mut said = so_far;
            let _ = stderr.read_to_string(&mut said);
            said
        }));
        Receiver { process, greeting, address, stdout, said }
    }

    pub(crate) fn refuse_to_start(&self, settings: &[(&str, &str)]) -> String {
        let Output { status, stdout, stderr } = self.command(settings).output().unwrap();
        assert_eq!((status.code(), stdout.as_slice()), (Some(2), &b""[..]));
        String::from_utf8(stderr).unwrap()
    }
}

impl Receiver {
    /// Kills it, and returns all that it said on standard error.
    pub(crate) fn end(mut self) -> String {
        let _ = self.process.kill();
        self.said.take().unwrap().join().unwrap()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Posts and returns the status.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, String)], body: &[u8]) -> u16 {
        let mut stream = self.connect();
        stream.write_all(head(path, headers, body.len()).as_bytes()).unwrap();
        // A refusal may come before the body is sent.
        let _ = stream.write_all(body);
        status(stream)
    }

    /// Sends the head of a request with two bytes of body, and waits until those are awaited.
    #[cfg(unix)]
    fn begin(&self, path: &str, mut headers: Vec<(&'static str, String)>) -> TcpStream {
        headers.push(("expect", "100-continue".to_owned()));
        let mut stream = self.connect();
        stream.write_all(head(path, &headers, 2).as_bytes()).unwrap();
        let mut response = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut response).unwrap();
        assert!(response.starts_with(b"HTTP/1.1 100 "));
        stream
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -s {name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Whether it ends within a minute, and says that all is well.
    #[cfg(unix)]
    fn ends_well(&mut self) -> bool {
        let begun = std::time::Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }

    pub(crate) fn line(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

pub(crate) fn head(path: &str, headers: &[(&str, String)], length: usize) -> String {
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n{headers}\r\n")
}

fn status(mut stream: TcpStream) -> u16 {
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).expect("a status line");
    core::str::from_utf8(&head[9..]).unwrap().parse().unwrap()
}

pub(crate) fn signed(sender: Sender, secret: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let signer = Signer::new(sender, Secret::new(secret).unwrap()).unwrap();
    let now = UnixTime::try_from(SystemTime::now()).unwrap();
    let headers = signer.sign(now, "an-id", body).unwrap();
    headers.iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// Splits a line as a shell does, as far as the printed lines need it: spaces and single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.split('\'').enumerate() {
        let mut pieces = if index % 2 == 1 { vec![part] } else { part.split(' ').collect() };
        words.last_mut().unwrap().push_str(pieces.remove(0));
        words.extend(pieces.into_iter().map(str::to_owned));
    }
    words
}

impl Receiver {
    /// Does what one of the printed `curl` lines would do. (`.ci/try-receiver` pastes them.)
    fn paste(&self, line: &str) -> u16 {
        let words = words(line);
        let path = words[1].strip_prefix(&format!("http://{}", self.address)).unwrap();
        let after = |flag: &str| {
            let pairs = words.windows(2).filter(move |pair| pair[0] == flag);
            pairs.map(|pair| pair[1].clone()).collect::<Vec<_>>()
        };
        let headers = after("-H");
        let headers: Vec<_> = headers
            .iter()
            .map(|header| header.split_once(": ").unwrap())
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        self.post(path, &headers, after("--data-binary")[0].as_bytes())
    }
}

pub(crate) fn the_pasted_curl_lines_answer_204_and_401(program: &Program) {
    let mut receiver = program.start(&[]);
    assert!(
        receiver.greeting.starts_with("No secret is set, so each sender has one for this run.")
    );
    let lines = receiver.greeting.lines().filter(|line| line.starts_with("curl -i "));
    let statuses: Vec<_> = lines.map(|line| receiver.paste(&line.replace(" -i", ""))).collect();
    assert_eq!(statuses, [204, 401].repeat(Sender::ALL.len()));
    let printed = Sender::ALL.iter().map(|_| receiver.line()["sender"].as_str().map(str::to_owned));
    let expected = Sender::ALL.iter().map(|sender| Some(sender.name().to_owned()));
    assert_eq!(printed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

pub(crate) fn a_verified_delivery_is_one_line_without_body_or_secret(program: &Program) {
    let mut receiver = program.start(&[
        ("MLFLOW_WEBHOOK_SECRET", "the new one"),
        ("MLFLOW_WEBHOOK_SECRET_PREVIOUS", "the old one"),
    ]);
    assert_eq!(receiver.greeting, "POST /webhooks/mlflow is guarded\n");
    let body = br#"{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-21T19:41:41+00:00", "data": {"name": "fraud-detector", "alias": "champion", "version": "3"}}"#;
    let post = |secret, body: &[u8]| {
        receiver.post("/webhooks/mlflow", &signed(Sender::MLFLOW, secret, body), body)
    };
    assert_eq!(post("the new one", body), 204);
    assert_eq!(post("the old one", b"{}"), 204);
    assert_eq!(post("another", body), 401);
    let expected = json!({
        "sender": "mlflow", "delivery_id": "an-id", "secret": "current", "bytes": body.len(),
        "event": "model_version_alias.created", "model": "fraud-detector", "alias": "champion",
        "version": "3",
    });
    assert_eq!(receiver.line(), expected);
    let expected = json!({
        "sender": "mlflow", "delivery_id": "an-id", "secret": "previous", "bytes": 2,
        "unreadable": "`entity`: missing",
    });
    assert_eq!(receiver.line(), expected);
    // Senders without a secret have no route.
    assert_eq!(receiver.post("/webhooks/wandb", &[], b"{}"), 404);
}

#[cfg(target_os = "linux")]
pub(crate) fn a_line_that_cannot_be_written_is_a_503(program: &Program) {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let receiver = program.start_with_output(&[("WANDB_WEBHOOK_SECRET", "shared")], full.into());
    let post =
        |secret| receiver.post("/webhooks/wandb", &signed(Sender::WANDB, secret, b"{}"), b"{}");
    assert_eq!(["shared", "another"].map(post), [503, 401]);
}

pub(crate) fn a_token_is_needed_where_one_is_set(program: &Program) {
    let receiver = program.start(&[
        ("DATABRICKS_WEBHOOK_SECRET", "shared"),
        ("DATABRICKS_WEBHOOK_TOKEN", "new-token"),
        ("DATABRICKS_WEBHOOK_TOKEN_PREVIOUS", "old-token"),
    ]);
    let post = |token: Option<&str>| {
        let mut headers = signed(Sender::DATABRICKS, "shared", b"{}");
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        receiver.post("/webhooks/databricks", &headers, b"{}")
    };
    assert_eq!(
        [Some("new-token"), Some("old-token"), Some("x"), None].map(post),
        [204, 204, 401, 401]
    );
}

pub(crate) fn health_needs_no_signature(program: &Program) {
    let receiver = program.start(&[]);
    let mut stream = receiver.connect();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 200 ") && response.ends_with("ok\n"), "{response}");
}

pub(crate) fn bad_settings_stop_it_with_a_clear_message(program: &Program) {
    for (settings, message) in [
        (
            &[("DATABRICKS_WEBHOOK_SECRET", "")][..],
            "DATABRICKS_WEBHOOK_SECRET (current): `secret` is empty; unset it to do without",
        ),
        (
            &[("WANDB_WEBHOOK_SECRET", "x"), ("WANDB_WEBHOOK_SECRET_PREVIOUS", "")],
            "WANDB_WEBHOOK_SECRET (previous): `secret` is empty; unset it to do without",
        ),
        (
            &[("WANDB_WEBHOOK_SECRET", "x"), ("WANDB_WEBHOOK_TOKEN", "Bearer abc")],
            "WANDB_WEBHOOK_...: `bearer` is not a token: visible ASCII characters, without the word \
             `Bearer`",
        ),
        (
            &[("WANDB_WEBHOOK_TOKEN", "x")],
            "WANDB_WEBHOOK_TOKEN is set, but WANDB_WEBHOOK_SECRET is not",
        ),
        (
            &[("MLFLOW_WEBHOOK_SECRET_PREVIOUS", "x")],
            "MLFLOW_WEBHOOK_SECRET_PREVIOUS is set, but MLFLOW_WEBHOOK_SECRET is not",
        ),
        (
            &[("MLFLOW_WEBHOOK_SECRET", "x"), ("MLFLOW_WEBHOOK_SECRET_PREVIOUS", "x")],
            "MLFLOW_WEBHOOK_SECRET_PREVIOUS is the same as MLFLOW_WEBHOOK_SECRET",
        ),
        (
            &[("MLFLOW_WEBHOOK_SECRET", "x"), ("MLFLOW_WEBHOOK_TOKEN", "x")],
            "MLFLOW_WEBHOOK_TOKEN: mlflow sends no bearer token",
        ),
        (
            &[("LISTEN_ADDR", "nonsense")],
            "LISTEN_ADDR: cannot listen on `nonsense`, such as `127.0.0.1:8080`: invalid socket \
             address",
        ),
        (
            &[("MLFLOW_WEBHOOK_SECRET", "x"), ("WANDB_WEBHOOK_SECRET", "x")],
            "WANDB_WEBHOOK_SECRET: another sender has the same secret",
        ),
        (
            &[("LISTEN_ADDR", "0.0.0.0:0")],
            "no secret is set, and a try-out listens on a loopback address only",
        ),
    ] {
        assert_eq!(program.refuse_to_start(settings), format!("receiver: {message}\n"));
    }
    let misspelt = program.refuse_to_start(&[("MLFLOW_WEBHOOK_SECRETS", "x")]);
    assert!(
        misspelt.starts_with("receiver: MLFLOW_WEBHOOK_SECRETS: no such setting"),
        "{misspelt}"
    );
}

pub(crate) fn white_space_in_a_secret_is_pointed_out(program: &Program) {
    let receiver = program.start(&[("MLFLOW_WEBHOOK_SECRET", "shared\n")]);
    let warning = "MLFLOW_WEBHOOK_SECRET (current) begins or ends with white space, which counts\n";
    assert!(receiver.greeting.starts_with(warning), "{}", receiver.greeting);
    let status =
        |secret| receiver.post("/webhooks/mlflow", &signed(Sender::MLFLOW, secret, b"{}"), b"{}");
    assert_eq!(["shared\n", "shared"].map(status), [204, 401]);
}

pub(crate) fn a_client_that_has_said_all_it_has_to_say_gets_its_answer(program: &Program) {
    let receiver = program.start(&[("DATABRICKS_WEBHOOK_SECRET", "shared")]);
    let headers = signed(Sender::DATABRICKS, "shared", b"{}");
    for _ in 0..50 {
        let mut stream = receiver.connect();
        let request = head("/webhooks/databricks", &headers, 2) + "{}";
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(status(stream), 204);
    }
}

#[cfg(unix)]
pub(crate) fn a_signal_is_heeded_as_soon_as_it_says_that_it_listens(program: &Program) {
    for _ in 0..50 {
        let mut receiver = program.start(&[("DATABRICKS_WEBHOOK_SECRET", "shared")]);
        receiver.signal("TERM");
        assert!(receiver.ends_well());
    }
}

#[cfg(unix)]
pub(crate) fn a_second_signal_does_not_wait_for_anyone(program: &Program) {
    let mut receiver = program.start(&[("DATABRICKS_WEBHOOK_SECRET", "shared")]);
    let forged = vec![("x-databricks-signature", "0".repeat(64))];
    let mut stream = receiver.begin("/webhooks/databricks", forged);
    receiver.signal("TERM");
    while TcpStream::connect(&receiver.address).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(receiver.process.try_wait().unwrap().is_none(), "it waits for the first client");
    receiver.signal("TERM");
    assert!(receiver.ends_well());
    // Still open: nobody waited for it to time out.
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(!matches!(stream.read(&mut [0; 12]), Ok(12)), "the first client was answered");
}

#[cfg(unix)]
pub(crate) fn sigterm_and_ctrl_c_finish_what_is_in_flight(program: &Program) {
    for signal in ["TERM", "INT"] {
        let mut receiver = program.start(&[("DATABRICKS_WEBHOOK_SECRET", "shared")]);
        let headers = signed(Sender::DATABRICKS, "shared", b"{}");
        let mut stream = receiver.begin("/webhooks/databricks", headers);
        receiver.signal(signal);
        // Once it refuses connections, it is stopping.
        while TcpStream::connect(&receiver.address).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
        stream.write_all(b"{}").unwrap();
        assert_eq!(status(stream), 204);
        assert!(receiver.ends_well());
    }
}

#[cfg(target_os = "linux")]
pub(crate) fn forged_bodies_held_open_leave_memory_bounded_and_good_deliveries_answered(
    program: &Program,
) {
    let receiver = program.start(&[("MLFLOW_WEBHOOK_SECRET", "shared")]);
    let body = vec![b'x'; 3_000_000];
    // Each sends all but the last byte, and waits.
    let forged = head("/webhooks/mlflow", &signed(Sender::MLFLOW, "wrong", &body), body.len());
    let forged = [forged.as_bytes(), &body[1..]].concat();
    let mut held: Vec<_> = (0..200).map(|_| (receiver.connect(), 0)).collect();
    held.iter().for_each(|(stream, _)| stream.set_nonblocking(true).unwrap());
    while held.iter().any(|(_, sent)| *sent < forged.len()) {
        for (stream, sent) in &mut held {
            let piece = &forged[*sent..forged.len().min(*sent + 100_000)];
            match stream.write(piece) {
                Ok(written) => *sent += written,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                // Refused, because others came later.
                Err(_) => *sent = forged.len(),
            }
        }
        // Good deliveries, small and large, all the while.
        for body in [&b"{}"[..], &body[..2_400_255]] {
            let headers = signed(Sender::MLFLOW, "shared", body);
            assert_eq!(receiver.post("/webhooks/mlflow", &headers, body), 204);
        }
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", receiver.process.id()));
    let status = status.unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    println!("peak of resident memory: {peak} KiB");
    assert!(peak < program.peak * 1024, "{peak} KiB");
}
