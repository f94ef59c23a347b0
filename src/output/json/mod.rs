//! The report for programs, as `report.schema.json` beside this file describes it. Text is as it was read: whoever
//! prints it has to escape it.

use serde::Serialize;
use serde_json::Value;

use super::Verdict;
use super::report::{Outcome, Report};
use crate::model::finding::{Finding, Level, Location, Region, ScopeName, Severity, Waived};

/// Goes up where a program that reads the earlier one would break.
const SCHEMA_VERSION: u32 = 1;

/// Renders a report.
///
/// # Errors
/// None that is known: evidence is JSON already.
pub fn render(report: &Report, verdict: &Verdict) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(&document(report, verdict))? + "\n")
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool,
    outcome: &'static str,
    exit_code: u8,
    thresholds: Thresholds,
    counts: Counts,
    scopes: Vec<Scope<'a>>,
    policies: Vec<Policy<'a>>,
    registries: Vec<Registry<'a>>,
    findings: Vec<Result<'a>>,
    notifications: Vec<Notification<'a>>,
    waiver_remarks: Vec<Remark<'a>>,
    absent: Option<Vec<Absent<'a>>>,
    taken: Vec<Taken<'a>>,
    left: Vec<Left<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Thresholds {
    fail_on: Option<&'static str>,
    fail_on_unknown: bool,
    fail_on_new: bool,
}

#[derive(Serialize)]
struct Counts {
    registries: usize,
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    note: usize,
    unknown: usize,
    waived: usize,
    gaps: usize,
    baseline: Option<Compared>,
}

#[derive(Serialize)]
struct Compared {
    new: usize,
    known: usize,
    gone: usize,
}

#[derive(Serialize)]
struct Scope<'a> {
    kind: &'static str,
    name: &'a str,
    complete: bool,
}

#[derive(Serialize)]
struct Policy<'a> {
    id: &'a str,
    title: &'a str,
    severity: &'static str,
    remediation: &'a str,
    builtin: bool,
}

#[derive(Serialize)]
struct Registry<'a> {
    scope: &'a str,
    resource: &'a str,
    name: &'a str,
    location: Option<&'a str>,
    sku: Option<&'a str>,
}

#[derive(Serialize)]
struct Result<'a> {
    policy: &'a str,
    kind: &'static str,
    severity: &'static str,
    message: &'a str,
    scope: &'a str,
    resource: &'a str,
    name: &'a str,
    logical: &'a str,
    field: &'a str,
    key: Option<&'a str>,
    location: Place<'a>,
    related: Vec<Related<'a>>,
    evidence: &'a Value,
    fix: &'a [String],
    fingerprint: &'a str,
    waived: Option<Waiver<'a>>,
    baseline: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Place<'a> {
    Live,
    Snapshot { path: &'a str, region: Lines },
    Source { path: &'a str, region: Lines },
}

#[derive(Serialize)]
struct Lines {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    path: &'a str,
    region: Lines,
}

#[derive(Serialize)]
struct Waiver<'a> {
    reason: &'a str,
    expires: Option<&'a str>,
    approved_by: Option<&'a str>,
    in_source: bool,
    path: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct Notification<'a> {
    level: &'static str,
    scope: Option<&'a str>,
    resource: Option<&'a str>,
    policy: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct Remark<'a> {
    path: &'a str,
    line: u32,
    message: &'a str,
}

#[derive(Serialize)]
struct Absent<'a> {
    policy: &'a str,
    resource: &'a str,
    message: &'a str,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct Taken<'a> {
    path: &'a str,
    what: &'a str,
    files: usize,
    registries: usize,
}

#[derive(Serialize)]
struct Left<'a> {
    path: &'a str,
    reason: &'a str,
}

fn document<'a>(report: &'a Report, verdict: &Verdict) -> Document<'a> {
    let scope = |scope: &'a super::report::ScopeReport| Scope {
        kind: match scope.name {
            ScopeName::Subscription(_) => "subscription",
            ScopeName::Source => "source",
        },
        name: scope.name.as_str(),
        complete: scope.complete,
    };
    let policy = |policy: &'a crate::policy::Policy| Policy {
        id: &policy.id,
        title: &policy.metadata.title,
        severity: policy.metadata.custom.severity.as_str(),
        remediation: policy.metadata.custom.remediation.trim(),
        builtin: policy.builtin,
    };
    let registry = |registry: &'a crate::model::finding::RegistrySummary| Registry {
        scope: registry.scope.as_str(),
        resource: &registry.resource,
        name: &registry.name,
        location: Some(registry.location.as_str()).filter(|location| !location.is_empty()),
        sku: Some(registry.sku.as_str()).filter(|sku| !sku.is_empty()),
    };
    let notification = |note: &'a crate::model::finding::Notification| Notification {
        level: if note.level == Level::Error { "error" } else { "warning" },
        scope: note.scope.as_ref().map(ScopeName::as_str),
        resource: note.resource.as_deref(),
        policy: note.policy.as_deref(),
        message: &note.message,
    };
    let absent = |gone: &'a super::report::AbsentResult| Absent {
        policy: &gone.policy,
        resource: &gone.resource,
        message: &gone.message,
        fingerprint: &gone.fingerprint,
    };
    let remarks = report.waiver_remarks.iter();
    let remarks = remarks.map(|r| Remark { path: &r.path, line: r.line, message: &r.message });
    let taken = report.taken.iter();
    let taken = taken.map(|t| Taken { path: shown(&t.path), what: t.what, files: t.files, registries: t.registries });
    Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "acrscan", version: env!("CARGO_PKG_VERSION") },
        outcome: match verdict.outcome {
            Outcome::Clean => "clean",
            Outcome::Findings => "findings",
            Outcome::Incomplete => "incomplete",
        },
        exit_code: verdict.outcome.exit_code(),
        thresholds: Thresholds {
            fail_on: verdict.gate.fail_on.map(Severity::as_str),
            fail_on_unknown: verdict.gate.fail_on_unknown,
            fail_on_new: verdict.gate.fail_on_new,
        },
        counts: counts(report),
        scopes: report.scopes.iter().map(scope).collect(),
        policies: report.policies.iter().map(policy).collect(),
        registries: report.registries.iter().map(registry).collect(),
        findings: report.findings.iter().map(result).collect(),
        notifications: report.notifications.iter().map(notification).collect(),
        waiver_remarks: remarks.collect(),
        absent: report.absent.as_ref().map(|all| all.iter().map(absent).collect()),
        taken: taken.collect(),
        left: report.left.iter().map(|(path, reason)| Left { path, reason }).collect(),
    }
}

/// The working directory has a name, too.
fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

fn counts(report: &Report) -> Counts {
    let baseline = report.compared();
    Counts {
        registries: report.registries.len(),
        critical: report.count(Severity::Critical),
        high: report.count(Severity::High),
        medium: report.count(Severity::Medium),
        low: report.count(Severity::Low),
        note: report.count(Severity::Note),
        unknown: report.count_unknown(),
        waived: report.waived().count(),
        gaps: report.gaps,
        baseline: baseline.map(|c| Compared { new: c.new, known: c.known, gone: c.gone }),
    }
}

fn result(finding: &Finding) -> Result<'_> {
    let related = finding.related.iter();
    let related = related.map(|r| Related { message: &r.message, path: &r.file.path, region: lines(r.region) });
    Result {
        policy: &finding.policy,
        kind: finding.kind.as_str(),
        severity: finding.severity.as_str(),
        message: &finding.message,
        scope: finding.scope.as_str(),
        resource: &finding.resource,
        name: &finding.name,
        logical: &finding.logical,
        field: &finding.field,
        key: finding.key.as_deref(),
        location: match &finding.location {
            Location::Live => Place::Live,
            Location::File { path, region } => Place::Snapshot { path, region: lines(*region) },
            Location::Source { file, region } => Place::Source { path: &file.path, region: lines(*region) },
        },
        related: related.collect(),
        evidence: &finding.evidence,
        fix: &finding.fix,
        fingerprint: &finding.fingerprint,
        waived: finding.waived.as_ref().map(waiver),
        baseline: finding.baseline.map(|state| state.as_str()),
    }
}

fn waiver(waived: &Waived) -> Waiver<'_> {
    Waiver {
        reason: &waived.reason,
        expires: waived.expires.as_deref(),
        approved_by: waived.approved_by.as_deref(),
        in_source: waived.in_source,
        path: &waived.path,
        line: waived.line,
    }
}

fn lines(region: Region) -> Lines {
    Lines {
        start_line: region.start_line,
        start_column: region.start_column,
        end_line: region.end_line,
        end_column: region.end_column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::sample;

    #[test]
    fn it_is_as_its_schema_says() {
        let schema = serde_json::from_str(include_str!("report.schema.json")).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        for report in [sample::report(), sample::compared()] {
            let text = render(&report, &sample::VERDICT).expect("JSON");
            let document = serde_json::from_str(&text).expect("JSON");
            let errors: Vec<_> =
                validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }

    #[test]
    fn the_schema_knows_every_member_and_asks_for_it() {
        let schema: Value = serde_json::from_str(include_str!("report.schema.json")).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let text = render(&sample::compared(), &sample::VERDICT).expect("JSON");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        for name in document.as_object().expect("an object").keys() {
            let mut without = document.clone();
            without.as_object_mut().expect("an object").remove(name);
            assert!(!validator.is_valid(&without), "{name} may be missing");
        }
        for pointer in
            ["", "/findings/0", "/findings/1/location", "/findings/2/waived", "/counts", "/absent/0", "/taken/0"]
        {
            let mut more = document.clone();
            let object = more.pointer_mut(pointer).and_then(Value::as_object_mut).expect(pointer);
            object.insert("surprise".to_owned(), Value::Null);
            assert!(!validator.is_valid(&more), "{pointer:?} takes any member");
        }
    }
}
