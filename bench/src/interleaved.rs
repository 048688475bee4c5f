//! Contenders that are measured in turns, so that what disturbs the machine disturbs all of them.

use std::time::{Duration, Instant};

/// What is measured, as a loop of so many rounds.
type Run<'a> = Box<dyn FnMut(u64) + 'a>;

/// Contenders at the same work. The first is what the others are compared with.
#[derive(Default)]
pub struct Race<'a> {
    contenders: Vec<(String, Run<'a>)>,
}

/// How a contender did.
pub struct Outcome {
    pub name: String,
    /// Median time of one run, in nanoseconds.
    pub nanoseconds: f64,
    /// Time of its fastest turn, in nanoseconds.
    pub fastest: f64,
    /// Times those of the first contender, turn by turn.
    pub ratio: Spread,
}

/// A median, and the quartiles around it.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    /// # Panics
    ///
    /// If there are no values.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self { low: at(1), median: at(2), high: at(3) }
    }
}

impl<'a> Race<'a> {
    /// As long as nothing interrupts the processor for.
    const TURN: Duration = Duration::from_micros(100);
    const LEAST_TURNS: usize = 20;

    pub fn add<T>(&mut self, name: impl Into<String>, mut run: impl FnMut() -> T + 'a) {
        let run = move |rounds| {
            for _ in 0..rounds {
                std::hint::black_box(run());
            }
        };
        self.contenders.push((name.into(), Box::new(run)));
    }

    /// Lets each contender run in turns until so much time is over.
    pub fn run(mut self, time: Duration) -> Vec<Outcome> {
        let rounds: Vec<u64> =
            self.contenders.iter_mut().map(|(_, run)| rounds_within(Self::TURN, run)).collect();
        let mut times = vec![Vec::new(); self.contenders.len()];
        let start = Instant::now();
        while start.elapsed() < time || times[0].len() < Self::LEAST_TURNS {
            for ((times, (_, run)), rounds) in
                times.iter_mut().zip(&mut self.contenders).zip(&rounds)
            {
                times.push(nanoseconds(*rounds, run));
            }
        }
        let outcome = |((name, _), own): ((String, Run<'_>), &Vec<f64>)| Outcome {
            name,
            nanoseconds: Spread::of(own.clone()).median,
            fastest: own.iter().copied().fold(f64::INFINITY, f64::min),
            ratio: Spread::of(own.iter().zip(&times[0]).map(|(own, first)| own / first).collect()),
        };
        self.contenders.into_iter().zip(&times).map(outcome).collect()
    }
}

/// How many rounds take about as long as a turn, at least one.
fn rounds_within(turn: Duration, run: &mut Run<'_>) -> u64 {
    let mut rounds = 1;
    loop {
        let start = Instant::now();
        run(rounds);
        if start.elapsed() >= turn {
            return rounds;
        }
        rounds *= 2;
    }
}

/// The time of one round.
fn nanoseconds(rounds: u64, run: &mut Run<'_>) -> f64 {
    let start = Instant::now();
    run(rounds);
    start.elapsed().as_secs_f64() * 1e9 / rounds as f64
}
