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
pub(super) struct Candidates<T>(Vec<Candidate<T>>);

impl<T: PartialEq> Candidates<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn add(&mut self, causes: &[Cause], value: T) {
        self.add_with(causes, None, value);
    }

    /// Returns whether it is new.
    pub(super) fn add_with(&mut self, causes: &[Cause], detail: Option<String>, value: T) -> bool {
        let is_new = self.0.iter().all(|other| other.value != value);
        if is_new {
            self.0.push(Candidate { causes: causes.to_vec(), detail, value });
        }
        is_new
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, Candidate<T>> {
        self.0.iter()
    }

    /// Those that need a correction, or those that need none.
    pub(super) fn pick(&self, corrected: bool) -> impl Iterator<Item = &Candidate<T>> {
        self.iter().filter(move |candidate| candidate.causes.is_empty() != corrected)
    }
}
