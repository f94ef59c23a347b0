//! SARIF 2.1.0, as GitHub code scanning takes it or for the archive. SARIF's types live here and nowhere else.
//!
//! For GitHub, a scope that was not read to its end gets no run at all: GitHub leaves the alerts of a missing run alone, and would
//! close those of an empty one.

mod archive;

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Location as SarifLocation, LogicalLocation, Message, MultiformatMessageString,
    Notification as SarifNotification, PhysicalLocation, PropertyBag, Region as SarifRegion, ReportingConfiguration,
    ReportingDescriptor, ReportingDescriptorReference, Result as SarifResult, ResultLevel, Run, RunAutomationDetails,
    Sarif, Tool, ToolComponent,
};

use super::{SarifOptions, SarifTarget, visible};
use crate::finding::{Finding, Kind, Location, Notification, Region, ScopeName, Severity};
use crate::policy::Policy;
use crate::report::{Report, ScopeReport};
use crate::resource_id::RegistryId;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What the tool is about, until it has a page of its own.
const ABOUT: &str = "https://learn.microsoft.com/azure/container-registry/manage-network-bypass-policy-for-tasks";

/// GitHub refuses a file whose run has more results than this.
const MOST_RESULTS: usize = 25_000;

/// GitHub cuts rule descriptions here.
const MOST_DESCRIPTION: usize = 1024;

/// Where a live registry stands in GitHub's file tree.
const LIVE: Region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

/// Renders one run for each scope: of those complete, for GitHub; of all, for the archive.
///
/// # Errors
/// For GitHub, no scope is complete: it refuses a file without runs, and there is nothing to say.
pub fn render(report: &Report, options: &SarifOptions) -> anyhow::Result<String> {
    let wanted = report.scopes.iter().filter(|scope| scope.complete || options.target == SarifTarget::Archive);
    let runs: Vec<Run> = wanted.map(|scope| run(report, scope, options)).collect();
    if runs.is_empty() {
        anyhow::bail!("no SARIF written: no scope was read to its end, and a file without runs is refused");
    }
    let sarif = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(runs).build();
    let mut text = serde_json::to_string_pretty(&sarif)?;
    text.push('\n');
    Ok(text)
}

fn run(report: &Report, scope: &ScopeReport, options: &SarifOptions) -> Run {
    let mut findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.scope == scope.name).collect();
    if findings.len() > MOST_RESULTS && options.target == SarifTarget::Github {
        findings.sort_by_key(|finding| (finding.kind, std::cmp::Reverse(finding.severity)));
        findings.truncate(MOST_RESULTS);
    }
    let notes = report.notifications.iter().filter(|note| note.scope.as_ref() == Some(&scope.name));
    let invocation = Invocation::builder()
        .execution_successful(true)
        .tool_execution_notifications(notes.map(notification).collect::<Vec<_>>())
        .build();
    let category = category(&scope.name, options.category.as_deref());
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver(&report.policies)).build())
        .automation_details(RunAutomationDetails::builder().id(category).build())
        .column_kind(json!("utf16CodeUnits"))
        .invocations(vec![invocation])
        .results(findings.into_iter().map(|finding| result(finding, &report.policies)).collect::<Vec<_>>())
        .build();
    if options.target == SarifTarget::Archive {
        archive::complete(&mut run, report, scope);
    }
    run
}

/// What is before the last slash is the category by which GitHub tells uploads apart.
fn category(scope: &ScopeName, prefix: Option<&str>) -> String {
    let prefix = prefix.map(|prefix| prefix.trim_end_matches('/'));
    match scope {
        ScopeName::Subscription(id) => format!("{}/{id}/", prefix.unwrap_or("acrscan/live")),
        ScopeName::Source => format!("{}/", prefix.unwrap_or("acrscan/iac")),
    }
}

fn driver(policies: &[Policy]) -> ToolComponent {
    ToolComponent::builder()
        .name("acrscan")
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .version(env!("CARGO_PKG_VERSION"))
        .information_uri(ABOUT)
        .rules(policies.iter().map(rule).collect::<Vec<_>>())
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

fn rule(policy: &Policy) -> ReportingDescriptor {
    let metadata = &policy.metadata;
    let references = metadata.related_resources.iter();
    let links = references.map(|r| (r.description.as_deref().unwrap_or(&r.url), r.url.as_str())).collect::<Vec<_>>();
    let plain: String = links.iter().map(|(name, url)| format!("\n- {name}: {url}")).collect();
    let linked: String = links.iter().map(|(name, url)| format!("\n- [{name}]({url})")).collect();
    let (description, remediation) = (metadata.description.trim(), metadata.custom.remediation.trim());
    let help = MultiformatMessageString::builder()
        .text(format!("{description}\n\nHow to mend it: {remediation}\n{plain}"))
        .markdown(format!("{description}\n\n## How to mend it\n\n{remediation}\n{linked}"))
        .build();
    let severity = metadata.custom.severity;
    let mut properties = BTreeMap::from([
        ("precision".to_owned(), json!("high")),
        ("problem.severity".to_owned(), json!(problem_severity(severity))),
    ]);
    if let Some(number) = security_severity(severity) {
        properties.insert("security-severity".to_owned(), json!(number));
    }
    let tags = ["security", "azure", "container-registry"].map(str::to_owned).to_vec();
    let rule = ReportingDescriptor::builder()
        .id(&policy.id)
        .short_description(text(&cut(&metadata.title)))
        .full_description(text(&cut(description)))
        .help(help)
        .default_configuration(ReportingConfiguration::builder().level(json!(level_word(severity))).build())
        .properties(PropertyBag::builder().tags(tags).additional_properties(properties).build());
    let mut rule = rule.build();
    rule.help_uri = metadata.related_resources.first().map(|reference| reference.url.clone());
    // SARIF 3.49.7: a name that says no more than the id is left out.
    rule.name = Some(pascal_case(&policy.id)).filter(|name| !name.eq_ignore_ascii_case(&policy.id));
    rule
}

fn result(finding: &Finding, policies: &[Policy]) -> SarifResult {
    let rule_index = policies.iter().position(|policy| policy.id == finding.policy).unwrap_or_default();
    let level = match (finding.kind, finding.severity) {
        (Kind::Unknown, _) | (_, Severity::Low | Severity::Note) => ResultLevel::Note,
        (_, Severity::Medium) => ResultLevel::Warning,
        (_, Severity::High | Severity::Critical) => ResultLevel::Error,
    };
    let mut properties = BTreeMap::from([
        ("acrscan/kind".to_owned(), json!(finding.kind.as_str())),
        ("acrscan/severity".to_owned(), json!(finding.severity.as_str())),
        ("acrscan/resourceId".to_owned(), json!(finding.resource)),
        ("acrscan/field".to_owned(), json!(finding.field)),
        ("acrscan/evidence".to_owned(), finding.evidence.clone()),
        ("acrscan/fix".to_owned(), json!(finding.fix)),
    ]);
    if let Some(key) = &finding.key {
        properties.insert("acrscan/key".to_owned(), json!(key));
    }
    let fingerprints = BTreeMap::from([
        ("primaryLocationLineHash".to_owned(), format!("{}:1", &finding.fingerprint[..16])),
        ("acrscan/v1".to_owned(), finding.fingerprint.clone()),
    ]);
    SarifResult::builder()
        .rule_id(&finding.policy)
        .rule_index(rule_index as i64)
        .level(level)
        .message(message(&finding.message))
        .locations(vec![location(finding)])
        .partial_fingerprints(fingerprints)
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build()
}

/// SARIF reads `[…](…)` in a message as a link. A name from Azure must not become one.
fn message(text: &str) -> Message {
    let shown = visible(text);
    let plain = if shown.contains("](") { shown.replace('[', "\\[").replace(']', "\\]") } else { shown.into_owned() };
    Message::builder().text(plain).build()
}

fn location(finding: &Finding) -> SarifLocation {
    let live = || RegistryId::parse(&finding.resource).map(|id| format!("azure/{}", id.path())).unwrap_or_default();
    let (path, region) = match &finding.location {
        // GitHub drops what is not below the repository, and a file elsewhere on this machine is nothing to it.
        Location::File { path, region } if is_below(path) => (path.clone(), *region),
        Location::Source { file, region } => (file.path.clone(), *region),
        Location::File { .. } | Location::Live => (live(), LIVE),
    };
    let region = SarifRegion::builder()
        .start_line(i64::from(region.start_line))
        .start_column(i64::from(region.start_column))
        .end_line(i64::from(region.end_line))
        .end_column(i64::from(region.end_column))
        .build();
    let artifact = ArtifactLocation::builder().uri(percent_encode(&path)).build();
    let resource =
        LogicalLocation::builder().name(&finding.name).fully_qualified_name(&finding.logical).kind("resource").build();
    SarifLocation::builder()
        .physical_location(PhysicalLocation::builder().artifact_location(artifact).region(region).build())
        .logical_locations(vec![resource])
        .build()
}

fn is_below(path: &str) -> bool {
    let has_drive = path.as_bytes().get(1) == Some(&b':');
    !path.starts_with('/') && !has_drive && !path.split('/').any(|segment| segment == ".." || segment.is_empty())
}

/// A path as a relative URI reference: nothing in it can be read as a scheme, a query or a fragment.
fn percent_encode(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/()".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// An error-level notification would mean that the run failed (SARIF 3.58.6), and GitHub refuses failed runs. What is
/// missing from this run shows in it as unknown results; the run itself is whole.
fn notification(note: &Notification) -> SarifNotification {
    let kind = if note.policy.is_some() { POLICY_FAILED } else { NOT_READ };
    let index = if note.policy.is_some() { 1 } else { 0 };
    // Never an error: by the specification that means that the run failed, and GitHub refuses a failed run.
    let built = SarifNotification::builder()
        .level(json!("warning"))
        .message(message(&note.message))
        .descriptor(ReportingDescriptorReference::builder().id(kind.0).index(index).build());
    match &note.resource {
        Some(resource) => {
            let place = LogicalLocation::builder().fully_qualified_name(resource).kind("resource").build();
            built.locations(vec![SarifLocation::builder().logical_locations(vec![place]).build()]).build()
        }
        None => built.build(),
    }
}

fn level_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "note",
    }
}

fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Note => "recommendation",
    }
}

/// A string of a number, as GitHub wants it: over 9.0 is critical there, 7.0 high, 4.0 medium.
fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("3.0"),
        Severity::Note => None,
    }
}

fn pascal_case(id: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    id.split('-').filter(|word| !word.is_empty()).map(capital).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(MOST_DESCRIPTION).collect()
}
