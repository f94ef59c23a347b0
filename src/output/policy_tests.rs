//! The results of `acrscan test` as JUnit.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::visible;
use crate::policy::contract::TestSummary;

/// A suite of the Rego tests, and one of all else that did not hold.
///
/// # Errors
/// None that is known.
pub fn junit(summary: &TestSummary) -> anyhow::Result<String> {
    let mut report = Report::new("acrscan test");
    let mut tests = TestSuite::new("tests");
    for test in &summary.tests {
        let mut case = TestCase::new(visible(&test.name), status(test.failure.as_deref()));
        case.extra.insert("file".into(), visible(&test.file).into_owned().into());
        case.extra.insert("line".into(), test.line.to_string().into());
        if !test.printed.is_empty() {
            case.set_system_out(visible(&test.printed.join("\n")).into_owned());
        }
        tests.add_test_case(case);
    }
    report.add_test_suite(tests);
    let mut contract = TestSuite::new("contract");
    let is_test = |message: &str| summary.tests.iter().any(|test| test.failure.as_deref() == Some(message));
    for failure in summary.failures.iter().filter(|failure| !is_test(&failure.message)) {
        let name = format!("{}:{}", failure.file, failure.line);
        contract.add_test_case(TestCase::new(visible(&name), status(Some(&failure.message))));
    }
    if contract.test_cases.is_empty() {
        contract.add_test_case(TestCase::new("contract", TestCaseStatus::success()));
    }
    report.add_test_suite(contract);
    Ok(report.to_string()?)
}

fn status(failure: Option<&str>) -> TestCaseStatus {
    match failure {
        None => TestCaseStatus::success(),
        Some(message) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(visible(message));
            status
        }
    }
}
