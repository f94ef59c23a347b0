//! SARIF 2.1.0, as GitHub code scanning takes it or for the archive. SARIF's types live here and nowhere else.
//!
//! For GitHub, a scope that was not read to its end gets no run at all: GitHub leaves the alerts of a missing run alone, and would
//! close those of an empty one.

mod archive;
mod carried;
pub mod category;
mod grouped;
mod location;
pub mod options;
mod result;
mod rules;
mod scope;
mod snapshot_files;

use std::cmp::Reverse;

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Location as SarifLocation, LogicalLocation, MultiformatMessageString,
    Notification as SarifNotification, ReportingDescriptor, ReportingDescriptorReference, Run, RunAutomationDetails,
    Sarif, Tool, ToolComponent,
};

use self::category::category;
use self::location::file_location;
use self::options::{SarifOptions, SarifTarget};
use self::result::{message, result};
use self::rules::Rules;
use self::scope::is_of;
use self::snapshot_files::SnapshotFiles;
use super::report::links::Links;
use super::report::location::Repository;
use super::report::{Report, ScopeReport};
use super::visible;
use crate::model::finding::{Finding, Notification, ResultKind, ScopeName};
use crate::triage::baseline::CarriedResult;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What the tool is about, until it has a page of its own.
const ABOUT: &str = "https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks";

/// GitHub refuses a file whose run has more results than this.
const MAX_RESULTS: usize = 25_000;

/// Renders one run for each scope: of those that lost nothing, for GitHub; of all, for the archive.
///
/// # Errors
/// For GitHub, no scope is left: it refuses a file without runs, and there is nothing to say.
pub fn render(report: &Report, options: &SarifOptions, links: &Links) -> anyhow::Result<String> {
    let wanted = report.scopes.iter().filter(|scope| scope.is_for_github() || options.target == SarifTarget::Archive);
    let repository = Repository::find();
    let runs: Vec<Run> = wanted.map(|scope| run(report, scope, options, links, &repository)).collect();
    if runs.is_empty() {
        anyhow::bail!("no SARIF written: no scope was read as a whole, and a file without runs is refused");
    }
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(runs).build();
    let mut text = serde_json::to_string_pretty(&sarif)?;
    text.push('\n');
    Ok(text)
}

fn run(report: &Report, scope: &ScopeReport, options: &SarifOptions, links: &Links, repository: &Repository) -> Run {
    let in_scope = report.findings.iter().filter(|finding| finding.scope == scope.name);
    let groups: Vec<Vec<&Finding>> = match options.target {
        SarifTarget::Github => {
            let mut alerts = grouped::by_alert(in_scope.filter(|finding| is_for_github(finding)), repository);
            if alerts.len() > MAX_RESULTS {
                let worst = |alert: &[&Finding]| alert.iter().map(|f| (f.kind, Reverse(f.severity))).min();
                alerts.sort_by_cached_key(|alert| worst(alert));
                alerts.truncate(MAX_RESULTS);
            }
            alerts
        }
        SarifTarget::Archive => in_scope.map(|finding| vec![finding]).collect(),
    };
    let carried: Vec<&CarriedResult> =
        report.carried.iter().filter(|carried| is_of(&carried.resource, &scope.name)).collect();
    let rules = Rules::new(&report.policies, &groups, &carried, links);
    let files = SnapshotFiles::read(groups.iter().flatten().copied(), repository);
    let results = groups.iter().filter_map(|group| group.split_first());
    let results = results.map(|(finding, others)| result(finding, others, &rules, repository, &files));
    let results = results.chain(carried.into_iter().filter_map(|carried| carried::result(carried, &rules)));
    let notes = report.notifications.iter().filter(|note| note.scope.as_ref() == Some(&scope.name));
    let invocation = Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(notes.map(|note| notification(note, repository)).collect::<Vec<_>>())
        .build();
    let category = category(&scope.name, &options.category, repository);
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver(rules.descriptors.clone())).build())
        .automation_details(RunAutomationDetails::builder().id(category).build())
        .column_kind(json!("utf16CodeUnits"))
        .invocations(vec![invocation])
        .results(results.collect::<Vec<_>>())
        .build();
    if !report.settings.is_empty() {
        let settings: Vec<String> =
            report.settings.iter().map(|setting| visible(&setting.sentence()).into_owned()).collect();
        let properties = std::collections::BTreeMap::from([("acrscan/settings".to_owned(), json!(settings))]);
        run.properties = Some(serde_sarif::sarif::PropertyBag::builder().additional_properties(properties).build());
    }
    if options.target == SarifTarget::Archive {
        archive::complete(&mut run, &groups.concat(), report, scope, &rules);
    }
    run
}

/// GitHub shows a waived result as an open alert, whatever its suppressions say. An unknown result of source code is
/// left out for nothing was lost there: the value is given elsewhere. One in Azure keeps an alert open when a
/// permission is lost.
fn is_for_github(finding: &Finding) -> bool {
    finding.waived.is_none() && (finding.kind == ResultKind::Fail || finding.scope != ScopeName::Source)
}

fn driver(rules: Vec<ReportingDescriptor>) -> ToolComponent {
    ToolComponent::builder()
        .name("acrscan")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .version(env!("CARGO_PKG_VERSION"))
        .information_uri(ABOUT)
        .rules(rules)
        .notifications(vec![descriptor(NOT_READ), descriptor(POLICY_FAILED)])
        .build()
}

/// Id, title and meaning of a notification.
type NotificationKind = (&'static str, &'static str, &'static str);

const NOT_READ: NotificationKind = (
    "not-read",
    "A part was not read",
    "Something the scan asked for was refused or failed. Results that need it are unknown.",
);
const POLICY_FAILED: NotificationKind =
    ("policy-failed", "A policy failed", "A policy could not be evaluated on a registry. Its result there is unknown.");

fn descriptor((id, title, meaning): NotificationKind) -> ReportingDescriptor {
    ReportingDescriptor::builder()
        .id(id)
        .short_description(text(title))
        .full_description(text(meaning))
        .help(text(meaning))
        .build()
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// An error-level notification would mean that the run failed (SARIF 3.58.6), and GitHub refuses failed runs. What is
/// missing from this run shows in it as unknown results; the run itself is whole.
fn notification(note: &Notification, repository: &Repository) -> SarifNotification {
    let kind = if note.policy.is_some() { POLICY_FAILED } else { NOT_READ };
    let index = if note.policy.is_some() { 1 } else { 0 };
    // Never an error: by the specification that means that the run failed, and GitHub refuses a failed run.
    let built = SarifNotification::builder()
        .level(json!("warning"))
        .message(message(&note.text()))
        .descriptor(ReportingDescriptorReference::builder().id(kind.0).index(index).build());
    let logical = note.resource.as_ref().map(|resource| {
        let place = LogicalLocation::builder().fully_qualified_name(resource).kind("resource").build();
        SarifLocation::builder().logical_locations(vec![place]).build()
    });
    let physical = note
        .location
        .as_ref()
        .map(|place| SarifLocation::builder().physical_location(file_location(place, repository)).build());
    let locations: Vec<SarifLocation> = logical.into_iter().chain(physical).collect();
    if locations.is_empty() { built.build() } else { built.locations(locations).build() }
}

#[cfg(test)]
mod tests;
