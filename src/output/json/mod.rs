//! The report for programs, as `report.schema.json` beside this file describes it. Text is as it was read: whoever
//! prints it has to escape it.

mod shape;

use chrono::SecondsFormat;

use self::shape::Document;
use super::ScanVerdict;
use super::report::evidence::Judged;
use super::report::{FileRead, Outcome, Report, ScopeReport, SkippedFile, SnapshotRead};
use crate::model::exposure::{TaskVerdict, Way};
use crate::model::finding::{
    Finding, Level, Location, Notification, Region, RegistrySummary, ScopeName, Severity, Waived,
};
use crate::policy::{Policy, SettingRemark};
use crate::triage::baseline::{AbsentResult, CarriedResult};
use crate::triage::waiver::WaiverRemark;

/// Goes up where a program that reads the earlier one would break.
const SCHEMA_VERSION: u32 = 2;

/// Renders a report.
///
/// # Errors
/// None that is known: evidence is JSON already.
pub fn render(report: &Report, verdict: &ScanVerdict) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(&document(report, verdict))? + "\n")
}

fn document<'a>(report: &'a Report, verdict: &ScanVerdict) -> Document<'a> {
    let judged = Judged::new(report);
    Document {
        schema_version: SCHEMA_VERSION,
        tool: shape::Tool { name: "acrscan", version: env!("CARGO_PKG_VERSION") },
        outcome: match verdict.outcome {
            Outcome::Clean => "clean",
            Outcome::Findings => "findings",
            Outcome::Incomplete => "incomplete",
        },
        exit_code: verdict.outcome.exit_code(),
        thresholds: shape::Thresholds {
            fail_on: verdict.gate.fail_on.map(Severity::as_str),
            fail_on_unknown: verdict.gate.fail_on_unknown,
            fail_on_new: verdict.gate.fail_on_new,
        },
        counts: counts(report),
        scopes: report.scopes.iter().map(scope).collect(),
        policies: report.policies.iter().map(policy).collect(),
        registries: report.registries.iter().map(|one| registry(one, &judged)).collect(),
        findings: report.findings.iter().map(finding).collect(),
        notifications: report.notifications.iter().map(notification).collect(),
        waiver_remarks: report.waiver_remarks.iter().map(remark).collect(),
        absent: report.absent.as_ref().map(|all| all.iter().map(absent).collect()),
        carried: report.carried.iter().map(carried).collect(),
        read: report.files_read.iter().map(file_read).collect(),
        skipped: report.skipped.iter().map(skipped_file).collect(),
        snapshots: report.snapshots.iter().map(snapshot).collect(),
        settings: report.settings.iter().map(setting).collect(),
        held_back: report.proposed.iter().map(remark).collect(),
    }
}

fn setting(setting: &SettingRemark) -> shape::Setting<'_> {
    let SettingRemark { path, line, policy, message } = setting;
    shape::Setting { path, line: *line, policy, message }
}

fn snapshot(read: &SnapshotRead) -> shape::Snapshot<'_> {
    shape::Snapshot { path: &read.path, time: read.time.to_rfc3339_opts(SecondsFormat::Secs, true) }
}

fn scope(scope: &ScopeReport) -> shape::Scope<'_> {
    let kind = match scope.name {
        ScopeName::Subscription(_) => "subscription",
        ScopeName::Source => "source",
    };
    shape::Scope { kind, name: scope.name.as_str(), complete: scope.complete }
}

fn policy(policy: &Policy) -> shape::Policy<'_> {
    shape::Policy {
        id: &policy.id,
        title: &policy.metadata.title,
        severity: policy.metadata.custom.severity.as_str(),
        remediation: policy.metadata.custom.remediation.trim(),
        builtin: policy.builtin,
        custom: &policy.metadata.custom.own,
    }
}

fn registry<'a>(registry: &'a RegistrySummary, judged: &Judged<'a>) -> shape::Registry<'a> {
    shape::Registry {
        scope: registry.scope.as_str(),
        resource: &registry.resource,
        name: &registry.name,
        location: Some(registry.location.as_str()).filter(|location| !location.is_empty()),
        sku: Some(registry.sku.as_str()).filter(|sku| !sku.is_empty()),
        document_sha256: registry.document.as_deref(),
        passed: judged.passed(registry).map(|policy| policy.id.as_str()).collect(),
        posture: registry.exposure.posture.as_str(),
        tasks: registry.exposure.tasks.as_ref().map(|tasks| tasks.iter().map(task).collect()),
    }
}

fn task(task: &TaskVerdict) -> shape::Task<'_> {
    shape::Task {
        name: &task.name,
        reaches: task.reaches.as_str(),
        way: task.way.map(Way::as_str),
        broken_link: task.broken_link.as_deref(),
    }
}

fn notification(note: &Notification) -> shape::Notification<'_> {
    shape::Notification {
        level: if note.level == Level::Error { "error" } else { "warning" },
        scope: note.scope.as_ref().map(ScopeName::as_str),
        resource: note.resource.as_deref(),
        policy: note.policy.as_deref(),
        location: note.location.as_ref().map(|location| shape::FilePosition {
            path: &location.path,
            line: location.start.map(|(line, _)| line),
            column: location.start.map(|(_, column)| column),
        }),
        message: note.text(),
    }
}

fn remark(remark: &WaiverRemark) -> shape::Remark<'_> {
    shape::Remark { path: &remark.path, line: remark.line, message: &remark.message }
}

fn absent(gone: &AbsentResult) -> shape::Absent<'_> {
    shape::Absent {
        policy: &gone.policy,
        resource: &gone.resource,
        message: &gone.message,
        fingerprint: &gone.fingerprint,
    }
}

fn skipped_file(file: &SkippedFile) -> shape::SkippedFile<'_> {
    shape::SkippedFile { path: file.location.to_string(), reason: &file.reason }
}

fn carried(carried: &CarriedResult) -> shape::Carried<'_> {
    shape::Carried {
        policy: &carried.policy,
        kind: &carried.kind,
        severity: Some(carried.severity.as_str()).filter(|severity| !severity.is_empty()),
        resource: &carried.resource,
        message: &carried.message,
        fingerprint: &carried.fingerprint,
        not_seen_since: &carried.not_seen_since,
    }
}

fn file_read(file: &FileRead) -> shape::FileRead<'_> {
    // The working directory has a name, too.
    let path = if file.path.is_empty() { "." } else { &file.path };
    shape::FileRead { path, what: file.what, files: file.files, registries: file.registries }
}

fn counts(report: &Report) -> shape::Counts {
    let baseline = report.compared();
    shape::Counts {
        registries: report.registries.len(),
        critical: report.count(Severity::Critical),
        high: report.count(Severity::High),
        medium: report.count(Severity::Medium),
        low: report.count(Severity::Low),
        note: report.count(Severity::Note),
        unknown: report.count_unknown(),
        contradicted: report.count_contradicted(),
        waived: report.waived().count(),
        gaps: report.gaps,
        baseline: baseline.map(|c| shape::BaselineCounts { new: c.new, worse: c.worse, known: c.known, gone: c.gone }),
    }
}

fn finding(finding: &Finding) -> shape::Finding<'_> {
    let related = finding.related.iter();
    let related = related.map(|r| shape::Related { message: &r.message, path: &r.file.path, region: region(r.region) });
    shape::Finding {
        policy: &finding.policy,
        kind: finding.kind.as_str(),
        severity: finding.severity.as_str(),
        message: &finding.message,
        reason: finding.reason.as_deref(),
        scope: finding.scope.as_str(),
        resource: &finding.resource,
        name: &finding.name,
        logical: &finding.logical,
        field: &finding.field,
        key: finding.key.as_deref(),
        location: match &finding.location {
            Location::Live => shape::Location::Live,
            Location::File { path, region: at } => shape::Location::Snapshot { path, region: region(*at) },
            Location::Source { file, region: at } => shape::Location::Source { path: &file.path, region: region(*at) },
        },
        related: related.collect(),
        evidence: &finding.evidence,
        fix: &finding.fix,
        fingerprint: &finding.fingerprint,
        registry_fingerprint: finding.registry_fingerprint.as_deref(),
        waived: finding.waived.as_ref().map(waiver),
        baseline: finding.baseline.map(|state| state.label().unwrap_or(state.as_str())),
    }
}

fn waiver(waived: &Waived) -> shape::Waiver<'_> {
    shape::Waiver {
        reason: &waived.reason,
        expires: waived.expires.as_deref(),
        approved_by: waived.approved_by.as_deref(),
        in_source: waived.in_source,
        path: &waived.path,
        line: waived.line,
    }
}

fn region(region: Region) -> shape::Region {
    shape::Region {
        start_line: region.start_line,
        start_column: region.start_column,
        end_line: region.end_line,
        end_column: region.end_column,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
        for pointer in [
            "",
            "/findings/0",
            "/findings/1/location",
            "/findings/2/waived",
            "/counts",
            "/absent/0",
            "/read/0",
            "/skipped/0",
        ] {
            let mut more = document.clone();
            let object = more.pointer_mut(pointer).and_then(Value::as_object_mut).expect(pointer);
            object.insert("surprise".to_owned(), Value::Null);
            assert!(!validator.is_valid(&more), "{pointer:?} takes any member");
        }
    }
}
