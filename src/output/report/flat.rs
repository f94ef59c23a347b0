//! A report as rows: what a log analytics service or a spreadsheet takes. Each finding is a row, and so is each thing that
//! was not read, so that whoever counts rows of kind `fail` sees what else there is.

use std::collections::HashMap;

use serde::Serialize;

use super::Report;
use super::location::Repository;
use crate::model::finding::{Finding, Notification, RegistrySummary};

/// The members of a row, in the order in which a table has them.
pub const COLUMNS: [&str; 22] = [
    "kind",
    "severity",
    "policy",
    "title",
    "registry",
    "message",
    "fix",
    "path",
    "line",
    "resource",
    "scope",
    "region",
    "sku",
    "field",
    "key",
    "evidence",
    "baseline",
    "waived",
    "waived_until",
    "fingerprint",
    "tool",
    "tool_version",
];

/// A row. Text is as it was read; what is not known or does not apply is null.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// `fail`, `unknown`, or `not-read` for what could not be read.
    kind: &'static str,
    severity: Option<&'static str>,
    policy: Option<&'a str>,
    title: Option<&'a str>,
    registry: Option<&'a str>,
    message: String,
    /// The commands, to be run one after the other.
    fix: Option<String>,
    path: Option<String>,
    line: Option<u32>,
    resource: Option<&'a str>,
    scope: Option<&'a str>,
    region: Option<&'a str>,
    sku: Option<&'a str>,
    field: Option<&'a str>,
    key: Option<&'a str>,
    /// JSON as text.
    evidence: Option<String>,
    baseline: Option<&'static str>,
    /// Why, where it is.
    waived: Option<&'a str>,
    waived_until: Option<&'a str>,
    fingerprint: Option<&'a str>,
    tool: &'static str,
    tool_version: &'static str,
}

/// The rows of a report, in its order; what was not read comes last.
pub fn rows(report: &Report) -> Vec<Row<'_>> {
    let repository = Repository::find();
    let titles: HashMap<&str, &str> =
        report.policies.iter().map(|policy| (policy.id.as_str(), policy.metadata.title.as_str())).collect();
    let registries: HashMap<&str, &RegistrySummary> =
        report.registries.iter().map(|registry| (registry.resource.as_str(), registry)).collect();
    let findings = report.findings.iter().map(|finding| {
        let registry = registries.get(finding.resource.as_str()).copied();
        finding_row(finding, titles.get(finding.policy.as_str()).copied(), registry, &repository)
    });
    findings.chain(report.notifications.iter().map(not_read)).collect()
}

fn finding_row<'a>(
    finding: &'a Finding,
    title: Option<&'a str>,
    registry: Option<&'a RegistrySummary>,
    repository: &Repository,
) -> Row<'a> {
    let place = repository.locate(finding);
    Row {
        kind: finding.kind.as_str(),
        severity: Some(finding.severity.as_str()),
        policy: Some(&finding.policy),
        title,
        registry: Some(&finding.name),
        message: finding.message.clone(),
        fix: Some(finding.fix.join(" && ")).filter(|fix| !fix.is_empty()),
        line: place.as_ref().map(|place| place.region.start_line),
        path: place.map(|place| place.path),
        resource: Some(&finding.resource),
        scope: Some(finding.scope.as_str()),
        region: registry.map(|registry| registry.location.as_str()).filter(|region| !region.is_empty()),
        sku: registry.map(|registry| registry.sku.as_str()).filter(|sku| !sku.is_empty()),
        field: Some(&finding.field),
        key: finding.key.as_deref(),
        evidence: (!finding.evidence.is_null()).then(|| finding.evidence.to_string()),
        baseline: finding.baseline.map(|state| state.as_str()),
        waived: finding.waived.as_ref().map(|waived| waived.reason.as_str()),
        waived_until: finding.waived.as_ref().and_then(|waived| waived.expires.as_deref()),
        fingerprint: Some(&finding.fingerprint),
        tool: "acrscan",
        tool_version: env!("CARGO_PKG_VERSION"),
    }
}

fn not_read(note: &Notification) -> Row<'_> {
    let location = note.location.as_ref();
    Row {
        kind: "not-read",
        severity: None,
        policy: note.policy.as_deref(),
        title: None,
        registry: None,
        message: note.text().into_owned(),
        fix: None,
        path: location.map(|location| location.path.clone()),
        line: location.and_then(|location| location.start).map(|(line, _)| line),
        resource: note.resource.as_deref(),
        scope: note.scope.as_ref().map(|scope| scope.as_str()),
        region: None,
        sku: None,
        field: None,
        key: None,
        evidence: None,
        baseline: None,
        waived: None,
        waived_until: None,
        fingerprint: None,
        tool: "acrscan",
        tool_version: env!("CARGO_PKG_VERSION"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::output::report::sample;

    #[test]
    fn each_finding_and_each_gap_is_a_row_of_these_columns() {
        let report = sample::compared();
        let rows = rows(&report);
        assert_eq!(rows.len(), report.findings.len() + report.notifications.len());
        for row in rows {
            let Value::Object(members) = serde_json::to_value(row).expect("JSON") else { panic!("an object") };
            let mut columns = COLUMNS.to_vec();
            columns.sort_unstable();
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, columns);
            assert!(members.values().all(|value| !value.is_object() && !value.is_array()), "it is flat");
        }
    }
}
