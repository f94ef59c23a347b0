//! SARIF 2.1.0, as GitHub code scanning takes it or for the archive. SARIF's types live here and nowhere else.
//!
//! For GitHub, a scope that was not read to its end gets no run at all: GitHub leaves the alerts of a missing run alone, and would
//! close those of an empty one.

mod archive;
mod azure_devops;
mod carried;
pub mod category;
mod grouped;
mod limits;
mod location;
pub mod options;
mod result;
mod rules;
mod scope;
mod snapshot_files;

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Location as SarifLocation, LogicalLocation, MultiformatMessageString,
    Notification as SarifNotification, ReportingDescriptor, ReportingDescriptorReference, Run, RunAutomationDetails,
    Sarif, Tool, ToolComponent,
};

use self::location::file_location;
use self::options::{SarifOptions, SarifTarget};
use self::result::{message, result};
use self::rules::Rules;
pub use self::scope::is_file_name;
use self::scope::{Slice, is_of};
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

/// Renders one run for each scope: of those that lost nothing, for GitHub; of all, for the archive.
///
/// # Errors
/// For GitHub, no scope is left: it refuses a file without runs, and there is nothing to say. Or it would refuse the file
/// for its size.
pub fn render(report: &Report, options: &SarifOptions, links: &Links) -> anyhow::Result<String> {
    let repository = Repository::find();
    let runs: Vec<Run> = wanted_scopes(report, options)
        .map(|scope| run(report, &Slice::whole(scope), options, links, &repository))
        .collect();
    if options.target != SarifTarget::Archive {
        limits::check_runs(&runs)?;
    }
    let text = print(runs)?;
    if options.target != SarifTarget::Archive {
        limits::check_size(&text)?;
    }
    Ok(text)
}

/// Renders a file for each scope, and several for one that GitHub would refuse or not show all of: name and text.
///
/// # Errors
/// As [`render`], where no scope is left.
pub fn render_files(report: &Report, options: &SarifOptions, links: &Links) -> anyhow::Result<Vec<(String, String)>> {
    let repository = Repository::find();
    let mut files = Vec::new();
    for scope in wanted_scopes(report, options) {
        let is_bounded = options.target != SarifTarget::Archive;
        let mut parts = 1;
        let texts = loop {
            let slices = (0..parts).map(|index| Slice { scope, index, parts });
            let runs: Vec<Run> = slices.map(|slice| run(report, &slice, options, links, &repository)).collect();
            let is_last = parts >= limits::MAX_PARTS;
            if is_bounded && !is_last && runs.iter().any(|run| result_count(run) > limits::SHOWN_RESULTS) {
                parts *= 2;
                continue;
            }
            let texts = runs.into_iter().map(|run| print(vec![run])).collect::<anyhow::Result<Vec<_>>>()?;
            if is_bounded && !is_last && texts.iter().any(|text| limits::check_size(text).is_err()) {
                parts *= 2;
                continue;
            }
            break texts;
        };
        let slices = (0..parts).map(|index| Slice { scope, index, parts });
        files.extend(slices.map(|slice| slice.file_name()).zip(texts));
    }
    // A shard may have no subscription.
    match files.is_empty() && !report.scopes.is_empty() {
        true => Err(nothing_to_write()),
        false => Ok(files),
    }
}

fn wanted_scopes<'a>(report: &'a Report, options: &SarifOptions) -> impl Iterator<Item = &'a ScopeReport> {
    let is_archive = options.target == SarifTarget::Archive;
    report.scopes.iter().filter(move |scope| scope.is_for_github() || is_archive)
}

fn result_count(run: &Run) -> usize {
    run.results.as_ref().map_or(0, Vec::len)
}

fn nothing_to_write() -> anyhow::Error {
    anyhow::anyhow!("no SARIF written: no scope was read as a whole, and a file without runs is refused")
}

fn print(runs: Vec<Run>) -> anyhow::Result<String> {
    if runs.is_empty() {
        return Err(nothing_to_write());
    }
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(runs).build();
    let mut text = serde_json::to_string_pretty(&sarif)?;
    text.push('\n');
    Ok(text)
}

fn run(report: &Report, slice: &Slice<'_>, options: &SarifOptions, links: &Links, repository: &Repository) -> Run {
    let scope = slice.scope;
    let in_scope = report.findings.iter().filter(|finding| finding.scope == scope.name);
    let mut groups: Vec<Vec<&Finding>> = match options.target {
        SarifTarget::Github | SarifTarget::AzureDevops => {
            grouped::by_alert(in_scope.filter(|finding| is_for_github(finding)), repository)
        }
        SarifTarget::Archive => in_scope.map(|finding| vec![finding]).collect(),
    };
    groups.retain(|group| group.first().is_some_and(|finding| slice.holds(&finding.fingerprint)));
    let carried: Vec<&CarriedResult> = report
        .carried
        .iter()
        .filter(|carried| is_of(&carried.resource, &scope.name) && slice.holds(&carried.fingerprint))
        .collect();
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
    let category = slice.category(&options.category, repository);
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver(rules.descriptors.clone())).build())
        .automation_details(RunAutomationDetails::builder().id(category).build())
        .column_kind(json!("utf16CodeUnits"))
        .invocations(vec![invocation])
        .results(results.collect::<Vec<_>>())
        .build();
    let properties = run_properties(report, scope);
    if !properties.is_empty() {
        run.properties = Some(serde_sarif::sarif::PropertyBag::builder().additional_properties(properties).build());
    }
    if options.target == SarifTarget::AzureDevops {
        azure_devops::complete(&mut run);
    }
    if options.target == SarifTarget::Archive {
        archive::complete(&mut run, &groups.concat(), report, scope, &rules);
    }
    run
}

/// What settings take from the scan, what does not hold, and what was skipped.
fn run_properties(report: &Report, scope: &ScopeReport) -> BTreeMap<String, serde_json::Value> {
    let settings: Vec<String> = report.settings.iter().map(|setting| setting.sentence()).collect();
    let proposed: Vec<String> =
        report.proposed.iter().map(|held| format!("{}:{}: {}", held.path, held.line, held.message)).collect();
    let skipped: Vec<String> = match scope.name {
        ScopeName::Source => report.skipped.iter().map(|file| format!("{}: {}", file.location, file.reason)).collect(),
        ScopeName::Subscription(_) => Vec::new(),
    };
    let all = [("acrscan/settings", settings), ("acrscan/heldBack", proposed), ("acrscan/skipped", skipped)];
    let shown = |texts: Vec<String>| json!(texts.iter().map(|text| visible(text)).collect::<Vec<_>>());
    all.into_iter()
        .filter(|(_, texts)| !texts.is_empty())
        .map(|(name, texts)| (name.to_owned(), shown(texts)))
        .collect()
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
