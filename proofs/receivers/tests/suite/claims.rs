//! Two receivers as processes on one server of claims, under deliveries of a simulated MLflow. The first is killed or
//! stopped while its handlers run. No delivery is lost, and what ran twice is counted.

use core::time::Duration;
use std::{
    collections::HashMap,
    io::{self, BufRead as _, BufReader, PipeReader, PipeWriter, Read as _, Write as _},
    net::TcpStream,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle, sleep},
    time::{Instant, SystemTime},
};

use verify_core::{Secret, Sender, Signer, UnixTime};

use crate::{
    ACTIX, AXUM,
    process::{Receiver, head, signed},
    servers::{Clock, Server, each},
};

/// MLflow's.
const TRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);
const BODY: &str = "{}";

/// How often each delivery was handled, by its id, whoever did it.
#[derive(Clone, Default)]
struct Lines {
    times: Arc<Mutex<HashMap<String, u32>>>,
    readers: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Lines {
    fn read(&self, output: impl io::Read + Send + 'static) {
        let times = Arc::clone(&self.times);
        let reader = thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // What fills a pipe are empty ones.
                let Ok(line) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
                let id = line["delivery_id"].as_str().unwrap_or_default().to_owned();
                *times.lock().unwrap().entry(id).or_default() += 1;
            }
        });
        self.readers.lock().unwrap().push(reader);
    }

    fn of(&self, id: &str) -> u32 {
        self.times.lock().unwrap().get(id).copied().unwrap_or_default()
    }

    /// Waits until all is read that was printed by programs that are gone.
    fn wait_for_all(&self) {
        for reader in self.readers.lock().unwrap().drain(..) {
            reader.join().unwrap();
        }
    }
}

/// A pipe that is full: whoever prints into it waits until somebody reads.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[b'\n'; 64 * 1024]).unwrap();
    (reader, writer)
}

/// What one try came to: a status with the wait that it asks for, or no answer.
fn send(address: &str, headers: &[(&str, String)]) -> Option<(u16, Option<u64>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = head("/webhooks/mlflow", headers, BODY.len()) + BODY;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(length @ 1..) => answer.extend_from_slice(&piece[..length]),
            _ => return None,
        }
    }
    let answer = String::from_utf8_lossy(&answer).to_ascii_lowercase();
    let status = answer.get(9..12)?.parse().ok()?;
    let wait = answer.lines().find_map(|line| line.strip_prefix("retry-after: "));
    Some((status, wait.and_then(|wait| wait.trim().parse().ok())))
}

/// Delivers as MLflow does: one signature, four tries, `Retry-After` or else 0, 2 and 4 s, nothing more after a 4xx.
/// The first try is for the first receiver. Returns whether it was accepted.
fn deliver(id: &str, addresses: &[String; 2]) -> bool {
    let signer = Signer::new(Sender::MLFLOW, Secret::new("shared").unwrap()).unwrap();
    let now = UnixTime::try_from(SystemTime::now()).unwrap();
    let signed = signer.sign(now, id, BODY.as_bytes()).unwrap();
    let headers: Vec<_> = signed.iter().map(|(name, value)| (name, value.to_owned())).collect();
    for attempt in 0..TRIES {
        let wait = match send(&addresses[attempt.min(1)], &headers) {
            Some((200..300, _)) => return true,
            Some((400..500, _)) => return false,
            Some((_, Some(wait))) => wait,
            _ => [0, 2, 4, 0][attempt],
        };
        sleep(Duration::from_secs(wait));
    }
    false
}

/// Two receivers on a server, the first of which cannot print.
struct Pair {
    first: Receiver,
    second: Receiver,
    reader: PipeReader,
    lines: Lines,
    senders: Vec<(String, JoinHandle<bool>)>,
}

impl Pair {
    /// Starts them, and lets deliveries come to the first until all are claimed.
    fn begin(server: &dyn Server, number: usize) -> Self {
        let store = server.address();
        let settings = [("MLFLOW_WEBHOOK_SECRET", "shared"), ("ONCE_STORE", store.as_str())];
        let lines = Lines::default();
        let (reader, writer) = full_pipe();
        let first = AXUM.start_with_output(&settings, writer.into());
        let (read, write) = io::pipe().unwrap();
        let second = ACTIX.start_with_output(&settings, write.into());
        lines.read(read);
        let addresses = [first.address.clone(), second.address.clone()];
        let send = |count| {
            let addresses = addresses.clone();
            let id = format!("delivery-{count}");
            let told = id.clone();
            (id, thread::spawn(move || deliver(&told, &addresses)))
        };
        let senders: Vec<_> = (0..number).map(send).collect();
        let begun = Instant::now();
        // A print that waits for 5 s fails, and its claim is released.
        while server.held() < number && begun.elapsed() < Duration::from_secs(4) {
            sleep(Duration::from_millis(10));
        }
        assert!(server.held() > 0, "{}: nothing is being handled", server.name());
        Self { first, second, reader, lines, senders }
    }

    /// Waits for what becomes of them, prints a row of the table, and holds it to its bounds.
    fn end(self, failure: &str, server: &str, most_again: usize) {
        let Self { first, second, lines, senders, .. } = self;
        let answered: Vec<_> =
            senders.into_iter().map(|(id, sender)| (id, sender.join().unwrap())).collect();
        drop((first, second));
        lines.wait_for_all();
        let (mut once, mut again, mut lost) = (0, 0, 0);
        for (id, is_accepted) in answered {
            match (is_accepted, lines.of(&id)) {
                (true, 1) => once += 1,
                (true, 2..) => again += 1,
                _ => lost += 1,
            }
        }
        eprintln!("| {failure} | {server} | {once} | {again} | {lost} |");
        assert_eq!(lost, 0, "{failure}, {server}");
        assert!(again <= most_again, "{failure}, {server}: {again} ran again");
    }
}

/// All servers at the same time: most of it is waiting for leases.
fn on_each(failure: &str, test: impl Fn(Box<dyn Server>) + Sync) {
    thread::scope(|scope| {
        for server in each(failure) {
            scope.spawn(|| test(server));
        }
    });
}

#[test]
fn a_receiver_that_is_killed_loses_nothing() {
    let failure = "receiver killed during its handlers";
    on_each(failure, |server| {
        let mut pair = Pair::begin(&*server, 12);
        pair.first.process.kill().unwrap();
        pair.first.process.wait().unwrap();
        // What the dead one printed would be read all the same.
        pair.lines.read(pair.reader.try_clone().unwrap());
        pair.end(failure, server.name(), 0);
    });
}

/// The effect is there, and nobody wrote it down: the only case in which a run is repeated. It cannot be helped.
#[test]
fn a_receiver_that_is_killed_after_the_effect_runs_it_again() {
    let failure = "receiver killed between effect and completion";
    on_each(failure, |server| {
        let mut pair = Pair::begin(&*server, 6);
        server.stop();
        pair.lines.read(pair.reader.try_clone().unwrap());
        let begun = Instant::now();
        while pair.lines.of("delivery-0") == 0 && begun.elapsed() < Duration::from_millis(400) {
            sleep(Duration::from_millis(1));
        }
        pair.first.process.kill().unwrap();
        pair.first.process.wait().unwrap();
        server.go_on();
        pair.end(failure, server.name(), 6);
    });
}

#[test]
fn a_receiver_that_is_stopped_past_its_lease_loses_nothing() {
    let failure = "receiver stopped past its lease";
    on_each(failure, |server| {
        let pair = Pair::begin(&*server, 12);
        pair.first.signal("STOP");
        let (lines, reader) = (pair.lines.clone(), pair.reader.try_clone().unwrap());
        let goes_on = {
            let ids: Vec<_> = pair.senders.iter().map(|(id, _)| id.clone()).collect();
            move |first: &Receiver| {
                let begun = Instant::now();
                while !ids.iter().all(|id| lines.of(id) > 0) {
                    assert!(begun.elapsed() < Duration::from_secs(150), "{failure}");
                    sleep(Duration::from_millis(100));
                }
                lines.read(reader);
                first.signal("CONT");
                // The lines that it was about to print come out, and settle nothing.
                sleep(Duration::from_secs(2));
            }
        };
        goes_on(&pair.first);
        // Done for both, without a line more.
        let again = [pair.second.address.clone(), pair.first.address.clone()];
        assert!(deliver("another", &again));
        assert_eq!(server.held(), 0);
        let lines = pair.lines.clone();
        pair.end(failure, server.name(), 12);
        assert_eq!(lines.of("another"), 1);
    });
}

/// An instance whose clock is an hour ahead takes nothing for over, and an instance whose clock is behind handles nothing
/// again: the clock of the server counts. By Weights & Biases, who signs no time.
#[test]
fn the_clock_of_a_receiver_does_not_count() {
    let failure = "clock of a receiver an hour off";
    for offset in ["+1h", "-1h"] {
        let Some(clock) = Clock::new(failure) else { return };
        clock.set(offset);
        for server in each(failure) {
            let store = server.address();
            let settings = [("WANDB_WEBHOOK_SECRET", "shared"), ("ONCE_STORE", store.as_str())];
            let (reader, writer) = full_pipe();
            let first = AXUM.start_with_output(&settings, writer.into());
            let environment = clock.environment();
            let of_clock = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let mut second = ACTIX.start(&settings.into_iter().chain(of_clock).collect::<Vec<_>>());
            let headers = signed(Sender::WANDB, "shared", BODY.as_bytes());
            let deliver =
                |receiver: &Receiver| receiver.post("/webhooks/wandb", &headers, BODY.as_bytes());
            thread::scope(|scope| {
                let running = scope.spawn(|| deliver(&first));
                let begun = Instant::now();
                while server.held() == 0 && begun.elapsed() < Duration::from_secs(4) {
                    sleep(Duration::from_millis(10));
                }
                assert_eq!(deliver(&second), 503, "{offset}, {}", server.name());
                let lines = Lines::default();
                lines.read(reader);
                assert_eq!(running.join().unwrap(), 204);
            });
            assert_eq!(deliver(&second), 204, "{offset}, {}: done, and not printed", server.name());
            let other = signed(Sender::WANDB, "shared", b"[]");
            assert_eq!(second.post("/webhooks/wandb", &other, b"[]"), 204);
            let line = second.line();
            assert_eq!(
                (&line["sender"], &line["attempt"]),
                (&"wandb".into(), &serde_json::Value::Null)
            );
            eprintln!("| {failure}, {offset} | {} | 2 | 0 | 0 |", server.name());
        }
    }
}
