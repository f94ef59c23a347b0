//! A registry for each value that something of it may have, where that is not known and there are few: what holds with
//! each of them holds.

use super::node::{Node, NodeValue};

/// How many variants of one registry are tried.
pub const MAX_VARIANTS: usize = 24;

/// True or false.
pub const FLAG: &[Few] = &[Few::Flag(true), Few::Flag(false)];
/// The SKUs that have registries.
pub const SKUS: &[Few] = &[Few::Text("Premium"), Few::Text("Standard"), Few::Text("Basic")];
/// Whether something is on.
pub const ENABLED: &[Few] = &[Few::Text("Enabled"), Few::Text("Disabled")];
/// What a firewall does by default.
pub const ACTIONS: &[Few] = &[Few::Text("Allow"), Few::Text("Deny")];
/// Who passes a firewall.
pub const BYPASS: &[Few] = &[Few::Text("AzureServices"), Few::Text("None")];

/// A value of few.
#[derive(Debug, Clone, Copy)]
pub enum Few {
    /// A word.
    Text(&'static str),
    /// True or false.
    Flag(bool),
}

/// What is tried, what decides most first: the path within a value, and the values.
pub type FewTable = &'static [(&'static [&'static str], &'static [Few])];

/// The properties of a registry as ARM has it.
pub const ARM: FewTable = &[
    (&["sku", "name"], SKUS),
    (&["properties", "publicNetworkAccess"], ENABLED),
    (&["properties", "networkRuleSet", "defaultAction"], ACTIONS),
    (&["properties", "networkRuleBypassOptions"], BYPASS),
    (&["properties", "networkRuleBypassAllowedForTasks"], FLAG),
    (&["properties", "anonymousPullEnabled"], FLAG),
    (&["properties", "adminUserEnabled"], FLAG),
];

/// The value with each combination of values; none where there is nothing to try, or too much.
pub fn variants(of: &Node, table: FewTable) -> Vec<Node> {
    let mut all = vec![of.clone()];
    for (path, values) in table {
        let open = find(&mut all[0], path).is_some_and(|node| node.is_unknown());
        if !open || all.len() * values.len() > MAX_VARIANTS {
            continue;
        }
        let mut longer = Vec::with_capacity(all.len() * values.len());
        for one in &all {
            for value in *values {
                let mut other = one.clone();
                if let Some(node) = find(&mut other, path) {
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

/// Azure refuses to close a registry that has no firewall; in ARM's spelling.
fn is_taken(registry: &Node) -> bool {
    let sku = registry.get_folded("sku").and_then(|sku| sku.get_folded("name")?.as_str());
    let is_small = sku.is_some_and(|sku| sku.eq_ignore_ascii_case("basic") || sku.eq_ignore_ascii_case("standard"));
    let access = registry.get_folded("properties").and_then(|all| all.get_folded("publicNetworkAccess")?.as_str());
    !(is_small && access.is_some_and(|access| access.eq_ignore_ascii_case("disabled")))
}

/// What a path leads to; of a list its first item, as a block is one of a list.
pub fn find<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_registry_is_tried_with_each_value_that_azure_takes() {
        let mut registry = Node::from_json(json!({"sku": {}, "properties": {"publicNetworkAccess": "Disabled"}}));
        registry.member_mut("sku").expect("a SKU").set("name", Node::default());
        assert!(variants(&registry, ARM).is_empty(), "only Premium can be closed, and one is no choice");
        registry.member_mut("properties").expect("properties").set("publicNetworkAccess", Node::default());
        assert_eq!(variants(&registry, ARM).len(), 4);
    }
}
