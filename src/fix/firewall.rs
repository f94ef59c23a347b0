//! The firewall's list, changed as a whole: one range at a time races with itself, and may end half-way at the quota.

use ipnet::Ipv4Net;
use serde_json::{Map, Value, json};

use super::state::State;
use super::step::Step;
use crate::net::cidr::{Entry, Ipv4Set, parse_entry};

/// A list of rules to be in force.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallEdit {
    /// The ranges, as few as can be unless some must stay as they are.
    pub ranges: Vec<Ipv4Net>,
    /// The ranges that are added.
    added: Vec<Ipv4Net>,
    /// Those of the list that admit nobody.
    dropped: Vec<Ipv4Net>,
    /// The default action.
    pub action: String,
}

/// What the steps of a finding want of the list, on top of what a registry has; nothing where they do not touch it.
///
/// # Errors
/// The list was not read as a whole, or would not fit.
pub fn edit_of(steps: &[Step], state: &State, quota: usize) -> Result<Option<FirewallEdit>, String> {
    let edits: Vec<&Step> = steps.iter().filter(|step| step.edits_rules()).collect();
    if edits.is_empty() {
        return Ok(None);
    }
    if state.standing.rules_may_hold_more {
        return Err("its IP rules were not all read, and a change of the whole list would drop those".to_owned());
    }
    let mut edit = FirewallEdit::of(&state.document);
    edit.dropped = state.standing.nobody.iter().filter_map(|cidr| cidr.parse().ok()).collect();
    for step in edits {
        if let Step::AddRule { value } = step {
            edit.added.extend(range(value));
        }
        if let Step::Properties(properties) = step {
            let set = &properties["networkRuleSet"];
            if let Some(action) = set["defaultAction"].as_str() {
                action.clone_into(&mut edit.action);
            }
            let values = set["ipRules"].as_array().into_iter().flatten().filter_map(|rule| rule["value"].as_str());
            edit.added.extend(values.filter_map(range));
        }
    }
    let needed = edit.list(false).len();
    let limit = limit(&state.document).unwrap_or(quota);
    if needed > limit {
        return Err(format!(
            "its firewall would need {needed} rules and may have {limit}: use --prefer pool or --prefer bypass"
        ));
    }
    Ok(Some(edit))
}

fn range(value: &str) -> Option<Ipv4Net> {
    match parse_entry(value) {
        Entry::Ip { net: ipnet::IpNet::V4(net), .. } => Some(net),
        _ => None,
    }
}

/// How many rules Azure says that the registry may have.
fn limit(document: &Value) -> Option<usize> {
    let usages = document["usages"].as_array()?;
    let rules =
        usages.iter().filter(|usage| usage["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("iprules")));
    let limits = rules.filter_map(|usage| usage["limit"].as_i64());
    limits.min().map(|limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

impl FirewallEdit {
    /// The list as it stands in a document of the policies.
    pub fn of(document: &Value) -> FirewallEdit {
        let rules = document.pointer("/firewall/rules").and_then(Value::as_array);
        let valid = |rule: &&Value| {
            rule["family"] == "ipv4" && !rule["reason"].as_str().is_some_and(|reason| reason.contains("action"))
        };
        let net = |rule: &Value| rule["cidr"].as_str().and_then(|cidr| cidr.parse().ok());
        let action = document.pointer("/registry/properties/networkRuleSet/defaultAction").and_then(Value::as_str);
        FirewallEdit {
            ranges: rules.into_iter().flatten().filter(valid).filter_map(net).collect(),
            added: Vec::new(),
            dropped: Vec::new(),
            action: action.unwrap_or("Deny").to_owned(),
        }
    }

    /// The list: all of it as few ranges as can be, or what was there as it was.
    fn list(&self, verbatim: bool) -> Vec<Ipv4Net> {
        let kept = self.ranges.iter().filter(|net| !self.dropped.contains(net));
        if !verbatim {
            return Ipv4Set::union_of(kept.chain(&self.added).copied()).to_cidrs();
        }
        let mut list: Vec<Ipv4Net> = kept.copied().collect();
        let covered = Ipv4Set::union_of(list.iter().copied());
        list.extend(Ipv4Set::union_of(self.added.iter().copied()).difference(&covered).to_cidrs());
        list.sort();
        list.dedup();
        list
    }

    /// The change; nothing where the list cannot be another.
    pub fn step(self, verbatim: bool) -> Option<Step> {
        let ranges = self.list(verbatim);
        (!verbatim || ranges != self.list(false)).then(|| list_step(&ranges, &self.action))
    }
}

/// The list as the last group left it, as one change.
pub fn merged(edit: &FirewallEdit) -> Step {
    list_step(&edit.ranges, &edit.action)
}

/// Azure writes a single address without its length.
fn list_step(ranges: &[Ipv4Net], action: &str) -> Step {
    let value = |net: &Ipv4Net| match net.prefix_len() {
        32 => net.addr().to_string(),
        _ => net.to_string(),
    };
    let rules: Vec<Value> = ranges.iter().map(|net| json!({ "action": "Allow", "value": value(net) })).collect();
    let set = json!({ "defaultAction": action, "ipRules": rules });
    Step::Properties(Map::from_iter([("networkRuleSet".to_owned(), set)]))
}
