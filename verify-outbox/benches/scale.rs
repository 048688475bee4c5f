//! How many deliveries are kept and posted in a second by 1, 2 and 4 instances on one PostgreSQL, beside pgbench's
//! simple insert of as many bytes in the same round, and a file of SQLite. It starts a server of its own:
//!
//! ```sh
//! OUTBOX_POSTGRES=/usr/lib/postgresql/15/bin cargo bench -p verify-outbox --features postgres --bench scale
//! ```
//!
//! Of each delivery it also tells how many bytes of the server's log it is, and how long the server's processors took,
//! with all that the server does besides: from these follows what a larger machine keeps. Printed are medians, with the
//! least and the most.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

#[path = "../../verify-once/tests/suite/port.rs"]
mod port;
#[path = "../tests/suite/server.rs"]
#[expect(dead_code, reason = "nothing fails here")]
mod server;
#[path = "../src/verified.rs"]
mod verified;

use core::time::Duration;
use std::{
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
const DELIVERIES: usize = 2000;
const AT_ONCE: usize = 64;
const MANY: usize = 16;

/// How many instances, destinations, and what of them at the same time.
const KINDS: [(usize, usize, Order); 8] = [
    (1, 1, Order::OneAtATime),
    (1, MANY, Order::OneAtATime),
    (2, MANY, Order::OneAtATime),
    (4, MANY, Order::OneAtATime),
    (4, 1, Order::Parallel),
    (1, MANY, Order::Parallel),
    (2, MANY, Order::Parallel),
    (4, MANY, Order::Parallel),
];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    OneAtATime,
    Parallel,
}

type Instance = (Outbox, Workers);

/// What was measured once.
struct Row {
    name: String,
    a_second: f64,
    of_pgbench: f64,
    cost: Option<Cost>,
}

/// What the server took for each delivery.
struct Cost {
    bytes: f64,
    micros: f64,
}

fn main() {
    let Some(server) = Postgres::start("scale") else { return };
    let mut rows: Vec<Row> = Vec::new();
    for round in 0..ROUNDS {
        let inserts = server.database(&format!("pgbench_{round}"));
        let (pgbench, cost) = with_cost(&server, || pgbench(&server, &inserts));
        let mut add = |name: String, a_second: f64, cost| {
            rows.push(Row { name, a_second, of_pgbench: a_second / pgbench, cost });
        };
        add("pgbench, simple insert, 50 clients".to_owned(), pgbench, Some(cost));
        for destinations in [1, MANY] {
            let folder = tempfile::tempdir().unwrap();
            let mut file = vec![Outbox::builder(folder.path().join("outbox.db")).open().unwrap()];
            add("SQLite: kept".to_owned(), keep(&file, destinations), None);
            let posted = post(&mut file, destinations, Order::OneAtATime);
            add(format!("SQLite: posted to {destinations}"), posted, None);
        }
        for (instances, destinations, order) in KINDS {
            let name = format!("scale_{round}_{instances}_{destinations}_{order:?}");
            let mut opened = open(&server.database(&name), instances);
            let (kept, cost) = with_cost(&server, || keep(&opened, destinations));
            add(format!("PostgreSQL, {instances}: kept"), kept, Some(cost));
            let (posted, cost) = with_cost(&server, || post(&mut opened, destinations, order));
            let what = match order {
                Order::OneAtATime => "",
                Order::Parallel => ", `parallel`",
            };
            add(
                format!("PostgreSQL, {instances}: posted to {destinations}{what}"),
                posted,
                Some(cost),
            );
        }
    }
    print(&rows);
    for instances in [1, 4] {
        let asked = standby(&server, instances);
        println!(
            "{instances} instances, {MANY} destinations, 20 deliveries a second: {asked:.0} transactions a second"
        );
    }
}

fn print(rows: &[Row]) {
    println!(
        "| | a second | least to most | of pgbench | bytes of the log | µs of the server |\n|---|---|---|---|---|---|"
    );
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        if !names.contains(&row.name.as_str()) {
            names.push(&row.name);
        }
    }
    for name in names {
        let of = |value: fn(&Row) -> Option<f64>| {
            let mut values: Vec<f64> =
                rows.iter().filter(|row| row.name == name).filter_map(value).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let shown = |values: Vec<f64>, digits: usize| {
            values
                .get(values.len() / 2)
                .map_or(String::new(), |middle| format!("{middle:.digits$}"))
        };
        let rates = of(|row| Some(row.a_second));
        let spread = format!("{:.0} to {:.0}", rates[0], rates[rates.len() - 1]);
        println!(
            "| {name} | {} | {spread} | {} | {} | {} |",
            shown(rates, 0),
            shown(of(|row| Some(row.of_pgbench)), 2),
            shown(of(|row| row.cost.as_ref().map(|cost| cost.bytes)), 0),
            shown(of(|row| row.cost.as_ref().map(|cost| cost.micros)), 0)
        );
    }
}

fn open(address: &str, instances: usize) -> Vec<Instance> {
    (0..instances).map(|_| Outbox::postgres(address).unwrap().open().unwrap()).collect()
}

/// Returns how many are kept in a second.
fn keep(instances: &[Instance], destinations: usize) -> f64 {
    let runtime = Runtime::new().unwrap();
    let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    per_second(|| {
        runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for first in 0..AT_ONCE {
                let outbox = instances[first % instances.len()].0.clone();
                tasks.spawn(async move {
                    for number in (first..DELIVERIES).step_by(AT_ONCE) {
                        let body = format!("{run}{number:310}");
                        let destination = (number % destinations).to_string();
                        outbox.keep(&verified(&body), vec![destination]).await.unwrap();
                    }
                });
            }
            tasks.join_all().await;
        });
    })
}

/// Returns how many of them are posted in a second. One at a time: each destination by one of the instances, which share
/// them.
fn post(instances: &mut [Instance], destinations: usize, order: Order) -> f64 {
    let count = instances.len();
    per_second(|| {
        for (number, (_, workers)) in instances.iter_mut().enumerate() {
            for destination in 0..destinations {
                let policy = match order {
                    Order::OneAtATime if destination % count != number => continue,
                    Order::OneAtATime => Policy::default(),
                    Order::Parallel => Policy::default().parallel(),
                };
                let take = |_: &Delivery| Outcome::Done;
                workers.add(&destination.to_string(), policy, take).unwrap();
            }
        }
        while instances[0].0.waiting().unwrap().iter().any(|waiting| waiting.pending > 0) {
            thread::sleep(Duration::from_millis(50));
        }
    })
}

/// Returns how many transactions a second there are where each instance could post to each destination.
fn standby(server: &Postgres, instances: usize) -> f64 {
    const TIME: Duration = Duration::from_secs(5);
    let name = format!("standby_{instances}");
    let mut opened = open(&server.database(&name), instances);
    for (_, workers) in &mut opened {
        for destination in 0..MANY {
            let take = |_: &Delivery| Outcome::Done;
            workers.add(&destination.to_string(), Policy::default(), take).unwrap();
        }
    }
    let runtime = Runtime::new().unwrap();
    let transactions = || {
        // They are counted up to a second late.
        thread::sleep(Duration::from_millis(1500));
        number(
            server,
            &format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'"),
        )
    };
    let before = transactions();
    let begun = Instant::now();
    let mut kept = 0;
    while begun.elapsed() < TIME {
        let destination = (kept % MANY).to_string();
        let body = format!("{instances}-{kept}");
        runtime.block_on(opened[0].0.keep(&verified(&body), vec![destination])).unwrap();
        kept += 1;
        thread::sleep(Duration::from_millis(50));
    }
    (transactions() - before) / begun.elapsed().as_secs_f64()
}

fn per_second(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    DELIVERIES as f64 / start.elapsed().as_secs_f64()
}

/// Returns what the work does, and what the server took for it.
fn with_cost(server: &Postgres, work: impl FnOnce() -> f64) -> (f64, Cost) {
    let log = || number(server, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')");
    let (bytes, micros) = (log(), processors(server));
    let rate = work();
    let each = |after: f64, before: f64| (after - before) / DELIVERIES as f64;
    (rate, Cost { bytes: each(log(), bytes), micros: each(processors(server), micros) })
}

fn number(server: &Postgres, query: &str) -> f64 {
    server.sql("postgres", query).parse().unwrap()
}

/// Returns how many microseconds all processes of the server took till now.
fn processors(server: &Postgres) -> f64 {
    /// Of Linux, on every machine.
    const TICK: f64 = 10_000.0;
    let file =
        server.sql("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)");
    let ticks = |process: &str, fields: usize| -> f64 {
        // One that ends meanwhile is counted by its parent.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        times.take(fields).map(|time| time.parse::<f64>().unwrap()).sum()
    };
    let children = fs::read_to_string(format!("/proc/{file}/task/{file}/children")).unwrap();
    let alive: f64 = children.split_whitespace().map(|child| ticks(child, 2)).sum();
    // Its own two times, and those of the processes that ended.
    TICK * (alive + ticks(&file, 4))
}

/// One row of 330 bytes for each transaction.
fn pgbench(server: &Postgres, address: &str) -> f64 {
    const CLIENTS: usize = 50;
    let database = address.rsplit('/').next().unwrap();
    server.sql(database, "CREATE TABLE entry (id bigserial PRIMARY KEY, body bytea NOT NULL)");
    let script = tempfile::NamedTempFile::new().unwrap();
    let insert = "INSERT INTO entry (body) VALUES (decode(repeat('00', 330), 'hex'));\n";
    fs::write(script.path(), insert).unwrap();
    let mut bench = Command::new(Path::new(&env::var("OUTBOX_POSTGRES").unwrap()).join("pgbench"));
    bench.args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--client"]);
    bench.arg(CLIENTS.to_string()).arg("--transactions").arg((DELIVERIES / CLIENTS).to_string());
    let said = bench.arg("--file").arg(script.path()).arg(address).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    rate.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}
