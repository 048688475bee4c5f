//! Servers under load, in turns.

use std::{error::Error, time::Duration};

use crate::{
    delivery::{self, Flaw},
    interleaved::Spread,
    load::{self, Answers, Load},
    process::Server,
    report::{self, Table},
};

/// A server with the load for it.
pub struct Contender {
    pub name: String,
    pub server: Server,
    pub requests: Vec<Vec<u8>>,
    pub status: u16,
    pub connections: usize,
    pub slow: usize,
}

/// What a contender did in its turns.
pub struct Results {
    pub name: String,
    pub turns: Vec<Turn>,
    /// Of all turns, and of the one before them.
    pub answers: usize,
    /// KiB.
    pub memory: u64,
}

pub struct Turn {
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    /// Of the server, in microseconds a request.
    pub processor: f64,
    pub wrong: usize,
    pub answers: usize,
}

impl Contender {
    /// With good deliveries on 64 connections.
    pub fn new(name: &str, server: Server, size: usize) -> Self {
        let count = (if report::is_brief() { 1 << 20 } else { 24 << 20 }) / (size + 300);
        let requests = delivery::requests("/hook", size, count, Flaw::None);
        Self { name: name.into(), server, requests, status: 204, connections: 64, slow: 0 }
    }

    fn turn(&self, time: Duration) -> Result<Turn, Box<dyn Error>> {
        let load = Load {
            port: self.server.port,
            requests: &self.requests,
            status: self.status,
            connections: self.connections,
            slow: self.slow,
            time,
        };
        let before = self.server.processor_time();
        let answers: Answers = load::run(load)?;
        let processor = (self.server.processor_time() - before) as f64 / 1e3;
        let count = answers.latencies.len();
        let wrong = answers.wrong;
        if wrong > 0 {
            eprintln!("WRONG: {}: {wrong} of {count} answers", self.name);
        }
        if wrong * 10 > count || count == 0 {
            return Err(format!("{}: most answers are not what they should be", self.name).into());
        }
        Ok(Turn {
            per_second: answers.per_second(),
            p50: answers.percentile(50),
            p99: answers.percentile(99),
            processor: processor / count as f64,
            wrong,
            answers: count,
        })
    }
}

/// Lets all run in turns.
///
/// # Errors
///
/// A server does not answer, or one answer in ten is not what it should be.
pub fn race(contenders: Vec<Contender>, turns: u32) -> Result<Vec<Results>, Box<dyn Error>> {
    race_prepared(contenders, turns, |_| {})
}

/// The same, with something to do before each turn of a contender.
///
/// # Errors
///
/// Those of [`race`].
pub fn race_prepared(
    mut contenders: Vec<Contender>,
    turns: u32,
    mut prepare: impl FnMut(&mut Contender),
) -> Result<Vec<Results>, Box<dyn Error>> {
    let (turns, time) = if report::is_brief() { (1, 100) } else { (turns, 500) };
    let mut all: Vec<Results> = Vec::new();
    for contender in &mut contenders {
        prepare(contender);
        let warm = contender.turn(Duration::from_millis(time / 2))?;
        let name = contender.name.clone();
        all.push(Results { name, turns: Vec::new(), answers: warm.answers, memory: 0 });
    }
    for _ in 0..turns {
        for (results, contender) in all.iter_mut().zip(&mut contenders) {
            prepare(contender);
            let turn = contender.turn(Duration::from_millis(time))?;
            results.answers += turn.answers;
            results.turns.push(turn);
        }
    }
    for (results, contender) in all.iter_mut().zip(&contenders) {
        results.memory = contender.server.peak_memory();
    }
    Ok(all)
}

impl Results {
    /// # Panics
    ///
    /// If there was no turn.
    pub fn median(&self, of: fn(&Turn) -> f64) -> f64 {
        Spread::of(self.turns.iter().map(of).collect()).median
    }

    /// Turn by turn, times those of another.
    ///
    /// # Panics
    ///
    /// If there was no turn.
    pub fn ratio(&self, other: &Self, of: fn(&Turn) -> f64) -> Spread {
        let pairs = self.turns.iter().zip(&other.turns);
        Spread::of(pairs.map(|(own, other)| of(own) / of(other)).collect())
    }
}

/// A table for what [`note`] writes.
pub fn raw() -> Table {
    Table::new(&[
        "group",
        "what",
        "turn",
        "per_second",
        "p50_us",
        "p99_us",
        "cpu_us",
        "wrong",
        "peak_kib",
    ])
}

/// Writes down each turn.
pub fn note(raw: &mut Table, group: &str, all: &[Results]) {
    for results in all {
        for (number, turn) in results.turns.iter().enumerate() {
            raw.row([
                group.to_owned(),
                results.name.clone(),
                number.to_string(),
                format!("{:.0}", turn.per_second),
                format!("{:.1}", turn.p50),
                format!("{:.1}", turn.p99),
                format!("{:.2}", turn.processor),
                turn.wrong.to_string(),
                results.memory.to_string(),
            ]);
        }
    }
}
