//! A result of the baseline that this scan could not see, as the baseline has it, with a word that it was not seen.

use serde_json::json;
use serde_sarif::sarif::{Result as SarifResult, ResultLevel};

use super::rules::Rules;
use crate::model::finding::{ResultKind, Severity};
use crate::triage::baseline::CarriedResult;

/// What the message of a carried result ends with, before the day.
const NOT_SEEN: &str = " Not seen since ";

/// The result: the same rule, place and fingerprints, by which GitHub knows the alert. `None` where the baseline's is no
/// result that SARIF allows, which GitHub would not have taken either.
pub fn result(carried: &CarriedResult, rules: &Rules) -> Option<SarifResult> {
    let mut result: SarifResult = serde_json::from_str(&carried.sarif).ok()?;
    let is_unknown = carried.kind == ResultKind::Unknown.as_str();
    let kind = if is_unknown { ResultKind::Unknown } else { ResultKind::Fail };
    let severity = Severity::parse(&carried.severity);
    let (rule_id, rule_index) = rules.of(&carried.policy, kind, severity);
    result.rule_index = rule_index;
    // The archive has other levels and states, and GitHub an object of its own for the rule.
    (result.rule, result.kind, result.suppressions, result.baseline_state) = (None, None, None, None);
    result.guid = None;
    if is_unknown {
        result.level = Some(ResultLevel::Note);
    }
    let text = result.message.text.take().unwrap_or_else(|| carried.message.clone());
    let said = text.split(NOT_SEEN).next().unwrap_or(&text);
    let day = &carried.not_seen_since;
    result.message.text = Some(format!("{said}{NOT_SEEN}{day}: what it rests on could not be read."));
    let properties = &mut result.properties.get_or_insert_with(Default::default).additional_properties;
    properties.retain(|name, _| !name.starts_with("github/"));
    properties.insert("acrscan/notSeenSince".to_owned(), json!(day));
    properties.insert("acrscan/kind".to_owned(), json!(carried.kind));
    properties.insert("acrscan/resourceId".to_owned(), json!(carried.resource));
    properties.insert("acrscan/message".to_owned(), json!(carried.message));
    if rule_id != carried.policy {
        properties.insert("acrscan/policy".to_owned(), json!(carried.policy));
    }
    result.rule_id = Some(rule_id);
    Some(result)
}
