//! GitLab's code quality report: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>. It knows
//! findings in files; one in Azure stands at a path of its registry, as in SARIF.

use serde::Serialize;

use super::report::Report;
use super::report::location::Repository;
use crate::model::digest;
use crate::model::finding::{Finding, Notification, ResultKind, Severity, UNKNOWN_PREFIX};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Renders the list: what is open, and what was not read.
///
/// # Errors
/// None that is known: all members are text and numbers.
pub fn render(report: &Report) -> serde_json::Result<String> {
    let repository = Repository::find();
    let findings = report.open().map(|finding| issue(finding, &repository));
    let gaps = report.notifications.iter().map(|note| not_read(note, &repository));
    Ok(serde_json::to_string_pretty(&findings.chain(gaps).collect::<Vec<_>>())? + "\n")
}

fn issue(finding: &Finding, repository: &Repository) -> Issue {
    let place = repository.locate_or_invent(finding);
    let (check_name, severity) = match finding.kind {
        ResultKind::Fail => (finding.policy.clone(), severity(finding.severity)),
        ResultKind::Unknown => (format!("{UNKNOWN_PREFIX}{}", finding.policy), "info"),
    };
    Issue {
        description: finding.message.clone(),
        fingerprint: digest::sha256(format!("{check_name}\0{}", finding.fingerprint)),
        check_name,
        severity,
        location: Location { path: place.path, lines: Lines { begin: place.region.start_line } },
    }
}

/// What was not read hides whatever there is.
fn not_read(note: &Notification, repository: &Repository) -> Issue {
    let text = note.text().into_owned();
    let path = note.location.as_ref().map(|location| repository.relative_or_external(&location.path));
    let line = note.location.as_ref().and_then(|location| location.start).map_or(1, |(line, _)| line);
    Issue {
        fingerprint: digest::sha256(format!("not-read\0{text}")),
        check_name: "not-read".to_owned(),
        severity: "blocker",
        location: Location { path: path.unwrap_or_else(|| "azure".to_owned()), lines: Lines { begin: line } },
        description: text,
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Note => "info",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::output::report::sample;

    /// What GitLab's documentation says that a report must hold.
    #[test]
    fn it_is_as_gitlab_asks_for() {
        let report = sample::report();
        let issues: Vec<Value> = serde_json::from_str(&render(&report).expect("JSON")).expect("a list");
        assert_eq!(issues.len(), report.open().count() + report.notifications.len());
        let mut fingerprints = BTreeSet::new();
        for issue in &issues {
            let text = |name: &str| issue[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            assert!(text("description").is_some() && text("check_name").is_some(), "{issue}");
            assert!(fingerprints.insert(text("fingerprint").expect("a fingerprint")), "{issue}");
            assert!(
                ["info", "minor", "major", "critical", "blocker"].contains(&text("severity").expect("one").as_str())
            );
            let path = issue["location"]["path"].as_str().expect("a path");
            assert!(!path.starts_with(['/', '.']), "{path}");
            assert!(issue["location"]["lines"]["begin"].as_u64() >= Some(1), "{issue}");
        }
        assert_eq!(issues[1]["location"], json!({ "path": "infra/variables.tf", "lines": { "begin": 2 } }));
        assert_eq!(issues[1]["severity"], "critical");
    }
}
