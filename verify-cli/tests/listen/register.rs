//! A webhook that is there as long as it runs: at an emulated workspace, and at what answers as MLflow does.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex, OnceLock, mpsc},
    thread::{self, JoinHandle},
};

use serde_json::{Value, json};
use tempfile::tempdir;
use tokio::runtime::Runtime;
use verify_toolkit::{WireRequest, emulator};

use crate::process::{Listen, command, exchange};

/// A public URL that leads to `verify listen`, once it is known where that is.
struct Tunnel {
    url: String,
    end: Arc<OnceLock<String>>,
}

impl Tunnel {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let end = Arc::<OnceLock<String>>::default();
        let known = Arc::clone(&end);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, known) = (client.unwrap(), Arc::clone(&known));
                thread::spawn(move || {
                    let server = TcpStream::connect(known.wait()).unwrap();
                    let (mut up, mut down) = (client.try_clone().unwrap(), client);
                    let (mut out, mut back) = (server.try_clone().unwrap(), server);
                    thread::spawn(move || std::io::copy(&mut up, &mut out));
                    let _ = std::io::copy(&mut back, &mut down);
                    let _ = down.shutdown(std::net::Shutdown::Both);
                });
            }
        });
        Self { url, end }
    }

    /// Starts `verify listen` at its end.
    fn listen(&self, options: &str, settings: &[(&str, &str)]) -> Listen {
        let folder = tempdir().unwrap();
        let options = format!("--url {} {options}", self.url);
        let options: Vec<_> = options.split(' ').collect();
        let listen = Listen::start_with(&folder.path().join("store"), &options, settings);
        let _ = self.end.set(listen.address.clone());
        listen
    }
}

/// An emulated workspace. It ends some time after the sender is dropped.
struct Workspace {
    host: String,
    token: String,
    end: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Workspace {
    fn start() -> Self {
        let (sender, started) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            let workspace =
                runtime.block_on(emulator::Databricks::new().start(([127, 0, 0, 1], 0).into()));
            let workspace = workspace.unwrap();
            let found = (workspace.url().to_owned(), workspace.token().as_str().to_owned());
            sender.send(found).unwrap();
            let _ = ended.recv();
            runtime.block_on(workspace.stop());
        });
        let (host, token) = started.recv().unwrap();
        Self { host, token, end, thread }
    }

    /// Nobody listens there any more.
    fn end(self) {
        drop(self.end);
        self.thread.join().unwrap();
    }

    fn settings(&self) -> [(&str, &str); 3] {
        // What listens must not take this one.
        let unused = ("DATABRICKS_WEBHOOK_SECRET", "another secret");
        [("DATABRICKS_HOST", &self.host), ("DATABRICKS_TOKEN", &self.token), unused]
    }

    fn call(&self, method: &str, call: &str, body: &Value) -> Value {
        let request = WireRequest {
            method: method.to_owned(),
            path: format!("/api/2.0/mlflow/{call}"),
            headers: vec![("authorization".to_owned(), format!("Bearer {}", self.token).into())],
            body: body.to_string().into_bytes(),
        };
        let address = self.host.trim_start_matches("http://");
        serde_json::from_slice(&exchange(address, &request.to_http(address)).body).unwrap()
    }

    fn webhooks(&self) -> Vec<Value> {
        let list = self.call("GET", "registry-webhooks/list", &json!({}));
        list["webhooks"].as_array().cloned().unwrap_or_default()
    }
}

fn stop(listen: &Listen, signal: &str) {
    Command::new("kill").args([signal, &listen.id().to_string()]).status().unwrap();
}

/// 64 hexadecimal digits in a row are a secret that was made for it.
fn has_secret(text: &str) -> bool {
    text.as_bytes().windows(64).any(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[test]
fn a_webhook_is_there_as_long_as_it_runs() {
    let workspace = Workspace::start();
    for signal in ["-INT", "-TERM"] {
        let tunnel = Tunnel::start();
        let listen = tunnel.listen("--register databricks try-out", &workspace.settings());
        assert!(!listen.greeting.contains("verify send"), "{}", listen.greeting);
        let said = listen.said("the sender's test delivery came through");
        let [webhook] = &workspace.webhooks()[..] else { panic!("not one webhook") };
        let id = webhook["id"].as_str().unwrap();
        let url = format!("{}/webhooks/databricks", tunnel.url);
        assert_eq!(webhook["http_url_spec"]["url"], url);
        assert_eq!(webhook["events"].as_array().unwrap().len(), 12);
        for text in [
            format!("webhook {id} of {} sends 12 events to {url}\n", workspace.host),
            format!("  verify webhooks delete databricks {id} --yes\n"),
            r#""secret":"[redacted]""#.to_owned(),
        ] {
            assert!(said.contains(&text), "{text} is not in {said}");
        }
        assert!(!has_secret(&said) && !said.contains(&workspace.token), "{said}");
        // The test, and what happens.
        assert!(listen.line().contains("  verified  databricks "));
        let model = format!("model{signal}");
        workspace.call("POST", "registered-models/create", &json!({ "name": model }));
        let line = listen.line();
        assert!(line.contains("  verified  databricks  REGISTERED_MODEL_CREATED"), "{line}");

        stop(&listen, signal);
        listen.said(&format!("webhook {id} is deleted\n"));
        assert_eq!(listen.wait(), Some(0));
        assert_eq!(workspace.webhooks(), [] as [Value; 0]);
    }
}

#[test]
fn events_the_model_and_the_secret_are_chosen() {
    let workspace = Workspace::start();
    workspace.call("POST", "registered-models/create", &json!({"name": "fraud"}));
    let tunnel = Tunnel::start();
    let settings = [&workspace.settings()[..], &[("S", "of mine"), ("T", "t0ken")]].concat();
    let options = "--register databricks a --model fraud --secret-env databricks=S --token-env \
                   databricks=T --json";
    let listen = tunnel.listen(options, &settings);
    let registered: Value = serde_json::from_str(&listen.line()).unwrap();
    let [webhook] = &workspace.webhooks()[..] else { panic!("not one webhook") };
    assert_eq!(registered["registered"]["id"], webhook["id"]);
    assert_eq!(webhook["model_name"], "fraud");
    // All but the one that no model can have.
    assert_eq!(webhook["events"].as_array().unwrap().len(), 11);
    listen.said("came through");
    let delivery: Value = serde_json::from_str(&listen.line()).unwrap();
    assert_eq!(delivery["verdict"]["is"], "verified", "{delivery}");
    stop(&listen, "-INT");
    let deleted: Value = serde_json::from_str(&listen.line()).unwrap();
    assert_eq!(deleted, json!({ "deleted": webhook["id"] }));
    assert_eq!(listen.wait(), Some(0));

    let tunnel = Tunnel::start();
    let listen = tunnel.listen(
        "--register databricks a --event comment_created --event MODEL_VERSION_CREATED",
        &workspace.settings(),
    );
    assert!(listen.said("came through").contains(" sends 2 events to "));
}

#[test]
fn what_a_crash_left_behind_is_deleted_by_the_next_start() {
    let workspace = Workspace::start();
    let tunnel = Tunnel::start();
    let listen = tunnel.listen("--register databricks a", &workspace.settings());
    listen.said("came through");
    listen.kill();
    let [left] = &workspace.webhooks()[..] else { panic!("not one webhook") };
    let id = left["id"].as_str().unwrap();

    // Somebody else may use the same name, with another URL.
    let other = Tunnel::start();
    let second = other.listen("--register databricks a", &workspace.settings());
    let said = second.said("came through");
    assert!(said.contains(&format!("webhook {id} has this name and another URL")), "{said}");
    assert_eq!(workspace.webhooks().len(), 2);

    let again = Tunnel { url: tunnel.url.clone(), end: Arc::default() };
    let third = again.listen("--register databricks a", &workspace.settings());
    let said = third.said("it is deleted when this ends");
    let deleted = format!("webhook {id}, which an earlier run left behind, is deleted\n");
    assert!(said.contains(&deleted), "{said}");
    assert_eq!(workspace.webhooks().len(), 2);
}

#[test]
fn a_webhook_that_cannot_be_deleted_is_named() {
    let workspace = Workspace::start();
    let tunnel = Tunnel::start();
    let mut listen = tunnel.listen("--register databricks a", &workspace.settings());
    listen.said("came through");
    let id = workspace.webhooks()[0]["id"].as_str().unwrap().to_owned();
    workspace.end();
    stop(&listen, "-TERM");
    assert_eq!(listen.ended(), Some(2));
    let said = listen.said("hint: ");
    let error = format!("error: webhook {id} could not be deleted, and still delivers: http://");
    assert!(said.contains(&error), "{said}");
    let hint =
        format!("hint: delete it later:\n    verify webhooks delete databricks {id} --yes\n");
    assert!(said.contains(&hint), "{said}");
}

/// What answers as MLflow does, and keeps what it was asked.
fn mlflow(delete: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let keeping = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let body = loop {
                let mut more = [0; 4096];
                let read = stream.read(&mut more).unwrap();
                request.extend_from_slice(&more[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.split("content-length: ").nth(1);
                let length = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
                if body.len() >= length || read == 0 {
                    break body.to_owned();
                }
            };
            let line = String::from_utf8_lossy(&request).lines().next().unwrap().to_owned();
            keeping.lock().unwrap().push(format!("{line} {body}"));
            let webhook = || {
                let mut webhook: Value = serde_json::from_str(&body).unwrap();
                webhook["webhook_id"] = "w1".into();
                webhook.as_object_mut().unwrap().remove("secret");
                json!({ "webhook": webhook })
            };
            let (status, answer) = match line.split(' ').next().unwrap() {
                "GET" => ("200", json!({})),
                "DELETE" => (delete, json!({"error_code": "RESOURCE_DOES_NOT_EXIST"})),
                _ if line.contains("/test ") => (
                    "200",
                    json!({"result": {"success": false,
                    "response_status": 502, "response_body": "Bad Gateway"}}),
                ),
                _ => ("200", webhook()),
            };
            let answer = answer.to_string();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                answer.len()
            );
            let _ = stream.write_all(format!("{head}{answer}").as_bytes());
        }
    });
    (url, asked)
}

#[test]
fn mlflow_gets_a_name_and_a_tunnel_that_is_down_is_said_so() {
    // Deleted by it, or by somebody else before.
    for delete in ["200", "404"] {
        let (url, asked) = mlflow(delete);
        let tunnel = Tunnel::start();
        let settings = [("MLFLOW_TRACKING_URI", &*url), ("MLFLOW_TRACKING_TOKEN", "a-t0ken")];
        let listen = tunnel.listen("--register mlflow try-out", &settings);
        let said = listen.said("is the tunnel up");
        assert!(said.contains("was not accepted: the receiver answered 502\n"), "{said}");
        assert!(said.contains(&format!("lead to http://{}?", listen.address)), "{said}");
        let made = asked.lock().unwrap()[1].clone();
        let made: Value = serde_json::from_str(made.split_once("1.1 ").unwrap().1).unwrap();
        assert_eq!(
            (&made["name"], made["secret"].as_str().unwrap().len()),
            (&json!("try-out"), 64)
        );
        assert_eq!(made["events"].as_array().unwrap().len(), 15);
        assert!(!has_secret(&said) && !said.contains("a-t0ken"), "{said}");
        stop(&listen, "-INT");
        assert_eq!(listen.wait(), Some(0));
        let last = asked.lock().unwrap().last().unwrap().clone();
        assert!(last.starts_with("DELETE /api/2.0/mlflow/webhooks/w1 "), "{last}");
    }
}

#[test]
fn what_cannot_be_registered_is_refused_before_anything_is_made() {
    let (url, asked) = mlflow("200");
    let folder = tempdir().unwrap();
    for (options, error) in [
        ("--register mlflow", "required arguments were not provided"),
        ("--register mlflow a", "--url <URL>"),
        ("--event prompt.created", "--register <SENDER>"),
        ("--profile p", "--register <SENDER>"),
        ("--register wandb a --url https://a.example", "invalid value 'wandb'"),
        (
            "--register mlflow a --url https://a.example --event prompt.moved",
            "this sender has no event `prompt.moved`",
        ),
        ("--register mlflow a --url a.example", "the URL is not one with `http://`"),
        ("--register mlflow a --url https://a.example --model m", "leave `--model` out"),
        (
            "--register mlflow a --url https://a.example --token-env mlflow=T --secret-env mlflow=T",
            "MLflow sends no `Authorization`",
        ),
    ] {
        let options: Vec<_> = options.split(' ').collect();
        let mut command = command(&folder.path().join("store"), &options);
        let output = command.env("MLFLOW_TRACKING_URI", &url).env("T", "t0ken").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(error), "{error} is not in {said}");
    }
    assert!(asked.lock().unwrap().iter().all(|line| line.starts_with("GET ")));
}
