//! From what policies say of one registry to findings, held to the policy contract.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::Evaluation;
use super::engine::{EvaluationError, PolicyAnswer};
use crate::document::{INPUT_MEMBERS, REGISTRY_MEMBERS, input};
use crate::model::exposure::Exposure;
use crate::model::finding::{
    Finding, Level, Location, Notification, RegistrySummary, Related, ResultKind, Severity, fingerprint,
    registry_fingerprint,
};
use crate::model::inventory::{Origin, RegistryRecord};
use crate::model::json_text::JsonText;
use crate::policy::Policy;

/// Where a finding points, and what belongs to that place.
struct FindingLocation {
    location: Location,
    related: Vec<Related>,
    note: Option<Arc<str>>,
    logical: String,
}

/// Turns what policies say of one registry into findings.
pub struct Builder<'a> {
    record: &'a RegistryRecord,
    /// Parsed for the first finding only: most registries have none to place.
    text: Option<JsonText<'a>>,
    evaluation: Evaluation,
}

impl<'a> Builder<'a> {
    pub fn new(record: &'a RegistryRecord) -> Builder<'a> {
        Builder { record, text: None, evaluation: Evaluation::default() }
    }

    /// What a reader calls the registry.
    fn display_name(&self) -> &'a str {
        match &self.record.origin {
            Origin::Source(declaration) => &declaration.address,
            Origin::Azure | Origin::Snapshot { .. } => self.record.id.rsplit('/').next().unwrap_or_default(),
        }
    }

    pub fn summarise(&mut self, document: &Value, exposure: Exposure) {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.evaluation.registries.push(RegistrySummary {
            scope: self.record.scope.clone(),
            resource: self.record.id.clone(),
            name: self.display_name().to_owned(),
            location: text("/registry/location"),
            sku: text("/registry/sku/name"),
            document: None,
            exposure,
        });
    }

    pub fn add(&mut self, policy: &Policy, answer: PolicyAnswer, document: &Value) {
        let said = match answer {
            Ok(said) => said,
            Err(fault) => return self.record_failure(policy, &fault),
        };
        // What code scanning would take for one result, and what each says.
        let mut reported: HashMap<String, String> = HashMap::new();
        for (rule, kind) in [("deny", ResultKind::Fail), ("unknown", ResultKind::Unknown)] {
            let fault =
                |error: &str| EvaluationError::OnRegistry(format!("{}: `{rule}` {error}", policy.rule_location(rule)));
            let Some(items) = said[rule].as_array() else {
                self.record_failure(policy, &fault("is not a set"));
                continue;
            };
            for item in items {
                if let Err(error) = check_result(rule, item, document) {
                    self.record_failure(policy, &fault(&format!("gave a result {error}")));
                    continue;
                }
                let text = |member: &str| item[member].as_str().unwrap_or_default();
                match reported.entry(item["key"].as_str().unwrap_or(text("field")).to_owned()) {
                    // What is denied is not unknown besides, and what is unknown for two reasons is one unknown.
                    Entry::Occupied(_) if kind == ResultKind::Unknown => {}
                    Entry::Occupied(first) if first.get() == text("msg") => {}
                    Entry::Occupied(first) => {
                        let shared = first.key();
                        let error = format!(
                            "gave two results that only their \"msg\" tells apart: give each a \"key\" of its own in place of {shared:?}: {item}"
                        );
                        self.record_failure(policy, &fault(&error));
                    }
                    Entry::Vacant(place) => {
                        place.insert(text("msg").to_owned());
                        self.push(policy, kind, item);
                    }
                }
            }
        }
    }

    /// The policy's own fault: reported as an error, and as an unknown result, for the registry did not pass.
    fn record_failure(&mut self, policy: &Policy, fault: &EvaluationError) {
        let name = self.display_name();
        let (resource, message) = match fault {
            EvaluationError::OnRegistry(error) => {
                (Some(self.record.id.clone()), format!("policy {} failed on registry {name}: {error}", policy.id))
            }
            EvaluationError::Disabled(error) => (None, format!("policy {} failed: {error}", policy.id)),
        };
        self.evaluation.notifications.push(Notification {
            scope: Some(self.record.scope.clone()),
            resource,
            policy: Some(policy.id.clone()),
            level: Level::Error,
            location: None,
            message,
        });
        let msg = format!("Policy {} could not be evaluated on registry {name}, so nothing is known.", policy.id);
        self.push(policy, ResultKind::Unknown, &serde_json::json!({ "msg": msg, "field": "/registry" }));
    }

    fn push(&mut self, policy: &Policy, kind: ResultKind, item: &Value) {
        let text = |member: &str| item[member].as_str().map(str::to_owned);
        let field = text("field").unwrap_or_default();
        let key = text("key");
        let FindingLocation { location, related, note, logical } = self.locate(&field);
        let with_note = |sentence: String| match &note {
            Some(note) => format!("{sentence} {note}"),
            None => sentence,
        };
        // What `az` changed in Azure, the source code would change back.
        let is_source = matches!(self.record.origin, Origin::Source(_));
        let fix = item["fix"].as_array().into_iter().flatten().filter(|_| !is_source);
        let fix = fix.filter_map(Value::as_str).map(str::to_owned);
        self.evaluation.findings.push(Finding {
            policy: policy.id.clone(),
            kind,
            severity: policy
                .configured_severity
                .or_else(|| text("severity").and_then(|word| Severity::parse(&word)))
                .unwrap_or(policy.metadata.custom.severity),
            message: with_note(text("msg").unwrap_or_default()),
            reason: text("reason").map(|reason| with_note(format!("{reason}."))),
            scope: self.record.scope.clone(),
            resource: self.record.id.clone(),
            name: self.display_name().to_owned(),
            logical,
            location,
            related,
            fingerprint: fingerprint(&policy.id, &self.record.id, key.as_deref().unwrap_or(&field)),
            registry_fingerprint: self.registry_fingerprint(&policy.id, key.as_deref().unwrap_or(&field)),
            field,
            key,
            evidence: item["evidence"].clone(),
            fix: fix.collect(),
            waived: None,
            baseline: None,
        });
    }

    fn registry_fingerprint(&self, policy: &str, key_or_field: &str) -> Option<String> {
        let Origin::Source(declaration) = &self.record.origin else { return None };
        let name = declaration.registry_name.as_deref()?;
        Some(registry_fingerprint(policy, name, declaration.resource_group.as_deref(), key_or_field))
    }

    fn locate(&mut self, field: &str) -> FindingLocation {
        let field = input::written_field(field);
        let plain =
            |location| FindingLocation { location, related: Vec::new(), note: None, logical: self.record.id.clone() };
        match &self.record.origin {
            Origin::Azure => plain(Location::Live),
            Origin::Snapshot { path } => {
                let text = self.text.get_or_insert_with(|| JsonText::parse(&self.record.document));
                plain(Location::File { path: path.clone(), region: text.region(field) })
            }
            Origin::Source(declaration) => {
                let (spot, exact) = declaration.location(field);
                FindingLocation {
                    location: Location::Source { file: Arc::clone(&spot.file), region: spot.region },
                    related: spot.related.clone(),
                    note: spot.note.clone().filter(|_| exact),
                    logical: declaration.logical.as_ref().unwrap_or(&declaration.address).clone(),
                }
            }
        }
    }

    pub fn finish(mut self) -> Evaluation {
        let order = |finding: &Finding| {
            let key = (finding.key.clone(), finding.field.clone(), finding.message.clone());
            (finding.kind, std::cmp::Reverse(finding.severity), finding.policy.clone(), key)
        };
        self.evaluation.findings.sort_by_cached_key(order);
        // A policy that failed twice on a registry is unknown there once.
        let mut seen = HashSet::new();
        self.evaluation.findings.retain(|finding| seen.insert(finding.fingerprint.clone()));
        self.evaluation.notifications.sort();
        self.evaluation
    }
}

/// Holds a result of a rule, `deny` or `unknown`, to the policy contract.
pub fn check_result(rule: &str, item: &Value, document: &Value) -> Result<(), String> {
    let Some(members) = item.as_object() else { return Err(format!("that is not an object: {item}")) };
    for name in members.keys() {
        let known = ["msg", "field", "key", "evidence", "fix", "severity"].contains(&name.as_str());
        if !known && (rule, name.as_str()) != ("unknown", "reason") {
            return Err(format!("with an unknown member {name:?}: {item}"));
        }
    }
    if members.get("msg").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(format!("without a text in \"msg\": {item}"));
    }
    let Some(field) = members.get("field").and_then(Value::as_str) else {
        return Err(format!("without a JSON pointer in \"field\": {item}"));
    };
    let top = field.strip_prefix('/').map(|rest| rest.split('/').next().unwrap_or(rest));
    if top.is_none_or(|top| !INPUT_MEMBERS.contains(&top)) || !is_valid_pointer(field, document) {
        return Err(format!("whose \"field\" points at nothing in the input document: {item}"));
    }
    let wrong = match members {
        _ if members.get("key").is_some_and(|key| !key.is_string()) => "\"key\" is not a string",
        _ if members.get("evidence").is_some_and(|evidence| !evidence.is_object()) => "\"evidence\" is not an object",
        _ if members.get("fix").is_some_and(|fix| !fix.as_array().is_some_and(|f| f.iter().all(Value::is_string))) => {
            "\"fix\" is not a list of commands"
        }
        _ if members.get("reason").is_some_and(|reason| reason.as_str().is_none_or(str::is_empty)) => {
            "\"reason\" is not a text"
        }
        _ if members.get("severity").is_some_and(|word| word.as_str().and_then(Severity::parse).is_none()) => {
            "\"severity\" is not a severity"
        }
        _ => return Ok(()),
    };
    Err(format!("whose {wrong}: {item}"))
}

/// Whether a pointer leads to a property that is there, or that could be: one that ARM left out, that was not read, or
/// that is lost in a document of an odd shape.
fn is_valid_pointer(field: &str, document: &Value) -> bool {
    let mut node = document;
    for (depth, segment) in field.split('/').skip(1).enumerate() {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let next = match node {
            Value::Object(members) => members.get(&segment),
            Value::Array(items) => match segment.parse::<usize>() {
                Ok(index) if index >= items.len() => return false,
                Ok(index) => items.get(index),
                Err(_) => None,
            },
            _ => None,
        };
        let Some(next) = next else {
            let word = depth == 1 && field.starts_with("/registry/");
            return !word || REGISTRY_MEMBERS.contains(&&*segment);
        };
        node = next;
    }
    true
}
