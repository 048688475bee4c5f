use super::{Cause, Certainty, Finding, Side};

/// A signature that fits.
#[derive(Default)]
pub(super) struct Fit {
    pub(super) causes: Vec<Cause>,
    pub(super) details: Vec<String>,
    pub(super) side: Side,
    /// The body that was signed.
    pub(super) body: Vec<u8>,
    /// The time in the text that was signed.
    pub(super) time: Option<Vec<u8>>,
}

impl Fit {
    pub(super) fn has(&self, cause: Cause) -> bool {
        self.causes.contains(&cause)
    }

    /// What had to be corrected, if anything.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { causes, details, side, .. } = self;
        let detail = (!details.is_empty()).then(|| details.join(", "));
        let finding = Finding::new(causes.clone(), Certainty::Proved, detail);
        (!causes.is_empty()).then_some(Finding { side: *side, ..finding })
    }
}
