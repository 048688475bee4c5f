use core::{fmt, time::Duration};
use std::{collections::BTreeMap, io};

use tokio::time::Instant;
use verify_toolkit::attack::Answer;

use super::sent::{Sent, milliseconds};
use crate::{
    Verdict,
    output::{BAD, GOOD, Styled},
    target::is_accepted,
    text::Shown,
};

/// What became of many deliveries.
pub(super) struct Summary {
    start: Instant,
    statuses: BTreeMap<u16, usize>,
    /// How long the answers took.
    times: Vec<Duration>,
    accepted: usize,
    unanswered: Vec<io::Error>,
}

impl Summary {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            statuses: BTreeMap::new(),
            times: Vec::new(),
            accepted: 0,
            unanswered: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, sent: Sent) {
        match sent.outcome {
            Ok(answer) => {
                self.accepted += usize::from(is_accepted(&answer));
                *self.statuses.entry(answer.status).or_default() += 1;
                self.times.push(sent.took);
            }
            Err(error) => self.unanswered.push(error),
        }
    }

    /// Whether all were accepted.
    ///
    /// # Errors
    ///
    /// None was answered: the error of the first.
    pub(super) fn verdict(self) -> io::Result<Verdict> {
        let answered = self.times.len();
        match self.unanswered.into_iter().next() {
            Some(error) if answered == 0 => Err(error),
            None if self.accepted == answered => Ok(Verdict::Verified),
            _ => Ok(Verdict::Refused),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.start.elapsed().as_secs_f64();
        let count = self.times.len() + self.unanswered.len();
        writeln!(
            f,
            "{count} deliveries in {seconds:.2} s, {:.1} a second",
            count as f64 / seconds
        )?;
        for (status, count) in &self.statuses {
            let style = if is_accepted(&Answer::new(*status, vec![], vec![])) { GOOD } else { BAD };
            writeln!(f, "  {} {count:>6}", Styled(style, status))?;
        }
        if let Some(error) = self.unanswered.first() {
            let (count, error) = (self.unanswered.len(), error.to_string());
            let none = Styled(BAD, "no answer");
            writeln!(f, "  {none} {count}, the first: {}", Shown(error.as_bytes()))?;
        }
        let mut times = self.times.clone();
        times.sort_unstable();
        let place = |percent: usize| times.get((times.len() * percent / 100).min(times.len() - 1));
        if !times.is_empty()
            && let (Some(median), Some(late), Some(last)) = (place(50), place(99), times.last())
        {
            writeln!(
                f,
                "answered after {} ms (median), {} ms (99 %), {} ms (slowest)",
                milliseconds(*median),
                milliseconds(*late),
                milliseconds(*last)
            )?;
        }
        Ok(())
    }
}
