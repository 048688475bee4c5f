//! The instructions that a request costs a server, counted by callgrind.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use crate::process::Server;

/// Requests before the first turn, until buffers, tables and caches have their size.
const WARM: usize = 100;
/// Requests of a turn.
const REQUESTS: usize = 25;
const TURNS: usize = 12;
/// Turns without a request, for what the marks themselves cost.
const EMPTY: usize = 4;

/// How many requests [`count`] sends.
pub const ALL: usize = WARM + TURNS * REQUESTS;

/// Kinds of functions.
pub const KINDS: [&str; 5] = ["SHA-256", "moving memory", "allocation", "verify", "the rest"];

/// Instructions by the kind of function that they were executed in.
pub type Counts = BTreeMap<&'static str, f64>;

fn kind(function: &str) -> &'static str {
    let is_any = |names: &[&str]| names.iter().any(|name| function.contains(name));
    if is_any(&["sha2::", "Check::fits", "verify_core::mac"]) {
        KINDS[0]
    } else if is_any(&["memcpy", "memmove"]) {
        KINDS[1]
    } else if is_any(&["malloc", "free", "_int_", "realloc"]) {
        KINDS[2]
    } else if is_any(&[
        "verify_adapter",
        "verify_axum",
        "verify_actix",
        "verify_core",
        "verify_once",
    ]) {
        KINDS[3]
    } else {
        KINDS[4]
    }
}

/// Adds up what callgrind wrote: lines of a position and a count below the function that they belong to. The line after
/// a `calls=` is the count of the function that was called.
fn read(path: &Path) -> Result<Counts, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut counts = Counts::new();
    let mut function = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((_, name)) = line.split_once("fn=").filter(|(what, _)| "c".contains(what)) {
            // A name stands after its number where the number occurs first.
            let (number, name) = name.split_once(' ').unwrap_or((name, ""));
            let name = if name.is_empty() { names.get(number).copied() } else { Some(name) };
            let name = name.unwrap_or_default();
            names.insert(number, name);
            if line.starts_with("fn=") {
                function = name;
            }
        } else if line.starts_with("calls=") {
            lines.next();
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let count: f64 = line.split(' ').nth(1).unwrap_or_default().parse()?;
            *counts.entry(kind(function)).or_default() += count;
        }
    }
    Ok(counts)
}

fn sum(counts: &Counts) -> f64 {
    counts.values().sum()
}

/// Counts what a request costs a server: of twelve turns the one with the fewest instructions. What the server does by
/// the clock can only add to a turn.
///
/// # Errors
///
/// The server does not start under valgrind, or answers something else than `status`.
pub fn count(server: &[&str], requests: &[Vec<u8>], status: u16) -> Result<Counts, Box<dyn Error>> {
    let folder = env::temp_dir().join(format!("instructions-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let turns = run(&folder, server, requests, status);
    fs::remove_dir_all(&folder)?;
    let turns = turns?;
    let fewest = |turns: &[Counts]| {
        turns.iter().min_by(|one, other| sum(one).total_cmp(&sum(other))).cloned()
    };
    let (full, empty) = turns.split_at(TURNS);
    let (Some(full), Some(empty)) = (fewest(full), fewest(empty)) else {
        return Err("callgrind counted nothing".into());
    };
    let each = |kind| {
        let of = |counts: &Counts| counts.get(kind).copied().unwrap_or_default();
        (kind, (of(&full) - of(&empty)) / REQUESTS as f64)
    };
    Ok(KINDS.map(each).into())
}

/// Returns the counts of the turns with requests, and then those of the turns without.
fn run(
    folder: &Path,
    server: &[&str],
    requests: &[Vec<u8>],
    status: u16,
) -> Result<Vec<Counts>, Box<dyn Error>> {
    let out = folder.join("out");
    let out_option = format!("--callgrind-out-file={}", out.display());
    let valgrind =
        ["valgrind", "-q", "--tool=callgrind", "--dump-before=*instructions_mark*", &out_option];
    let server = Server::start(&[&valgrind, server].concat(), &[])?;
    let mut client = Client { stream: connect(server.port)?, server: &server };
    let mark = b"GET /mark HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    let (warm, measured) = requests.split_at(WARM);
    for request in warm {
        client.send(request, status)?;
    }
    for turn in measured.chunks(REQUESTS).chain([&[][..]; EMPTY]) {
        client.send(mark, 204)?;
        for request in turn {
            client.send(request, status)?;
        }
    }
    client.send(mark, 204)?;
    server.end()?;
    // The first file is of what came before the first mark.
    let file = |number: usize| read(&out.with_extension((number + 2).to_string()));
    (0..TURNS + EMPTY).map(file).collect()
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
}

struct Client<'s> {
    stream: TcpStream,
    server: &'s Server,
}

impl Client<'_> {
    /// Sends a request once the server sleeps. If the server were still at work, then it would depend on the load of the
    /// machine whether it finds the next request at once or has to wait for it, and so how many instructions it takes.
    fn send(&mut self, request: &[u8], status: u16) -> Result<(), Box<dyn Error>> {
        self.server.wait_until_it_sleeps()?;
        self.stream.write_all(request)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut buffer = [0; 1024];
            match self.stream.read(&mut buffer)? {
                0 => return Err("the server closed the connection".into()),
                read => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
        let answer = String::from_utf8(answer)?;
        if !answer.starts_with(&format!("HTTP/1.1 {status} ")) {
            return Err(format!("expected {status}, got {answer:?}").into());
        }
        if answer.contains("connection: close") {
            self.stream = connect(self.server.port)?;
        }
        Ok(())
    }
}
