//! Findings that GitHub would take for one alert, as one result.
//!
//! GitHub knows an alert by its rule, its path and the hash of its line, and shows one of those that share all three.
//! The archive keeps each as a result of its own: there `acrscan/v1` tells them apart, and the hash may repeat.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::escape::cut;
use super::super::report::grouping;
use super::super::report::location::Repository;
use crate::model::finding::{Finding, Location, Severity};

/// Of each of the others, a message is no longer than this.
const MAX_MESSAGE: usize = 300;

/// Findings by alert, in the order of the first of each.
pub fn by_alert<'a>(findings: impl IntoIterator<Item = &'a Finding>, repository: &Repository) -> Vec<Vec<&'a Finding>> {
    grouping::grouped(findings, |finding| match &finding.location {
        Location::Source { .. } => {
            let place = repository.locate_or_invent(finding);
            Some((finding.policy.as_str(), finding.kind, place.path, place.region.start_line))
        }
        // What is in no file of the repository is known by its own fingerprint.
        Location::File { path, region } => {
            Some((finding.policy.as_str(), finding.kind, repository.relative(path)?, region.start_line))
        }
        Location::Live => None,
    })
}

/// How bad an alert is: as its worst finding.
pub fn severity(alert: &[&Finding]) -> Severity {
    alert.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Note)
}

/// The first message, and what it shares its line with.
pub fn text(finding: &Finding, others: &[&Finding]) -> String {
    let shown: Vec<String> = grouping::others(others).map(|other| cut(&other, MAX_MESSAGE).into_owned()).collect();
    match shown.as_slice() {
        [] => finding.message.clone(),
        [..] => format!("{} Also here: {}", finding.message, shown.join(" ")),
    }
}

/// What a later scan needs to know each of them again; lists of one order and length, the first finding first.
pub fn properties(finding: &Finding, others: &[&Finding], properties: &mut BTreeMap<String, Value>) {
    if others.is_empty() {
        return;
    }
    let mut list = |name: &str, value: fn(&Finding) -> Value| {
        let all: Vec<Value> = std::iter::once(finding).chain(others.iter().copied()).map(value).collect();
        properties.insert(format!("acrscan/{name}"), Value::Array(all));
    };
    list("evidences", |finding| finding.evidence.clone());
    list("fingerprints", |finding| json!(finding.fingerprint));
    list("keys", |finding| json!(finding.key));
    list("messages", |finding| json!(finding.message));
    list("registryFingerprints", |finding| json!(finding.registry_fingerprint));
    list("resourceIds", |finding| json!(finding.resource));
    list("severities", |finding| json!(finding.severity.as_str()));
}
