//! A service that records what reaches it, and answers what it is told to.

use core::{net::SocketAddr, time::Duration};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reached {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// How a service answers: a status, and headers each with a line end.
type Behaviour = dyn Fn(&Reached) -> (u16, String) + Send + Sync;

pub(crate) struct Upstream {
    address: SocketAddr,
    reached: Arc<Mutex<Vec<Reached>>>,
    behaviour: Arc<Mutex<Arc<Behaviour>>>,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::<Mutex<Vec<Reached>>>::default();
        let first: Arc<Behaviour> = Arc::new(|_| (204, String::new()));
        let behaviour = Arc::new(Mutex::new(first));
        let (all, behave) = (Arc::clone(&reached), Arc::clone(&behaviour));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, behave) = (Arc::clone(&all), Arc::clone(&behave));
                thread::spawn(move || serve(stream, &all, &behave));
            }
        });
        Self { address, reached, behaviour }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers like this from now on.
    pub(crate) fn behave(
        &self,
        behaviour: impl Fn(&Reached) -> (u16, String) + Send + Sync + 'static,
    ) {
        *self.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    pub(crate) fn answer(&self, status: u16) {
        self.behave(move |_| (status, String::new()));
    }

    /// Returns what reached it until now.
    pub(crate) fn reached(&self) -> Vec<Reached> {
        self.reached.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    all: &Mutex<Vec<Reached>>,
    behave: &Mutex<Arc<Behaviour>>,
) -> Option<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::<String, String>::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        let all = headers.entry(name.to_lowercase()).or_default();
        if !all.is_empty() {
            all.push_str(" AND ");
        }
        all.push_str(value);
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let reached = Reached { path, headers, body };
    all.lock().unwrap().push(reached.clone());
    let behaviour = Arc::clone(&behave.lock().unwrap());
    let (status, more) = behaviour(&reached);
    let answer =
        format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n{more}\r\n");
    (&stream).write_all(answer.as_bytes()).ok()
}
