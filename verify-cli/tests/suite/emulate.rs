use core::time::Duration;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    thread,
};

use serde_json::{Value, json};

use super::support::{SECRET, file, receiver, verify};

/// A running `verify emulate databricks`; killed when the test ends.
struct Emulator {
    process: Child,
    greeting: String,
    address: String,
    token: String,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    fn start(options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_verify"))
            .args(["emulate", "databricks", "--listen", "127.0.0.1:0"])
            .args(options)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut greeting = String::new();
        while !greeting.contains("refuses private addresses") {
            assert_ne!(said.read_line(&mut greeting).unwrap(), 0, "{greeting}");
        }
        // Whatever is said afterwards.
        thread::spawn(move || said.read_to_end(&mut Vec::new()));
        let word = |before: &str| {
            let (_, rest) = greeting.split_once(before).unwrap();
            rest.split_whitespace().next().unwrap().to_owned()
        };
        let (address, token) = (word("DATABRICKS_HOST=http://"), word("DATABRICKS_TOKEN="));
        Self { process, greeting, address, token }
    }

    /// Status and JSON of a call.
    fn call(&self, token: &str, path: &str, body: &Value) -> (String, Value) {
        let body = body.to_string();
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            socket,
            "POST /api/2.0/mlflow/{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().to_owned();
        (status, serde_json::from_str(body).unwrap())
    }
}

#[test]
fn a_webhook_is_made_and_tested_and_the_lines_say_so() {
    let mut emulator = Emulator::start(&["--json"], &[]);
    assert!(emulator.token.starts_with("dapi"), "{}", emulator.greeting);
    let url = format!("http://{}/databricks", receiver());
    let spec =
        json!({"events": ["COMMENT_CREATED"], "http_url_spec": {"url": url, "secret": SECRET}});
    let (status, made) = emulator.call(&emulator.token, "registry-webhooks/create", &spec);
    assert_eq!(status, "200", "{made}");
    let id = json!({"id": made["webhook"]["id"]});
    let (_, tested) = emulator.call(&emulator.token, "registry-webhooks/test", &id);
    assert_eq!(tested["status_code"], 204, "{tested}");
    assert_eq!(emulator.call("another", "registry-webhooks/test", &id).0, "401");

    let lines = BufReader::new(emulator.process.stdout.take().unwrap()).lines().take(4);
    let lines: Vec<Value> =
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    let call = |path: &str, status: u16| json!({"call": {"method": "POST", "path": format!("/api/2.0/mlflow/registry-webhooks/{path}"), "status": status}});
    let delivery = json!({"delivery": {
        "webhook_id": made["webhook"]["id"], "event": "COMMENT_CREATED", "test": true, "status": 204,
        "error": null,
    }});
    assert_eq!(lines, [call("create", 200), delivery, call("test", 200), call("test", 401)]);
}

#[test]
fn a_token_from_a_variable_is_taken_and_not_printed() {
    let variables = [("MINE", "dapi-of-a-variable")];
    let emulator = Emulator::start(&["--token-env", "MINE"], &variables);
    assert!(!emulator.greeting.contains("dapi-of-a-variable"), "{}", emulator.greeting);
    assert_eq!(emulator.token, "\"$MINE\"");
    let name = json!({"name": "m"});
    assert_eq!(emulator.call("dapi-of-a-variable", "registered-models/create", &name).0, "200");
}

#[cfg(unix)]
#[test]
fn it_stops_when_it_is_told_to() {
    let mut emulator = Emulator::start(&[], &[]);
    let pid = emulator.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(emulator.process.wait().unwrap().code(), Some(0));
}

#[test]
fn what_keeps_it_from_starting_is_said_in_a_sentence() {
    let open = verify("emulate databricks --listen 0.0.0.0:0").run().failed();
    assert_eq!(
        open,
        "error: the address can be reached from other machines: the emulator has no TLS, so the token, \
         the secrets and the bodies would cross the network in the clear\n\n\
         hint: use `ssh -L` to reach it from elsewhere, or add `--dangerous-open`\n"
    );
    let unset =
        verify("emulate databricks --listen 127.0.0.1:0 --token-env NOT_SET").run().failed();
    assert!(unset.contains("NOT_SET"), "{unset}");
    let odd = verify("emulate databricks --listen 127.0.0.1:0 --token-env ODD").env("ODD", "a b");
    assert_eq!(
        odd.run().failed(),
        "error: ODD holds no token: 1 to 1024 visible ASCII characters\n"
    );
    let store = file("emulator-store.json", "not a store");
    let damaged =
        verify("emulate databricks --listen 127.0.0.1:0 --store").arg(&store).run().failed();
    assert_eq!(
        damaged,
        format!(
            "error: `{store}` is no store of the emulator and was left as it is: name another file\n"
        )
    );
    let taken = receiver().to_string();
    let taken = verify("emulate databricks --listen").arg(&taken).run().failed();
    assert!(taken.starts_with("error: cannot listen at the address: "), "{taken}");
    assert!(taken.contains("choose an address with `--listen`"), "{taken}");
}
