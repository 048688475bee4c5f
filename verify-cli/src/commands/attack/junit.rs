use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use verify_toolkit::attack::{CaseReport, Outcome, Report};

/// Writes a report as JUnit's XML, in the way that build servers read it.
pub(super) fn to_xml(report: &Report) -> String {
    let mut suite = TestSuite::new(format!("verify attack {}", report.sender));
    suite.add_test_cases(report.cases.iter().map(test_case));
    let mut xml = quick_junit::Report::new("verify attack");
    xml.add_test_suite(suite);
    // It fails only where a time cannot be written, and there is none.
    xml.to_string().unwrap_or_default()
}

fn test_case(report: &CaseReport) -> TestCase {
    let status = if report.outcome == Outcome::Skipped {
        TestCaseStatus::skipped()
    } else if report.findings.is_empty() {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        let findings = report.findings.join("\n");
        status
            .set_message(findings.clone())
            .set_description(format!("{}\n{findings}", report.case.tries));
        status
    };
    let mut case = TestCase::new(report.case.name, status);
    case.set_classname("verify.attack");
    case
}
