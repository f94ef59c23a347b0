//! A finding as a SARIF result: where it is, what stands there, and what GitHub knows it by.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use serde_sarif::sarif::{
    Location as SarifLocation, LogicalLocation, Message, PropertyBag, Result as SarifResult, ResultLevel,
};

use super::super::report::location::{ReportLocation, Repository};
use super::super::visible;
use super::grouped;
use super::location::physical_location;
use super::rules::Rules;
use super::snapshot_files::SnapshotFiles;
use crate::model::finding::{Finding, Location, Region, ResultKind, Severity};
use crate::model::text_file::TextFile;

/// The table of what GitHub uses has at most ten places of a result.
const MAX_RELATED: usize = 10;

/// The result that GitHub gets, for a finding and others that would be the same alert; the archive adds to it.
pub fn result(
    finding: &Finding,
    others: &[&Finding],
    rules: &Rules,
    repository: &Repository,
    files: &SnapshotFiles,
) -> SarifResult {
    let all = || std::iter::once(finding).chain(others.iter().copied());
    let severity = all().map(|finding| finding.severity).max().unwrap_or(finding.severity);
    let place = repository.locate_or_invent(finding);
    let (rule_id, rule_index) = rules.of(&finding.policy, finding.kind, severity);
    let level = match (finding.kind, severity) {
        (ResultKind::Unknown, _) | (_, Severity::Low | Severity::Note) => ResultLevel::Note,
        (_, Severity::Medium) => ResultLevel::Warning,
        (_, Severity::High | Severity::Critical) => ResultLevel::Error,
    };
    let mut properties = BTreeMap::from([
        ("acrscan/kind".to_owned(), json!(finding.kind.as_str())),
        ("acrscan/severity".to_owned(), json!(severity.as_str())),
        ("acrscan/resourceId".to_owned(), json!(finding.resource)),
        ("acrscan/field".to_owned(), json!(finding.field)),
        ("acrscan/evidence".to_owned(), finding.evidence.clone()),
        ("acrscan/fix".to_owned(), json!(finding.fix)),
    ]);
    grouped::properties(finding, others, &mut properties);
    let related = related(all(), &place, repository);
    let text = with_links(&grouped::text(finding, others), &related);
    if text != finding.message {
        // As the policy said it, for a later scan to compare with.
        properties.insert("acrscan/message".to_owned(), json!(finding.message));
    }
    if let Some(key) = &finding.key {
        properties.insert("acrscan/key".to_owned(), json!(key));
    }
    if rule_id != finding.policy {
        properties.insert("acrscan/policy".to_owned(), json!(finding.policy));
    }
    let mut fingerprints = BTreeMap::from([
        ("primaryLocationLineHash".to_owned(), line_hash(finding, &place, files)),
        ("acrscan/v1".to_owned(), finding.fingerprint.clone()),
    ]);
    if let Some(of_registry) = &finding.registry_fingerprint {
        fingerprints.insert("acrscan/registry/v1".to_owned(), of_registry.clone());
    }
    let mut result = SarifResult::builder()
        .rule_id(rule_id)
        .level(level)
        .message(Message::builder().text(text).build())
        .locations(vec![location(all(), &place)])
        .partial_fingerprints(fingerprints)
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build();
    result.rule_index = rule_index;
    result.related_locations = Some(related).filter(|related| !related.is_empty());
    result
}

/// Of a file of the repository the hash of the line, exactly as GitHub's upload action computes it, which would warn of any
/// other; where GitHub has no file, and computes none, the beginning of our own fingerprint.
fn line_hash(finding: &Finding, place: &ReportLocation, files: &SnapshotFiles) -> String {
    let of_line = place.file.and_then(|file| file.line_hash(place.region.start_line));
    let of_line = of_line.or_else(|| files.line_hash(finding));
    of_line.unwrap_or_else(|| format!("{}:1", &finding.fingerprint[..16]))
}

/// A message without links.
pub fn message(text: &str) -> Message {
    Message::builder().text(without_links(text)).build()
}

/// SARIF reads `[…](…)` in a message as a link. A name from Azure must not become one.
fn without_links(text: &str) -> String {
    let shown = visible(text);
    if shown.contains("](") { shown.replace('[', "\\[").replace(']', "\\]") } else { shown.into_owned() }
}

/// GitHub shows those related places alone that the message links to.
fn with_links(text: &str, related: &[SarifLocation]) -> String {
    let link = |(index, place): (usize, &SarifLocation)| {
        let what = place.message.as_ref().and_then(|message| message.text.as_deref()).unwrap_or("here");
        let what = what.replace("\\[", "[").replace("\\]", "]").replace('[', "\\[").replace(']', "\\]");
        format!("[{what}]({})", index + 1)
    };
    let links: Vec<String> = related.iter().enumerate().map(link).collect();
    match links.as_slice() {
        [] => without_links(text),
        links => format!("{} See also: {}.", without_links(text), links.join(", ")),
    }
}

fn location<'a>(findings: impl Iterator<Item = &'a Finding>, place: &ReportLocation) -> SarifLocation {
    let mut known = HashSet::new();
    let resource = |finding: &Finding| {
        LogicalLocation::builder().name(&finding.name).fully_qualified_name(&finding.logical).kind("resource").build()
    };
    let resources = findings.filter(|finding| known.insert((&finding.name, &finding.logical))).take(MAX_RELATED);
    SarifLocation::builder()
        .physical_location(physical_location(&place.path, place.region, place.file))
        .logical_locations(resources.map(resource).collect::<Vec<_>>())
        .build()
}

/// The places besides the result's own, each once; where that had to give way to one of them, it is among them.
fn related<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    own: &ReportLocation,
    repository: &Repository,
) -> Vec<SarifLocation> {
    let of_finding = |finding: &'a Finding| {
        let cause = match &finding.location {
            Location::Source { file, region } if repository.relative(&file.path).is_some() => {
                Some(("also here", file, *region))
            }
            Location::Source { file, region } => Some(("the value itself", file, *region)),
            Location::File { .. } | Location::Live => None,
        };
        let others = finding.related.iter().map(|related| (related.message.as_str(), &related.file, related.region));
        cause.into_iter().chain(others)
    };
    let mut known: HashSet<(&str, Region)> =
        own.file.map(|file| (file.path.as_str(), own.region)).into_iter().collect();
    let places = findings.flat_map(of_finding).filter(|(_, file, region)| known.insert((file.path.as_str(), *region)));
    let location = |(index, (what, file, region)): (usize, (&str, &std::sync::Arc<TextFile>, Region))| {
        let path = repository.relative_or_external(&file.path);
        SarifLocation::builder()
            .id(index as i64 + 1)
            .message(message(what))
            .physical_location(physical_location(&path, region, Some(file)))
            .build()
    };
    places.take(MAX_RELATED).enumerate().map(location).collect()
}
