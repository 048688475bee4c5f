use super::Cause;

/// Something as it is, or corrected.
#[derive(Clone)]
pub(super) struct Candidate<T> {
    /// None of them: as it is.
    pub(super) causes: Vec<Cause>,
    pub(super) detail: Option<String>,
    pub(super) value: T,
}

/// Ways to read one thing, the likeliest first. What is equal to an earlier one is left out: trying
/// it again would be work for nothing.
pub(super) struct Candidates<T> {
    found: Vec<Candidate<T>>,
    most: usize,
    /// Whether some were left out because there were too many.
    pub(super) is_cut_short: bool,
}

impl<T: PartialEq> Candidates<T> {
    pub(super) const fn new() -> Self {
        Self::at_most(usize::MAX)
    }

    pub(super) const fn at_most(most: usize) -> Self {
        Self { found: Vec::new(), most, is_cut_short: false }
    }

    pub(super) fn add(&mut self, causes: &[Cause], value: T) {
        self.add_with(causes, None, value);
    }

    /// Returns whether it is new.
    pub(super) fn add_with(&mut self, causes: &[Cause], detail: Option<String>, value: T) -> bool {
        let is_new = self.iter().all(|other| other.value != value);
        if is_new && self.found.len() >= self.most {
            self.is_cut_short = true;
            return false;
        }
        if is_new {
            self.found.push(Candidate { causes: causes.to_vec(), detail, value });
        }
        is_new
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, Candidate<T>> {
        self.found.iter()
    }

    /// Those that need a correction, or those that need none.
    pub(super) fn pick(&self, corrected: bool) -> impl Iterator<Item = &Candidate<T>> {
        self.iter().filter(move |candidate| candidate.causes.is_empty() != corrected)
    }
}
