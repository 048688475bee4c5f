use serde_json::json;
use verify_toolkit::attack::{Case, CaseReport, Harm, Outcome, Report, Severity};

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
    let all: Vec<_> = worst_first(report).collect();
    if !all.is_empty() {
        output.line("\nWhat was found, the worst first:")?;
    }
    for (harm, cases) in all {
        let (first, count) = (cases.first().map_or("", |case| case.case.name), cases.len());
        let of =
            if count == 1 { first.to_owned() } else { format!("{count} cases, such as {first}") };
        output.prose(format_args!(
            "  {}: {} ({of}). To do: {}.",
            Styled(style(harm.severity), harm.severity),
            harm.gains,
            harm.remedy.words()
        ))?;
    }
    if untried > 0 {
        output.line(format_args!(
            "{untried} more need a secret of which every part counts: `verify attack --help` has one"
        ))?;
    }
    Ok(())
}

/// What was found, by what it means.
pub(super) fn worst_first(report: &Report) -> impl Iterator<Item = (Harm, Vec<&CaseReport>)> {
    let mut all: Vec<(Harm, Vec<&CaseReport>)> = Vec::new();
    for case in report.failures() {
        let Some(harm) = case.harm else { continue };
        match all.iter_mut().find(|(other, _)| *other == harm) {
            Some((_, cases)) => cases.push(case),
            None => all.push((harm, vec![case])),
        }
    }
    let place = |severity| Severity::WORST_FIRST.iter().position(|other| *other == severity);
    all.sort_by_key(|(harm, _)| place(harm.severity));
    all.into_iter()
}

const fn style(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Critical | Severity::High => BAD,
        _ => STRONG,
    }
}

fn print_findings(report: &CaseReport, output: &mut Output) -> Result<(), Error> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let Case { name, tries, .. } = report.case;
    let severity = report.harm.map_or("", |harm| harm.severity.name());
    output.line(format_args!("        {}: {tries} ({severity})", Styled(STRONG, name)))?;
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
        "severity": report.harm.map(|harm| harm.severity.name()),
        "gains": report.harm.map(|harm| harm.gains),
    }))
}

/// The group that a case belongs to: what stands before the stroke in its name.
pub(super) fn group(case: &Case) -> &'static str {
    case.name.split_once('/').map_or(case.name, |(group, _)| group)
}
