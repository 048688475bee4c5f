//! A fake Slack. It takes messages as the real one documents, and does what a test asks for.

use core::time::Duration;
use std::{
    io::{BufRead, BufReader, Read as _, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use serde_json::Value;

use crate::bridge::wait_until;

/// What it does with a message.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Takes it: `200 ok`.
    Take,
    /// Takes it after a while.
    TakeAfter(Duration),
    /// Takes it, and closes the connection without a word.
    TakeAndDrop,
    /// Refuses it with a status, headers and a word.
    Refuse(u16, &'static str, &'static str),
}

/// A message that it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    /// The path of the URL that it was posted to.
    pub(crate) path: String,
    pub(crate) message: Value,
    pub(crate) at: Instant,
    /// Whether it took it.
    pub(crate) is_taken: bool,
}

impl Posted {
    pub(crate) fn text(&self) -> &str {
        self.message["text"].as_str().unwrap()
    }
}

type Behaviour = dyn Fn(&str) -> Answer + Send + Sync;

struct State {
    behaviour: Mutex<Arc<Behaviour>>,
    posted: Mutex<Vec<Posted>>,
    /// One more for each connection.
    connections: Arc<()>,
}

/// Listens until the tests end.
#[derive(Clone)]
pub(crate) struct Slack {
    state: Arc<State>,
    address: String,
}

impl Slack {
    /// One that takes everything.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(State {
            behaviour: Mutex::new(Arc::new(|_: &str| Answer::Take)),
            posted: Mutex::default(),
            connections: Arc::default(),
        });
        let accepting = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&accepting);
                let counted = Arc::clone(&state.connections);
                thread::spawn(move || {
                    let _counted = counted;
                    // A connection that breaks, because the bridge was killed, is none of its business.
                    serve(&state, stream.ok()?)
                });
            }
        });
        Self { state, address }
    }

    /// Sets what it does from now on with what is posted to a path.
    pub(crate) fn behave(&self, behaviour: impl Fn(&str) -> Answer + Send + Sync + 'static) {
        *self.state.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    /// The URL of a channel's webhook.
    pub(crate) fn url(&self, channel: &str) -> String {
        format!("http://{}/services/{channel}", self.address)
    }

    pub(crate) fn posted(&self) -> Vec<Posted> {
        self.state.posted.lock().unwrap().clone()
    }

    /// Waits until it has noted all that it was sent by bridges that are gone.
    pub(crate) fn settle(&self) {
        // It accepts in the order of their coming: once this one is served, all are counted.
        let mut last = TcpStream::connect(&self.address).unwrap();
        last.shutdown(Shutdown::Write).unwrap();
        assert_eq!(last.read(&mut [0]).unwrap(), 0);
        wait_until(|| Arc::strong_count(&self.state.connections) == 1);
    }

    /// The texts of what it took.
    pub(crate) fn taken(&self) -> Vec<String> {
        let posted = self.posted();
        posted
            .iter()
            .filter(|posted| posted.is_taken)
            .map(|posted| posted.text().to_owned())
            .collect()
    }
}

/// Answers what comes on a connection.
fn serve(state: &State, stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (path, body) = request(&mut reader)?;
        let behaviour = Arc::clone(&state.behaviour.lock().unwrap());
        let answer = behaviour(&path);
        let message: Value = serde_json::from_slice(&body).expect("JSON");
        let is_taken = !matches!(answer, Answer::Refuse(..));
        let posted = Posted { path, message, at: Instant::now(), is_taken };
        state.posted.lock().unwrap().push(posted);
        let (status, headers, word) = match answer {
            Answer::Take => (200, "", "ok"),
            Answer::TakeAfter(time) => {
                thread::sleep(time);
                (200, "", "ok")
            }
            Answer::TakeAndDrop => return None,
            Answer::Refuse(status, headers, word) => (status, headers, word),
        };
        let length = word.len();
        let answer =
            format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n{word}");
        writer.write_all(answer.as_bytes()).ok()?;
    }
}

/// Reads a request, unless the connection ends.
fn request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}
