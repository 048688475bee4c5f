//! Speaks to a workspace as clients do, and receives its deliveries.

use core::time::Duration;

use axum::{Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use verify_axum::{Delivery, Secret, Sender, Verifier, VerifyLayer};
use verify_toolkit::{
    Endpoint, WireRequest,
    emulator::{Databricks, Workspace},
};

pub(crate) const SECRET: &str = "the secret of the webhook";
pub(crate) const FAMILY: &str = "/api/2.0/mlflow/";
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn start(databricks: Databricks) -> Workspace {
    databricks.start("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// Status and JSON of a call.
pub(crate) async fn raw(
    workspace: &Workspace,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, Value) {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    let request = WireRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    let answer = Endpoint::new(workspace.url()).unwrap().send(&request, PATIENCE).await.unwrap();
    let json = serde_json::from_slice(&answer.body);
    (answer.status, json.unwrap_or_else(|_| panic!("{path}: {:?}", answer.body)))
}

/// The same, with the token, of a call below the newer paths.
pub(crate) async fn call(
    workspace: &Workspace,
    method: &str,
    path: &str,
    body: Value,
) -> (u16, Value) {
    let token = format!("Bearer {}", workspace.token().as_str());
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    raw(workspace, method, &format!("{FAMILY}{path}"), &[("authorization", &token)], &body).await
}

/// The answer of a call that has to succeed.
pub(crate) async fn ok(workspace: &Workspace, method: &str, path: &str, body: Value) -> Value {
    let (status, answer) = call(workspace, method, path, body).await;
    assert_eq!(status, 200, "{method} {path}: {answer}");
    answer
}

/// The code and message of a call that has to be refused.
pub(crate) async fn refused(
    workspace: &Workspace,
    method: &str,
    path: &str,
    body: Value,
) -> String {
    let (status, answer) = call(workspace, method, path, body).await;
    assert_ne!(status, 200, "{answer}");
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    format!("{status} {}: {}", text("error_code"), text("message"))
}

/// Makes a webhook, and returns its id.
pub(crate) async fn webhook(workspace: &Workspace, events: &[&str], more: Value) -> String {
    let mut body = json!({"events": events});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = ok(workspace, "POST", "registry-webhooks/create", body).await;
    answer["webhook"]["id"].as_str().unwrap().to_owned()
}

/// A receiver, which hands on what it verified and answers 202.
pub(crate) struct Receiver {
    pub(crate) url: String,
    bodies: mpsc::UnboundedReceiver<Value>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (sender, bodies) = mpsc::unbounded_channel();
        let verifier = Verifier::builder(Sender::DATABRICKS)
            .secret(Secret::new(SECRET).unwrap())
            .build()
            .unwrap();
        let take = async |State(bodies): State<mpsc::UnboundedSender<Value>>,
                          Delivery(verified): Delivery| {
            bodies.send(serde_json::from_slice(verified.body()).unwrap()).unwrap();
            (StatusCode::ACCEPTED, "taken")
        };
        let app = Router::new()
            .route("/hook", post(take).layer(VerifyLayer::new(verifier)))
            .with_state(sender);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, bodies }
    }

    /// What a webhook needs to deliver here.
    pub(crate) fn spec(&self) -> Value {
        json!({"http_url_spec": {"url": self.url, "secret": SECRET}})
    }

    /// The next delivery.
    pub(crate) async fn next(&mut self) -> Value {
        timeout(PATIENCE, self.bodies.recv()).await.expect("no delivery came").unwrap()
    }

    /// The names of the next events, sorted.
    pub(crate) async fn events(&mut self, count: usize) -> Vec<String> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(self.next().await["event"].as_str().unwrap().to_owned());
        }
        events.sort();
        events
    }

    /// Whether nothing more has come, once what is in flight has arrived.
    pub(crate) async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(300), self.bodies.recv()).await.is_err()
    }
}
