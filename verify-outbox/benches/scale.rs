//! How many deliveries are kept and posted in a second by 1, 2 and 4 instances on one PostgreSQL, beside pgbench's
//! simple insert of as many bytes and a file of SQLite. It starts a server of its own:
//!
//! ```sh
//! OUTBOX_POSTGRES=/usr/lib/postgresql/15/bin cargo bench -p verify-outbox --features postgres --bench scale
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

#[path = "../tests/suite/server.rs"]
#[expect(dead_code, reason = "nothing fails here")]
mod server;
#[path = "../src/verified.rs"]
mod verified;

use core::time::Duration;
use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::Command,
    thread,
    time::{Instant, SystemTime},
};

use server::Postgres;
use tokio::{runtime::Runtime, task::JoinSet};
use verified::verified;
use verify_outbox::{Delivery, Outbox, Outcome, Policy, Workers};

const ROUNDS: usize = 3;
const DELIVERIES: usize = 3000;
const AT_ONCE: usize = 64;
const DESTINATIONS: usize = 16;

fn main() {
    let Some(server) = Postgres::start("scale") else { return };
    let mut rates: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut add = |name: String, rate| rates.entry(name).or_default().push(rate);
        add("pgbench, simple insert, 50 clients".to_owned(), pgbench(&server, round));
        let folder = tempfile::tempdir().unwrap();
        let file = vec![Outbox::builder(folder.path().join("outbox.db")).open().unwrap()];
        for (rate, what) in measure(file).into_iter().zip(["kept", "posted"]) {
            add(format!("{what}, SQLite"), rate);
        }
        for instances in [1, 2, 4] {
            let address = server.database(&format!("scale_{round}_{instances}"));
            let open = |_| Outbox::postgres(&address).unwrap().open().unwrap();
            let rate = measure((0..instances).map(open).collect());
            for (rate, what) in rate.into_iter().zip(["kept", "posted"]) {
                add(format!("{what}, PostgreSQL, {instances} instances"), rate);
            }
        }
    }
    println!("| {:40} | a second, median | least to most |\n|---|---|---|", "");
    for (name, rates) in &mut rates {
        rates.sort_by(f64::total_cmp);
        println!(
            "| {name:40} | {:.0} | {:.0} to {:.0} |",
            rates[ROUNDS / 2],
            rates[0],
            rates[ROUNDS - 1]
        );
    }
}

/// Returns how many are kept in a second and then posted in a second.
fn measure(mut instances: Vec<(Outbox, Workers)>) -> [f64; 2] {
    let runtime = Runtime::new().unwrap();
    let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let kept = per_second(|| {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for first in 0..AT_ONCE {
                let outbox = instances[first % instances.len()].0.clone();
                tasks.spawn(async move {
                    for number in (first..DELIVERIES).step_by(AT_ONCE) {
                        let body = format!("{run}{number:310}");
                        let destination = (number % DESTINATIONS).to_string();
                        outbox.keep(&verified(&body), vec![destination]).await.unwrap();
                    }
                });
            }
            tasks.join_all().await;
        });
    });
    let posted = per_second(|| {
        for destination in 0..DESTINATIONS {
            // Each instance would post; spread here, as they are where instances start at the same time.
            let instance = destination % instances.len();
            let take = |_: &Delivery| Outcome::Done;
            let workers = &mut instances[instance].1;
            workers.add(&destination.to_string(), Policy::default(), take).unwrap();
        }
        while instances[0].0.waiting().unwrap().iter().any(|waiting| waiting.pending > 0) {
            thread::sleep(Duration::from_millis(20));
        }
    });
    [kept, posted]
}

fn per_second(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    DELIVERIES as f64 / start.elapsed().as_secs_f64()
}

/// One row of 330 bytes for each transaction.
fn pgbench(server: &Postgres, round: usize) -> f64 {
    let database = format!("pgbench_{round}");
    server.database(&database);
    server.sql(&database, "CREATE TABLE entry (id bigserial PRIMARY KEY, body bytea NOT NULL)");
    let script = tempfile::NamedTempFile::new().unwrap();
    let insert = "INSERT INTO entry (body) VALUES (decode(repeat('00', 330), 'hex'));\n";
    fs::write(script.path(), insert).unwrap();
    let mut bench = Command::new(Path::new(&env::var("OUTBOX_POSTGRES").unwrap()).join("pgbench"));
    bench.args([
        "--no-vacuum",
        "--protocol=prepared",
        "--jobs=2",
        "-c",
        "50",
        "-t",
        "60",
        "--file",
    ]);
    let said = bench.arg(script.path()).arg(server.url(&database)).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    rate.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}
