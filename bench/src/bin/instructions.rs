//! What a request costs a server in instructions, under callgrind: the same on every run, however busy
//! the machine, and so the place to look where time goes. SHA-256 runs in software there.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
};

use verify_bench::{
    delivery::{self, Flaw},
    process::Server,
    report::{self, Table},
};

/// Each server is measured at two counts of requests, so that its start cancels out.
const FIRST: usize = 200;
const KINDS: [&str; 5] = ["SHA-256", "moving memory", "allocation", "verify", "the rest"];

/// Instructions by the kind of function that they were executed in.
type Counts = BTreeMap<&'static str, f64>;

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

/// Adds up what callgrind wrote: lines of a position and a count below the function that they belong
/// to, where the line below a `calls=` is the count of the function called.
fn read(path: &Path) -> Result<Counts, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut counts = Counts::new();
    let mut function = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((_, name)) = line.split_once("fn=").filter(|(what, _)| "c".contains(what)) {
            // A name stands behind its number where the number occurs first.
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

/// Sends requests one after another, and checks the answers.
fn send(port: u16, requests: &[Vec<u8>], status: u16) -> Result<(), Box<dyn Error>> {
    let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    let mut stream = connect()?;
    for request in requests {
        stream.write_all(request)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut buffer = [0; 1024];
            match stream.read(&mut buffer)? {
                0 => return Err("the server closed the connection".into()),
                read => answer.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
        let answer = String::from_utf8(answer)?;
        if !answer.starts_with(&format!("HTTP/1.1 {status} ")) {
            return Err(format!("expected {status}, got {answer:?}").into());
        }
        if answer.contains("connection: close") {
            stream = connect()?;
        }
    }
    Ok(())
}

/// A server, the path and the deliveries that it gets, and what it answers.
type Case = (&'static str, &'static str, &'static str, Flaw, u16);

fn measure(framework: &str, case: Case, count: usize) -> Result<Counts, Box<dyn Error>> {
    let (_, way, path, flaw, status) = case;
    let program = env::current_exe()?.with_file_name(format!("receiver_{framework}"));
    let out = env::temp_dir().join(format!("instructions-{}", std::process::id()));
    let out_option = format!("--callgrind-out-file={}", out.display());
    let program = program.to_string_lossy();
    let server =
        Server::start(&["valgrind", "-q", "--tool=callgrind", &out_option, &program, way], &[])?;
    send(server.port, &delivery::requests(path, 330, count, flaw), status)?;
    server.end()?;
    let counts = read(&out);
    fs::remove_file(out)?;
    counts
}

fn main() -> Result<(), Box<dyn Error>> {
    let second = if report::is_brief() { 2 * FIRST } else { 6 * FIRST };
    let cases: [Case; 10] = [
        ("bare", "bare", "/hook", Flaw::None, 204),
        ("by-hand", "by-hand", "/hook", Flaw::None, 204),
        ("equal duties", "equal-duties", "/hook", Flaw::None, 204),
        ("verify", "verify", "/hook", Flaw::None, 204),
        ("once", "once", "/hook", Flaw::None, 204),
        ("webhook-verify", "webhook-verify", "/hook", Flaw::None, 204),
        ("404", "bare", "/nowhere", Flaw::None, 404),
        ("equal duties, no signature", "equal-duties", "/hook", Flaw::Unsigned, 401),
        ("verify, no signature", "verify", "/hook", Flaw::Unsigned, 401),
        ("verify, wrong tag", "verify", "/hook", Flaw::WrongTag, 401),
    ];
    let mut raw = Table::new(&["framework", "case", "kind", "instructions"]);
    let mut text = String::new();
    for framework in ["axum", "actix"] {
        let title = format!("{framework}, 330 B");
        let mut columns = vec![title.as_str(), "instructions", "without SHA-256"];
        columns.extend(&KINDS[1..]);
        let mut shown = Table::new(&columns);
        for case in cases {
            let (low, high) = (measure(framework, case, FIRST)?, measure(framework, case, second)?);
            let of = |kind: &str| {
                let [low, high] = [&low, &high].map(|counts| counts.get(kind).unwrap_or(&0.0));
                (high - low) / (second - FIRST) as f64
            };
            let all: f64 = KINDS.iter().map(|kind| of(kind)).sum();
            let mut cells = vec![all, all - of(KINDS[0])];
            cells.extend(KINDS[1..].iter().map(|kind| of(kind)));
            for kind in KINDS {
                let count = format!("{:.1}", of(kind));
                raw.row([framework, case.0, kind, &count]);
            }
            let cells = cells.iter().map(|count| format!("{count:.0}"));
            shown.row([case.0.to_owned()].into_iter().chain(cells));
        }
        text += &format!("{}\n", shown.to_markdown());
    }
    Ok(report::publish("instructions", &raw, text.trim_end_matches('\n'))?)
}
