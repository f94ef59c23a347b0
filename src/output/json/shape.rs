//! The members of the JSON report, as `report.schema.json` beside this file describes them.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
pub struct Document<'a> {
    pub schema_version: u32,
    pub tool: Tool,
    pub outcome: &'static str,
    pub exit_code: u8,
    pub thresholds: Thresholds,
    pub counts: Counts,
    pub scopes: Vec<Scope<'a>>,
    pub policies: Vec<Policy<'a>>,
    pub registries: Vec<Registry<'a>>,
    pub findings: Vec<Finding<'a>>,
    pub notifications: Vec<Notification<'a>>,
    pub waiver_remarks: Vec<Remark<'a>>,
    pub absent: Option<Vec<Absent<'a>>>,
    pub carried: Vec<Carried<'a>>,
    pub read: Vec<FileRead<'a>>,
    pub skipped: Vec<SkippedFile<'a>>,
    pub snapshots: Vec<Snapshot<'a>>,
    pub settings: Vec<Setting<'a>>,
    pub held_back: Vec<Remark<'a>>,
}

#[derive(Serialize)]
pub struct Snapshot<'a> {
    pub path: &'a str,
    pub time: String,
}

#[derive(Serialize)]
pub struct Setting<'a> {
    pub path: &'a str,
    pub line: usize,
    pub policy: &'a str,
    pub message: &'a str,
}

#[derive(Serialize)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

#[derive(Serialize)]
pub struct Thresholds {
    pub fail_on: Option<&'static str>,
    pub fail_on_unknown: bool,
    pub fail_on_new: bool,
}

#[derive(Serialize)]
pub struct Counts {
    pub registries: usize,
    pub critical: usize,
    pub high: usize,
    pub medium: usize,
    pub low: usize,
    pub note: usize,
    pub unknown: usize,
    pub contradicted: usize,
    pub waived: usize,
    pub gaps: usize,
    pub baseline: Option<BaselineCounts>,
}

#[derive(Serialize)]
pub struct BaselineCounts {
    pub new: usize,
    pub worse: usize,
    pub known: usize,
    pub gone: usize,
}

#[derive(Serialize)]
pub struct Scope<'a> {
    pub kind: &'static str,
    pub name: &'a str,
    pub complete: bool,
}

#[derive(Serialize)]
pub struct Policy<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub severity: &'static str,
    pub remediation: &'a str,
    pub builtin: bool,
    /// Whatever else METADATA has under `custom`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom: &'a Map<String, Value>,
}

#[derive(Serialize)]
pub struct Registry<'a> {
    pub scope: &'a str,
    pub resource: &'a str,
    pub name: &'a str,
    pub location: Option<&'a str>,
    pub sku: Option<&'a str>,
    pub document_sha256: Option<&'a str>,
    pub passed: Vec<&'a str>,
    pub posture: &'static str,
    pub tasks: Option<Vec<Task<'a>>>,
}

#[derive(Serialize)]
pub struct Task<'a> {
    pub name: &'a str,
    pub reaches: &'static str,
    pub way: Option<&'static str>,
    pub broken_link: Option<&'a str>,
}

#[derive(Serialize)]
pub struct Finding<'a> {
    pub policy: &'a str,
    pub kind: &'static str,
    pub severity: &'static str,
    pub message: &'a str,
    pub reason: Option<&'a str>,
    pub scope: &'a str,
    pub resource: &'a str,
    pub name: &'a str,
    pub logical: &'a str,
    pub field: &'a str,
    pub key: Option<&'a str>,
    pub location: Location<'a>,
    pub related: Vec<Related<'a>>,
    pub evidence: &'a Value,
    pub fix: &'a [String],
    pub fingerprint: &'a str,
    pub registry_fingerprint: Option<&'a str>,
    pub waived: Option<Waiver<'a>>,
    pub baseline: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Location<'a> {
    Live,
    Snapshot { path: &'a str, region: Region },
    Source { path: &'a str, region: Region },
}

#[derive(Serialize)]
pub struct Region {
    pub start_line: u32,
    pub start_column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

#[derive(Serialize)]
pub struct Related<'a> {
    pub message: &'a str,
    pub path: &'a str,
    pub region: Region,
}

#[derive(Serialize)]
pub struct Waiver<'a> {
    pub reason: &'a str,
    pub expires: Option<&'a str>,
    pub approved_by: Option<&'a str>,
    pub in_source: bool,
    pub path: &'a str,
    pub line: u32,
}

#[derive(Serialize)]
pub struct Notification<'a> {
    pub level: &'static str,
    pub scope: Option<&'a str>,
    pub resource: Option<&'a str>,
    pub policy: Option<&'a str>,
    pub location: Option<FilePosition<'a>>,
    pub message: Cow<'a, str>,
}

#[derive(Serialize)]
pub struct FilePosition<'a> {
    pub path: &'a str,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

#[derive(Serialize)]
pub struct Remark<'a> {
    pub path: &'a str,
    pub line: u32,
    pub message: &'a str,
}

#[derive(Serialize)]
pub struct Absent<'a> {
    pub policy: &'a str,
    pub resource: &'a str,
    pub message: &'a str,
    pub fingerprint: &'a str,
}

#[derive(Serialize)]
pub struct Carried<'a> {
    pub policy: &'a str,
    pub kind: &'a str,
    pub severity: Option<&'a str>,
    pub resource: &'a str,
    pub message: &'a str,
    pub fingerprint: &'a str,
    pub not_seen_since: &'a str,
}

#[derive(Serialize)]
pub struct FileRead<'a> {
    pub path: &'a str,
    pub what: &'a str,
    pub files: usize,
    pub registries: usize,
}

#[derive(Serialize)]
pub struct SkippedFile<'a> {
    pub path: String,
    pub reason: &'a str,
}
