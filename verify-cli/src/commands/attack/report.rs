use serde_json::json;
use verify_toolkit::attack::{Case, CaseReport, Outcome, Report};

use crate::{
    Error, Output,
    output::{BAD, GOOD, STRONG, Styled},
    text::Shown,
};

/// Prints what was found: for each group of cases a line, and for each failure what is wrong.
/// `untried` cases need another secret.
pub(super) fn print(report: &Report, untried: usize, output: &mut Output) -> Result<(), Error> {
    if output.is_json() {
        return report.cases.iter().try_for_each(|case| print_json(case, output));
    }
    for group in report.cases.chunk_by(|one, other| group(&one.case) == group(&other.case)) {
        let tried = group.iter().filter(|case| case.outcome != Outcome::Skipped).count();
        let failed = group.iter().filter(|case| !case.findings.is_empty()).count();
        let name = group.first().map_or("", |first| self::group(&first.case));
        let mark = if failed == 0 { Styled(GOOD, "ok    ") } else { Styled(BAD, "failed") };
        output.text(format_args!("{mark}  {name:<12} {tried:>3}"))?;
        if failed > 0 {
            output.text(format_args!(", of which {failed} failed"))?;
        }
        output.line("")?;
        group.iter().try_for_each(|case| print_findings(case, output))?;
    }
    let (tried, failed) = (report.tried(), report.failures().count());
    let skipped = report.cases.len().saturating_sub(tried);
    output.line(format_args!(
        "\n{}: {tried} cases, {skipped} skipped, {failed} failed",
        Styled(STRONG, report.sender)
    ))?;
    if untried > 0 {
        output.line(format_args!(
            "{untried} more need a secret of which every part counts: `verify attack --help` has one"
        ))?;
    }
    Ok(())
}

fn print_findings(report: &CaseReport, output: &mut Output) -> Result<(), Error> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let Case { name, tries, .. } = report.case;
    output.line(format_args!("        {}: {tries}", Styled(STRONG, name)))?;
    report.findings.iter().try_for_each(|finding| {
        output.line(format_args!("          {}", Shown(finding.as_bytes())))
    })
}

fn print_json(report: &CaseReport, output: &mut Output) -> Result<(), Error> {
    let outcome = match &report.outcome {
        Outcome::Answered(answer) => json!(answer.status),
        other => json!(other.to_string()),
    };
    output.json(&json!({
        "case": report.case.name,
        "tries": report.case.tries,
        "expected": report.case.expected.to_string(),
        "outcome": outcome,
        "findings": report.findings,
    }))
}

/// The group that a case belongs to: what stands before the stroke in its name.
pub(super) fn group(case: &Case) -> &'static str {
    case.name.split_once('/').map_or(case.name, |(group, _)| group)
}
