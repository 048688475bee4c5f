use super::{Outcome, Report};

/// Panics unless the receiver at this path is sound.
#[expect(clippy::panic, reason = "it is an assertion")]
pub(super) fn hardened(path: &str, report: &Report) {
    let mut outcomes = report.cases.iter().map(|report| &report.outcome);
    let is_nowhere = |outcome: &Outcome| match outcome {
        Outcome::Answered(answer) => answer.status == 404,
        other => *other == Outcome::Skipped,
    };
    assert!(
        !outcomes.all(is_nowhere),
        "wrong path? everything that was sent to `{path}` was answered 404"
    );
    if !report.is_hardened() {
        panic!("{report}");
    }
}
