//! Services on the web, as they document themselves.

use core::time::Duration;
use std::{
    collections::{HashMap, VecDeque},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use serde_json::{Value, json};

/// A service on a port of its own.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// What was taken, and when.
    taken: Vec<(Instant, Value)>,
    /// What goes wrong with the next requests.
    troubles: VecDeque<Trouble>,
    /// Databricks: the runs by their tokens.
    runs: HashMap<String, u64>,
}

/// What goes wrong with a request.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// It is answered so, and not taken: status, headers, body.
    Answer(u16, String, &'static str),
    /// It is taken, and answered late.
    Late(Duration),
    /// It is taken, and the connection ends without an answer.
    Lost,
    /// It is taken late.
    Slow(Duration),
}

struct Request {
    path: String,
    headers: HashMap<String, String>,
    json: Value,
}

type Answer = (u16, Value);

impl Service {
    /// GitHub, with the one repository `acme/models` and one token, `gh-token`.
    pub(crate) fn github() -> Self {
        Self::start(|_, request| {
            let header = |name: &str| request.headers.get(name).map(String::as_str);
            let refuse = |status, message: &str| (status, json!({"message": message}));
            if header("authorization") != Some("Bearer gh-token") {
                return refuse(401, "Bad credentials");
            }
            if request.path != "/repos/acme/models/dispatches" {
                return refuse(404, "Not Found");
            }
            if header("user-agent").is_none() {
                return refuse(403, "Request forbidden by administrative rules.");
            }
            let is_current = header("accept") == Some("application/vnd.github+json")
                && header("x-github-api-version") == Some("2022-11-28");
            let event_type = request.json["event_type"].as_str().unwrap_or_default();
            let payload = &request.json["client_payload"];
            let is_small = payload.as_object().is_some_and(|payload| payload.len() <= 10)
                && payload.to_string().len() < 64_000;
            if !is_current || !(1..=100).contains(&event_type.len()) || !is_small {
                return refuse(422, "Invalid request.");
            }
            (204, Value::Null)
        })
    }

    /// Databricks, with the one job 7 and one token, `dbx-token`. A token of a run that there is gives
    /// the same run.
    pub(crate) fn databricks() -> Self {
        Self::start(|state, request| {
            let refuse =
                |status, code: &str| (status, json!({"error_code": code, "message": "no"}));
            if request.headers.get("authorization").map(String::as_str) != Some("Bearer dbx-token")
            {
                return refuse(401, "UNAUTHENTICATED");
            }
            if request.path != "/api/2.2/jobs/run-now" {
                return refuse(404, "ENDPOINT_NOT_FOUND");
            }
            let token = request.json["idempotency_token"].as_str().unwrap_or_default();
            if request.json["job_id"] != 7 || token.len() > 64 || token.is_empty() {
                return refuse(400, "INVALID_PARAMETER_VALUE");
            }
            let next = state.runs.len() as u64 + 1;
            let run = *state.runs.entry(token.to_owned()).or_insert(next);
            (200, json!({"run_id": run, "number_in_job": run}))
        })
    }

    /// A workflow of Teams: it accepts whatever comes, and does something with the cards among its
    /// attachments only. What it takes are those.
    pub(crate) fn teams() -> Self {
        Self::start(|_, request| {
            let attachment = &request.json["attachments"][0];
            let is_card = request.json["type"] == "message"
                && attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
                && attachment["contentUrl"].is_null()
                && attachment["content"]["type"] == "AdaptiveCard";
            (202, json!(is_card))
        })
    }

    /// A connector of Teams, which takes the older form.
    pub(crate) fn connector() -> Self {
        Self::start(|_, request| {
            let is_card =
                request.json["@type"] == "MessageCard" && request.json["summary"].is_string();
            (if is_card { 200 } else { 400 }, json!(1))
        })
    }

    fn start(judge: impl Fn(&mut State, &Request) -> Answer + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let service = Self { url, state: Arc::clone(&state) };
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (judge, state) = (judge.clone(), Arc::clone(&state));
                // A client that was killed in the middle is no failure of this test.
                thread::spawn(move || converse(&socket, &state, &judge));
            }
        });
        service
    }

    pub(crate) fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state.lock().unwrap().troubles.extend(troubles);
    }

    /// What it has taken up to now.
    pub(crate) fn taken(&self) -> Vec<Value> {
        self.state.lock().unwrap().taken.iter().map(|(_, json)| json.clone()).collect()
    }

    /// When it took each.
    pub(crate) fn times(&self) -> Vec<Instant> {
        self.state.lock().unwrap().taken.iter().map(|(at, _)| *at).collect()
    }

    /// How many runs there are.
    pub(crate) fn runs(&self) -> usize {
        self.state.lock().unwrap().runs.len()
    }

    /// Waits until it has taken so many.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Value> {
        let start = Instant::now();
        while self.taken().len() < count {
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", self.taken());
            thread::sleep(Duration::from_millis(10));
        }
        self.taken()
    }
}

/// The lines of a card, as a person reads them.
pub(crate) fn card_facts(message: &Value) -> Vec<String> {
    let body = message["attachments"][0]["content"]["body"].as_array().unwrap();
    let text = |block: &Value| {
        let runs = block["inlines"].as_array()?;
        Some(runs.iter().map(|run| run["text"].as_str().unwrap()).collect())
    };
    body.iter().filter_map(text).collect()
}

fn converse(
    socket: &TcpStream,
    state: &Mutex<State>,
    judge: &impl Fn(&mut State, &Request) -> Answer,
) -> Option<()> {
    let mut reader = BufReader::new(socket);
    while let Some(request) = read(&mut reader) {
        let trouble = state.lock().unwrap().troubles.pop_front();
        if let Some(Trouble::Slow(time)) = trouble {
            thread::sleep(time);
        }
        let is_lost = matches!(trouble, Some(Trouble::Lost));
        let late = if let Some(Trouble::Late(time)) = trouble { time } else { Duration::ZERO };
        let (status, headers, body) = match trouble {
            Some(Trouble::Answer(status, headers, body)) => (status, headers, body.to_owned()),
            _ => {
                let mut state = state.lock().unwrap();
                let (status, answer) = judge(&mut state, &request);
                if status < 300 && answer != false {
                    state.taken.push((Instant::now(), request.json));
                }
                let body = if answer.is_null() { String::new() } else { answer.to_string() };
                (status, String::new(), body)
            }
        };
        if is_lost {
            return None;
        }
        thread::sleep(late);
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\n\r\n{body}");
        let mut writer = socket;
        writer.write_all(text.as_bytes()).ok()?;
    }
    Some(())
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Request { path, headers, json: serde_json::from_slice(&body).ok()? })
}
