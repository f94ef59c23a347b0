//! A registry for each value that something of it may have, where that is not known and there are few: what holds with
//! each of them holds.

use super::attributes::truth;
use super::instance::Resource;
use crate::source::code::declared::{Node, NodeValue};

/// How many variants of one registry are tried.
const MAX_VARIANTS: usize = 24;

const FLAG: &[Few] = &[Few::Flag(true), Few::Flag(false)];
const SKUS: &[Few] = &[Few::Text("Premium"), Few::Text("Standard"), Few::Text("Basic")];
const ENABLED: &[Few] = &[Few::Text("Enabled"), Few::Text("Disabled")];
const ACTIONS: &[Few] = &[Few::Text("Allow"), Few::Text("Deny")];
const BYPASS: &[Few] = &[Few::Text("AzureServices"), Few::Text("None")];

/// A value of few.
#[derive(Debug, Clone, Copy)]
enum Few {
    Text(&'static str),
    Flag(bool),
}

/// What is tried, what decides most first: the path within the attributes, and the values.
const AZURERM: &[(&[&str], &[Few])] = &[
    (&["sku"], SKUS),
    (&["public_network_access_enabled"], FLAG),
    (&["network_rule_set", "default_action"], ACTIONS),
    (&["network_rule_bypass_option"], BYPASS),
    (&["network_rule_bypass_for_tasks_enabled"], FLAG),
    (&["anonymous_pull_enabled"], FLAG),
    (&["admin_enabled"], FLAG),
    (&["export_policy_enabled"], FLAG),
    (&["data_endpoint_enabled"], FLAG),
    (&["zone_redundancy_enabled"], FLAG),
];

const AZAPI: &[(&[&str], &[Few])] = &[
    (&["body", "sku", "name"], SKUS),
    (&["body", "properties", "publicNetworkAccess"], ENABLED),
    (&["body", "properties", "networkRuleSet", "defaultAction"], ACTIONS),
    (&["body", "properties", "networkRuleBypassOptions"], BYPASS),
    (&["body", "properties", "networkRuleBypassAllowedForTasks"], FLAG),
    (&["body", "properties", "anonymousPullEnabled"], FLAG),
    (&["body", "properties", "adminUserEnabled"], FLAG),
];

/// The registry with each combination of values; none where there is nothing to try, or too much.
pub fn variants(resource: &Resource) -> Vec<Resource> {
    let table = if resource.kind == "azapi_resource" { AZAPI } else { AZURERM };
    let mut all = vec![resource.clone()];
    for (path, values) in table {
        let open = find(&mut all[0].attributes, path).is_some_and(|node| node.is_unknown());
        if !open || all.len() * values.len() > MAX_VARIANTS {
            continue;
        }
        let mut longer = Vec::with_capacity(all.len() * values.len());
        for one in &all {
            for value in *values {
                let mut other = one.clone();
                if let Some(node) = find(&mut other.attributes, path) {
                    node.value = match value {
                        Few::Text(text) => NodeValue::String((*text).to_owned()),
                        Few::Flag(flag) => NodeValue::Bool(*flag),
                    };
                    node.provenance.note = None;
                }
                longer.extend(Some(other).filter(is_taken));
            }
        }
        all = longer;
        if all.is_empty() {
            return all;
        }
    }
    if all.len() < 2 { Vec::new() } else { all }
}

/// Azure refuses to close a registry that has no firewall.
fn is_taken(resource: &Resource) -> bool {
    let from = &resource.attributes;
    let small = |sku: Option<&Node>| {
        let sku = sku.and_then(Node::as_str).map(str::to_lowercase);
        matches!(sku.as_deref(), Some("basic" | "standard"))
    };
    let body = from.get("body");
    let closed = from.get("public_network_access_enabled").and_then(truth) == Some(false)
        || body.and_then(|body| body.get_folded("properties")?.get_folded("publicNetworkAccess")?.as_str())
            == Some("Disabled");
    let is_small = small(from.get("sku")) || small(body.and_then(|body| body.get_folded("sku")?.get_folded("name")));
    !(closed && is_small)
}

/// What a path leads to; of a list its first item, as a block is one of a list.
fn find<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    let [name, rest @ ..] = path else { return Some(node) };
    match &mut node.value {
        NodeValue::List(items) => find(items.first_mut()?, path),
        NodeValue::Object(members) => {
            let (_, member) = members.iter_mut().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
            find(member, rest)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::instance::Change;
    use super::*;
    use crate::model::text_file::TextFile;
    use crate::source::code::declared::Span;

    fn registry(attributes: Value, unknown: &[&str]) -> Resource {
        let mut attributes = Node::from_json(attributes);
        unknown.iter().for_each(|name| attributes.set(name, Node::default()));
        let file = Arc::new(TextFile::new("main.tf", "resource\n"));
        Resource {
            address: "azurerm_container_registry.r".to_owned(),
            unexpanded: false,
            kind: "azurerm_container_registry".to_owned(),
            attributes,
            block: Span::new(&file, 0..8),
            related: Vec::new(),
            change: Change::Declared,
        }
    }

    fn tried(resource: &Resource, name: &str) -> Vec<String> {
        variants(resource)
            .iter()
            .map(|one| one.attributes.get(name).and_then(Node::to_json).expect("known").to_string())
            .collect()
    }

    #[test]
    fn what_is_not_known_is_tried_with_each_value() {
        let open = registry(json!({}), &["sku"]);
        assert_eq!(tried(&open, "sku"), ["\"Premium\"", "\"Standard\"", "\"Basic\""]);
        let closed = registry(json!({"public_network_access_enabled": false}), &["sku"]);
        assert_eq!(tried(&closed, "sku"), Vec::<String>::new(), "only Premium can be closed, and one is no choice");
        assert_eq!(tried(&registry(json!({"sku": "Premium"}), &["admin_enabled"]), "admin_enabled"), ["true", "false"]);
        assert!(variants(&registry(json!({"sku": "Premium"}), &["name"])).is_empty());
        let all = [
            "sku",
            "public_network_access_enabled",
            "network_rule_bypass_option",
            "admin_enabled",
            "anonymous_pull_enabled",
        ];
        assert!(variants(&registry(json!({}), &all)).len() <= MAX_VARIANTS);
    }
}
