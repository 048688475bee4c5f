//! A service that records what reaches it, and answers what it is told to.

use core::{net::SocketAddr, time::Duration};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::gateway::wait_until;

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
    scheme: &'static str,
    reached: Arc<Mutex<Vec<Reached>>>,
    behaviour: Arc<Mutex<Arc<Behaviour>>>,
    connections: Arc<()>,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        Self::start(None)
    }

    /// One that shows a certificate.
    pub(crate) fn with_certificate(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        Self::start(Some(Arc::new(config.with_single_cert(chain, key).unwrap())))
    }

    fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let reached = Arc::<Mutex<Vec<Reached>>>::default();
        let first: Arc<Behaviour> = Arc::new(|_| (204, String::new()));
        let behaviour = Arc::new(Mutex::new(first));
        let connections = Arc::new(());
        let (all, behave) = (Arc::clone(&reached), Arc::clone(&behaviour));
        let accepted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (all, behave, tls) = (Arc::clone(&all), Arc::clone(&behave), tls.clone());
                let counted = Arc::clone(&accepted);
                thread::spawn(move || {
                    let _counted = counted;
                    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
                    match tls {
                        None => serve(stream, &all, &behave),
                        Some(tls) => {
                            let tls = ServerConnection::new(tls).unwrap();
                            serve(StreamOwned::new(tls, stream), &all, &behave)
                        }
                    }
                });
            }
        });
        Self { address, scheme, reached, behaviour, connections }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
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

    /// Waits until it has answered all that it was sent by gateways that are gone.
    pub(crate) fn settle(&self) {
        // It accepts in the order of their coming: once this one is served, all are counted.
        let mut last = TcpStream::connect(self.address).unwrap();
        last.shutdown(Shutdown::Write).unwrap();
        assert_eq!(last.read(&mut [0]).unwrap(), 0);
        // One is kept for those who come.
        wait_until(|| Arc::strong_count(&self.connections) == 2);
    }

    /// Returns what reached it until now.
    pub(crate) fn reached(&self) -> Vec<Reached> {
        self.reached.lock().unwrap().clone()
    }
}

fn serve(
    stream: impl Read + Write,
    all: &Mutex<Vec<Reached>>,
    behave: &Mutex<Arc<Behaviour>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
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
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    reader.get_mut().flush().ok()
}
