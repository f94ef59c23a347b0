//! The JSON report as a baseline.

use serde::Deserialize;
use serde_json::{Value, json};

use super::sarif::ParseError;
use super::{Baseline, BaselineResult};
use crate::model::finding::ScopeName;

#[derive(Deserialize)]
struct Report {
    scopes: Vec<Scope>,
    findings: Vec<ReportedFinding>,
    #[serde(default)]
    carried: Vec<ReportedFinding>,
}

#[derive(Deserialize)]
struct Scope {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct ReportedFinding {
    policy: String,
    kind: String,
    severity: Option<String>,
    message: String,
    resource: String,
    #[serde(default)]
    logical: String,
    #[serde(default)]
    field: String,
    key: Option<String>,
    #[serde(default)]
    evidence: Value,
    fingerprint: String,
    registry_fingerprint: Option<String>,
    waived: Option<Value>,
    not_seen_since: Option<String>,
}

/// Whether a text is a report of ours, and not SARIF.
pub fn is_one(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Head {
        schema_version: Option<Value>,
        tool: Option<Value>,
        runs: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Head>(text)
        .is_ok_and(|head| head.runs.is_none() && head.schema_version.is_some() && head.tool.is_some())
}

/// Reads a report; it holds everything, as SARIF for the archive does.
pub fn parse(text: &str) -> Result<Baseline, ParseError> {
    let tool: Value = serde_json::from_str(text).map_err(ParseError::Json)?;
    let name = tool["tool"]["name"].as_str().unwrap_or_default().to_owned();
    drop(tool);
    if name != "acrscan" {
        return Err(ParseError::At("/tool/name".to_owned(), format!("it is of another tool, {name:?}")));
    }
    let report: Report = serde_json::from_str(text).map_err(ParseError::Json)?;
    let mut baseline = Baseline { archive: true, ..Baseline::default() };
    let live = report.scopes.into_iter().filter(|scope| scope.kind != ScopeName::Source.as_str());
    baseline.scopes.extend(live.map(|scope| scope.name.to_lowercase()));
    for finding in report.findings.into_iter().chain(report.carried) {
        baseline.take(finding);
    }
    Ok(baseline)
}

impl Baseline {
    fn take(&mut self, finding: ReportedFinding) {
        let sarif = as_sarif(&finding).to_string();
        let known = BaselineResult {
            resource: finding.resource,
            message: finding.message,
            kind: finding.kind,
            severity: finding.severity.unwrap_or_default(),
            evidence: Some(finding.evidence),
            registry_fingerprint: finding.registry_fingerprint,
            waived: finding.waived.is_some(),
            not_seen_since: finding.not_seen_since,
            place: (0, self.raw.len()),
            seen: false,
            seen_as_unknown: false,
        };
        self.raw.push(sarif);
        self.insert(finding.policy, finding.fingerprint, known);
    }
}

/// The result, for a scan that could not see it and hands it on.
fn as_sarif(finding: &ReportedFinding) -> Value {
    let mut properties = json!({
        "acrscan/kind": finding.kind,
        "acrscan/resourceId": finding.resource,
        "acrscan/field": finding.field,
        "acrscan/evidence": finding.evidence,
    });
    if let Some(severity) = &finding.severity {
        properties["acrscan/severity"] = json!(severity);
    }
    if let Some(key) = &finding.key {
        properties["acrscan/key"] = json!(key);
    }
    let hash = finding.fingerprint.get(..16).unwrap_or(&finding.fingerprint);
    let logical = if finding.logical.is_empty() { &finding.resource } else { &finding.logical };
    json!({
        "ruleId": finding.policy,
        "level": match finding.severity.as_deref() {
            Some("critical" | "high") => "error",
            Some("medium") => "warning",
            _ => "note",
        },
        "message": {"text": finding.message},
        "locations": [{
            "logicalLocations": [{"fullyQualifiedName": logical, "kind": "resource"}],
            "physicalLocation": {
                "artifactLocation": {"uri": format!("azure/{}", finding.resource.trim_start_matches('/'))},
                "region": {"startLine": 1},
            },
        }],
        "partialFingerprints": {
            "acrscan/v1": finding.fingerprint,
            "primaryLocationLineHash": format!("{hash}:1"),
        },
        "properties": properties,
    })
}
