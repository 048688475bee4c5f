use core::{cmp::Ordering, hash::Hasher as _};
use std::hash::DefaultHasher;

use super::{Cause, cause::particular_first};

/// Something as it is, or corrected.
#[derive(Clone)]
pub(super) struct Candidate<T> {
    /// None of them: as it is.
    pub(super) causes: Vec<Cause>,
    pub(super) detail: Option<String>,
    pub(super) value: T,
}

/// Ways to read one thing, the likeliest first. What is equal to an earlier one is not tried again;
/// the more particular of the two stories is kept.
pub(super) struct Candidates<T> {
    found: Vec<Candidate<T>>,
    most: usize,
    /// Whether some were left out because there were too many.
    pub(super) is_cut_short: bool,
    /// Causes that came to the same, and of which the table does not say which goes first.
    pub(super) undecided: Vec<(Cause, Cause)>,
}

impl<T> Candidate<T> {
    /// Takes the story of another one that comes to the same, if that is more particular.
    pub(super) fn settle(
        &mut self,
        causes: &[Cause],
        detail: Option<String>,
        undecided: &mut Vec<(Cause, Cause)>,
    ) {
        match particular_first(causes, &self.causes) {
            Ok(Ordering::Less) => (self.causes, self.detail) = (causes.to_vec(), detail),
            Ok(_) => {}
            Err(pair) if undecided.contains(&pair) => {}
            Err(pair) => undecided.push(pair),
        }
    }
}

impl<T: PartialEq> Candidates<T> {
    pub(super) const fn new() -> Self {
        Self::at_most(usize::MAX)
    }

    pub(super) const fn at_most(most: usize) -> Self {
        Self { found: Vec::new(), most, is_cut_short: false, undecided: Vec::new() }
    }

    pub(super) fn add(&mut self, causes: &[Cause], value: T) {
        self.add_with(causes, None, value);
    }

    pub(super) fn add_with(&mut self, causes: &[Cause], detail: Option<String>, value: T) {
        if let Some(same) = self.found.iter_mut().find(|other| other.value == value) {
            same.settle(causes, detail, &mut self.undecided);
        } else if self.found.len() >= self.most {
            self.is_cut_short = true;
        } else {
            self.found.push(Candidate { causes: causes.to_vec(), detail, value });
        }
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, Candidate<T>> {
        self.found.iter()
    }

    /// Those that need a correction, or those that need none.
    pub(super) fn pick(&self, corrected: bool) -> impl Iterator<Item = &Candidate<T>> {
        self.iter().filter(move |candidate| candidate.causes.is_empty() != corrected)
    }
}

/// Tells bytes apart without keeping them: the same in every run.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
