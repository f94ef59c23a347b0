//! SARIF for the archive: what GitHub ignores or refuses, told as SARIF means it. Runs that failed say so, an unknown
//! result is open, and the policies' controls are taxonomies.

use std::collections::BTreeSet;

use serde_json::json;
use serde_sarif::sarif::{
    ReportingDescriptor, ReportingDescriptorReference, ReportingDescriptorRelationship, ResultKind, ResultLevel, Run,
    ToolComponent, ToolComponentReference,
};

use crate::finding::{Kind, Level};
use crate::policy::Policy;
use crate::report::{Report, ScopeReport};

/// Makes an archive's run of the one that GitHub would get.
pub fn complete(run: &mut Run, report: &Report, scope: &ScopeReport) {
    let notes = report.notifications.iter().filter(|note| note.scope.as_ref() == Some(&scope.name));
    let levels: Vec<Level> = notes.map(|note| note.level).collect();
    for invocation in run.invocations.iter_mut().flatten() {
        // An error notification is what makes a run fail (SARIF 3.20.21, 3.58.6).
        invocation.execution_successful = scope.complete && !levels.contains(&Level::Error);
        for (note, level) in invocation.tool_execution_notifications.iter_mut().flatten().zip(&levels) {
            note.level = Some(json!(if *level == Level::Error { "error" } else { "warning" }));
        }
    }
    for result in run.results.iter_mut().flatten() {
        // On all results or on none (SARIF 3.27.23): an empty list says that the result is not suppressed.
        result.suppressions = Some(Vec::new());
        let properties = result.properties.as_ref().map(|bag| &bag.additional_properties);
        let unknown = properties.and_then(|all| all.get("acrscan/kind")) == Some(&json!(Kind::Unknown.as_str()));
        result.kind = Some(if unknown { ResultKind::Open } else { ResultKind::Fail });
        if unknown {
            result.level = Some(ResultLevel::None);
        }
    }
    let taxonomies = taxonomies(&report.policies);
    if taxonomies.is_empty() {
        return;
    }
    for (rule, policy) in run.tool.driver.rules.iter_mut().flatten().zip(&report.policies) {
        let relationships = relationships(policy, &taxonomies);
        rule.relationships = Some(relationships).filter(|relationships| !relationships.is_empty());
    }
    let reference = |(index, taxonomy): (usize, &ToolComponent)| component(&taxonomy.name, index);
    run.tool.driver.supported_taxonomies = Some(taxonomies.iter().enumerate().map(reference).collect());
    run.taxonomies = Some(taxonomies);
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
