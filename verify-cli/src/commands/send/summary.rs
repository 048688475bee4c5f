use core::{fmt, time::Duration};
use std::{collections::BTreeMap, io};

use super::sent::{Sent, milliseconds};
use crate::{
    Verdict,
    output::{BAD, GOOD, Styled},
    target::Fate,
    text::Shown,
};
use tokio::time::Instant;

/// What became of many deliveries.
pub(super) struct Summary {
    start: Instant,
    statuses: BTreeMap<u16, usize>,
    /// How long the answers took.
    times: Vec<Duration>,
    is_forged: bool,
    unanswered: Vec<io::Error>,
}

impl Summary {
    pub(super) fn new(is_forged: bool) -> Self {
        Self {
            start: Instant::now(),
            statuses: BTreeMap::new(),
            times: Vec::new(),
            is_forged,
            unanswered: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, sent: Sent) {
        match sent.outcome {
            Ok(answer) => {
                *self.statuses.entry(answer.status).or_default() += 1;
                self.times.push(sent.took);
            }
            Err(error) => self.unanswered.push(error),
        }
    }

    /// The worst that became of one: not delivered, refused, accepted.
    ///
    /// # Errors
    ///
    /// None was answered: the error of the first.
    pub(super) fn verdict(self) -> io::Result<Verdict> {
        let verdicts: Vec<_> = self.fates().map(|(fate, _)| fate.verdict()).collect();
        match self.unanswered.into_iter().next() {
            Some(error) if verdicts.is_empty() => Err(error),
            Some(_) => Ok(Verdict::Undelivered),
            None if verdicts.contains(&Verdict::Undelivered) => Ok(Verdict::Undelivered),
            None if verdicts.contains(&Verdict::Refused) => Ok(Verdict::Refused),
            None => Ok(Verdict::Verified),
        }
    }

    /// What became of those that were answered, and of how many.
    fn fates(&self) -> impl Iterator<Item = (Fate, usize)> {
        self.statuses.iter().map(|(status, count)| (Fate::of(*status), *count))
    }

    /// What the numbers amount to, where deliveries were forged or did not arrive.
    fn conclusion(&self) -> String {
        let count = |wanted: fn(Fate) -> bool| -> usize {
            self.fates().filter(|(fate, _)| wanted(*fate)).map(|(_, count)| count).sum()
        };
        let accepted = count(|fate| fate == Fate::Accepted);
        let refused = count(|fate| fate == Fate::Refused);
        let nowhere = count(|fate| fate == Fate::Nowhere);
        if self.is_forged && accepted > 0 {
            format!("\nThe receiver accepted {accepted} forged deliveries.\n")
        } else if self.is_forged && refused == self.times.len() && self.unanswered.is_empty() {
            "\nRefused, as it should be.\n".to_owned()
        } else if nowhere > 0 {
            "\nNo receiver is at this path: compare the path in `--to` with its route.\n".to_owned()
        } else {
            String::new()
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
            let style = if Fate::of(*status) == Fate::Accepted { GOOD } else { BAD };
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
        f.write_str(&self.conclusion())
    }
}
