//! SARIF for the archive: what GitHub ignores or refuses, told as SARIF means it. Runs that failed say so, an unknown
//! result is open, and the policies' controls are taxonomies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, PhysicalLocation, PropertyBag, ReportingDescriptor,
    ReportingDescriptorReference, ReportingDescriptorRelationship, Result as SarifResult, ResultKind as SarifKind,
    ResultLevel, Run, Suppression, ToolComponent, ToolComponentReference,
};

use super::super::report::{Report, ScopeReport};
use super::location::{sarif_region, uri};
use super::result::message;
use super::rules::Rules;
use super::scope::is_of;
use crate::model::finding::{Finding, Level, Region, ResultKind, UNKNOWN_PREFIX, Waived};
use crate::policy::Policy;
use crate::triage::baseline::AbsentResult;

/// Makes an archive's run of the one that GitHub would get; its results are those of these findings.
pub fn complete(run: &mut Run, findings: &[&Finding], report: &Report, scope: &ScopeReport, rules: &Rules) {
    let notes = report.notifications.iter().filter(|note| note.scope.as_ref() == Some(&scope.name));
    let levels: Vec<Level> = notes.map(|note| note.level).collect();
    for invocation in run.invocations.iter_mut().flatten() {
        // An error notification is what makes a run fail (SARIF 3.20.21, 3.58.6).
        invocation.execution_successful = scope.complete && !levels.contains(&Level::Error);
        for (note, level) in invocation.tool_execution_notifications.iter_mut().flatten().zip(&levels) {
            note.level = Some(json!(if *level == Level::Error { "error" } else { "warning" }));
        }
    }
    for (result, finding) in run.results.iter_mut().flatten().zip(findings) {
        // On all results or on none (SARIF 3.27.23): an empty list says that the result is not suppressed.
        result.suppressions = Some(finding.waived.iter().map(suppression).collect());
        result.baseline_state = finding.baseline.map(|state| json!(state.as_str()));
        set_kind(result, finding.kind);
    }
    // What is carried stands behind the findings.
    for result in run.results.iter_mut().flatten().skip(findings.len()) {
        result.suppressions = Some(Vec::new());
        result.baseline_state = Some(json!("unchanged"));
        let is_unknown = result.rule_id.as_deref().is_some_and(|id| id.starts_with(UNKNOWN_PREFIX));
        set_kind(result, if is_unknown { ResultKind::Unknown } else { ResultKind::Fail });
    }
    let absent = report.absent.iter().flatten().filter(|gone| is_of(&gone.resource, &scope.name));
    run.results.get_or_insert_default().extend(absent.map(|gone| absent_result(gone, rules)));
    let taxonomies = taxonomies(&report.policies);
    if taxonomies.is_empty() {
        return;
    }
    for rule in run.tool.driver.rules.iter_mut().flatten() {
        let Some(policy) = report.policies.iter().find(|policy| policy.id == rule.id) else { continue };
        let relationships = relationships(policy, &taxonomies);
        rule.relationships = Some(relationships).filter(|relationships| !relationships.is_empty());
    }
    let reference = |(index, taxonomy): (usize, &ToolComponent)| component(&taxonomy.name, index);
    run.tool.driver.supported_taxonomies = Some(taxonomies.iter().enumerate().map(reference).collect());
    run.taxonomies = Some(taxonomies);
}

fn set_kind(result: &mut SarifResult, kind: ResultKind) {
    match kind {
        ResultKind::Fail => result.kind = Some(SarifKind::Fail),
        ResultKind::Unknown => (result.kind, result.level) = (Some(SarifKind::Open), Some(ResultLevel::None)),
    }
}

/// A waiver: accepted, by whom, why and until when.
fn suppression(waived: &Waived) -> Suppression {
    let mut properties = BTreeMap::new();
    for (name, value) in [("acrscan/expires", &waived.expires), ("acrscan/approvedBy", &waived.approved_by)] {
        if let Some(value) = value {
            properties.insert(name.to_owned(), json!(value));
        }
    }
    let region = Region { start_line: waived.line, start_column: 1, end_line: waived.line, end_column: 1 };
    let mut region = sarif_region(region);
    // The line is all that is known.
    (region.start_column, region.end_column, region.end_line) = (None, None, None);
    let artifact = ArtifactLocation::builder().uri(uri(&waived.path)).build();
    let place = PhysicalLocation::builder().artifact_location(artifact).region(region).build();
    Suppression::builder()
        .kind(json!(if waived.in_source { "inSource" } else { "external" }))
        .status(json!("accepted"))
        .justification(&waived.reason)
        .location(Location::builder().physical_location(place).build())
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build()
}

/// A result that is gone has no place any more but the resource it was about.
fn absent_result(gone: &AbsentResult, rules: &Rules) -> SarifResult {
    let resource = LogicalLocation::builder().fully_qualified_name(&gone.resource).kind("resource").build();
    let mut result = SarifResult::builder()
        .rule_id(&gone.policy)
        .kind(SarifKind::Fail)
        .message(message(&gone.message))
        .locations(vec![Location::builder().logical_locations(vec![resource]).build()])
        .partial_fingerprints(BTreeMap::from([("acrscan/v1".to_owned(), gone.fingerprint.clone())]))
        .suppressions(Vec::new())
        .baseline_state(json!("absent"))
        .build();
    // The policy may be gone, too.
    result.rule_index = rules.index_of(&gone.policy);
    result
}

/// One for each framework that any policy is mapped to, with the controls it is mapped to; sorted.
fn taxonomies(policies: &[Policy]) -> Vec<ToolComponent> {
    let frameworks: BTreeSet<&String> =
        policies.iter().flat_map(|policy| policy.metadata.custom.controls.keys()).collect();
    let taxonomy = |name: &String| {
        let controls = policies.iter().flat_map(|policy| policy.metadata.custom.controls.get(name)).flatten();
        let controls: BTreeSet<&String> = controls.collect();
        let taxa = controls.into_iter().map(|control| ReportingDescriptor::builder().id(control).build());
        ToolComponent::builder().name(name).is_comprehensive(false).taxa(taxa.collect::<Vec<_>>()).build()
    };
    frameworks.into_iter().map(taxonomy).collect()
}

fn relationships(policy: &Policy, taxonomies: &[ToolComponent]) -> Vec<ReportingDescriptorRelationship> {
    let mut relationships = Vec::new();
    for (framework, controls) in &policy.metadata.custom.controls {
        let Some(index) = taxonomies.iter().position(|taxonomy| taxonomy.name == *framework) else { continue };
        let taxa = taxonomies[index].taxa.as_deref().unwrap_or_default();
        for control in controls {
            let place = taxa.iter().position(|taxon| taxon.id == *control).unwrap_or_default();
            let target = ReportingDescriptorReference::builder()
                .id(control)
                .index(place as i64)
                .tool_component(component(framework, index))
                .build();
            let kinds = vec!["relevant".to_owned()];
            relationships.push(ReportingDescriptorRelationship::builder().target(target).kinds(kinds).build());
        }
    }
    relationships
}

fn component(name: &str, index: usize) -> ToolComponentReference {
    ToolComponentReference::builder().name(name).index(index as i64).build()
}
