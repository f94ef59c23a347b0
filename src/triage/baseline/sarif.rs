//! What a baseline reads of SARIF: as acrscan writes it, and as GitHub gives an analysis back.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::model::finding::{ResultKind, UNKNOWN_PREFIX};

/// Why a text is no baseline.
pub enum ParseError {
    /// It is no JSON, or not of SARIF's shape.
    Json(serde_json::Error),
    /// JSON pointer, and what is wrong there.
    At(String, String),
}

#[derive(Deserialize)]
pub struct Sarif {
    pub version: Option<Value>,
    pub runs: Option<Vec<Run>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub tool: Option<Tool>,
    pub automation_details: Option<AutomationDetails>,
    pub results: Option<Vec<SarifResult>>,
}

#[derive(Deserialize)]
pub struct AutomationDetails {
    #[serde(default)]
    pub id: String,
}

#[derive(Deserialize)]
pub struct Tool {
    pub driver: Option<Driver>,
}

#[derive(Deserialize)]
pub struct Driver {
    pub name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SarifResult {
    pub rule_id: Option<String>,
    /// GitHub gives it in place of the id.
    pub rule: Option<RuleReference>,
    #[serde(default)]
    pub locations: Vec<ResultLocation>,
    #[serde(default)]
    pub message: Message,
    #[serde(default)]
    pub partial_fingerprints: BTreeMap<String, String>,
    pub baseline_state: Option<String>,
    pub suppressions: Option<Vec<Suppression>>,
    #[serde(default)]
    pub properties: Properties,
}

#[derive(Deserialize)]
pub struct RuleReference {
    pub id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResultLocation {
    #[serde(default)]
    pub logical_locations: Vec<LogicalLocation>,
    pub physical_location: Option<PhysicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogicalLocation {
    pub fully_qualified_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhysicalLocation {
    pub artifact_location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
pub struct ArtifactLocation {
    pub uri: Option<String>,
}

#[derive(Deserialize, Default)]
pub struct Message {
    #[serde(default)]
    pub text: String,
}

#[derive(Deserialize)]
pub struct Suppression {
    pub status: Option<String>,
}

#[derive(Deserialize, Default)]
pub struct Properties {
    /// Where the rule is not the policy's own.
    #[serde(rename = "acrscan/policy")]
    pub policy: Option<String>,
    /// Of a result that was carried from an earlier baseline.
    #[serde(rename = "acrscan/notSeenSince")]
    pub not_seen_since: Option<String>,
    #[serde(rename = "acrscan/kind", default)]
    pub kind: String,
    #[serde(rename = "acrscan/severity", default)]
    pub severity: String,
    #[serde(rename = "acrscan/resourceId", default)]
    pub resource: String,
    #[serde(rename = "acrscan/evidence", default)]
    pub evidence: Value,
    /// As the policy said it, where the result's text says more.
    #[serde(rename = "acrscan/message")]
    pub message: Option<String>,
    /// Of a result that stands for several findings, one of each; see `output::sarif::grouped`.
    #[serde(rename = "acrscan/fingerprints", default)]
    pub fingerprints: Vec<String>,
    #[serde(rename = "acrscan/messages", default)]
    pub messages: Vec<String>,
    #[serde(rename = "acrscan/evidences", default)]
    pub evidences: Vec<Value>,
    #[serde(rename = "acrscan/registryFingerprints", default)]
    pub registry_fingerprints: Vec<Option<String>>,
    #[serde(rename = "acrscan/resourceIds", default)]
    pub resources: Vec<String>,
    #[serde(rename = "acrscan/severities", default)]
    pub severities: Vec<String>,
}

impl SarifResult {
    /// The resource, of an analysis that was fetched from GitHub, which keeps the locations and may drop the properties.
    pub fn resource(&self) -> String {
        let logical = || self.locations.first()?.logical_locations.first()?.fully_qualified_name.clone();
        let physical = || {
            let uri = self.locations.first()?.physical_location.as_ref()?.artifact_location.as_ref()?.uri.as_ref()?;
            Some(format!("/{}", uri.strip_prefix("azure/")?))
        };
        logical().or_else(physical).unwrap_or_default()
    }
}

impl Properties {
    /// The policy and the kind; where neither is said, the rule's id tells both.
    pub fn policy_and_kind(&self, rule: String) -> (String, String) {
        let unknown = rule.strip_prefix(UNKNOWN_PREFIX);
        let kind = match (self.kind.as_str(), unknown) {
            ("", Some(_)) => ResultKind::Unknown.as_str().to_owned(),
            ("", None) => ResultKind::Fail.as_str().to_owned(),
            (kind, _) => kind.to_owned(),
        };
        let of_rule = || unknown.unwrap_or_else(|| rule.split('.').next().unwrap_or(&rule)).to_owned();
        (self.policy.clone().unwrap_or_else(of_rule), kind)
    }
}
