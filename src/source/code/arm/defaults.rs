//! What Azure makes of a new registry's properties that a template leaves out, as the REST specification states.

use serde_json::{Value, json};

use super::super::declared::{Node, NodeValue, may_hold_others};

/// Fills in what is left out of a registry's `properties`, each with a note that says so; `declared_in` is a word for where it
/// is left out: `the template`.
pub fn fill(registry: &mut Node, declared_in: &str) {
    let sku = registry.get_folded("sku").and_then(|sku| sku.get_folded("name")).cloned();
    registry.fill_others(&["sku", "properties", "identity", "location", "tags"]);
    let sku = sku.or_else(|| registry.get_folded("sku")?.is_unknown().then(Node::default));
    if registry.get_folded("properties").is_none_or(|properties| properties.value == NodeValue::Null) {
        set(registry, "properties", Node::new(NodeValue::Object(Vec::new())));
    }
    let NodeValue::Object(members) = &mut registry.value else { return };
    let Some((_, properties)) = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties")) else {
        return;
    };
    if properties.as_object().is_none() {
        return;
    }
    for (path, value) in plain() {
        put(properties, path, &value, declared_in);
    }
    rule_set(properties, sku.as_ref(), declared_in);
    settle_small(registry);
}

/// A deployment replaces the tags of what it deploys: without any in the template, there are none.
pub fn fill_tags(registry: &mut Node) {
    if registry.get_folded("tags").is_none_or(|tags| tags.value == NodeValue::Null) {
        let none = Node::new(NodeValue::Object(Vec::new()));
        set(registry, "tags", none.with_note("tags are not set in the template, and there are none then."));
    }
}

/// Path within `properties` -> value.
fn plain() -> [(&'static [&'static str], Value); 17] {
    [
        (&["publicNetworkAccess"], json!("Enabled")),
        (&["networkRuleBypassOptions"], json!("AzureServices")),
        (&["networkRuleBypassAllowedForTasks"], json!(false)),
        (&["adminUserEnabled"], json!(false)),
        (&["anonymousPullEnabled"], json!(false)),
        (&["dataEndpointEnabled"], json!(false)),
        (&["zoneRedundancy"], json!("Disabled")),
        (&["roleAssignmentMode"], json!("LegacyRegistryPermissions")),
        (&["encryption", "status"], json!("disabled")),
        (&["policies", "exportPolicy", "status"], json!("enabled")),
        (&["policies", "quarantinePolicy", "status"], json!("disabled")),
        (&["policies", "retentionPolicy", "status"], json!("disabled")),
        (&["policies", "retentionPolicy", "days"], json!(7)),
        (&["policies", "trustPolicy", "status"], json!("disabled")),
        (&["policies", "softDeletePolicy", "status"], json!("disabled")),
        (&["policies", "softDeletePolicy", "retentionDays"], json!(7)),
        (&["policies", "azureADAuthenticationAsArmPolicy", "status"], json!("enabled")),
    ]
}

/// Fills in what a task leaves out: one whose status is not written is enabled.
pub fn fill_task(task: &mut Node, declared_in: &str) {
    fill_properties(task, &[(&["status"], json!("Enabled"))], declared_in);
}

/// Fills in what an agent pool leaves out: one whose count is not written has one machine.
pub fn fill_pool(pool: &mut Node, declared_in: &str) {
    fill_properties(pool, &[(&["count"], json!(1)), (&["tier"], json!("S1")), (&["os"], json!("Linux"))], declared_in);
}

fn fill_properties(resource: &mut Node, defaults: &[(&[&str], Value)], declared_in: &str) {
    let NodeValue::Object(members) = &mut resource.value else { return };
    let own = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"));
    let Some((_, properties)) = own.filter(|(_, properties)| properties.as_object().is_some()) else { return };
    for (path, value) in defaults {
        put(properties, path, value, declared_in);
    }
}

/// Azure refuses to close a registry that has no firewall: whatever decides it, a Basic or Standard one is open.
pub fn settle_small(registry: &mut Node) {
    let sku = registry.get_folded("sku").and_then(|sku| sku.get_folded("name")).and_then(Node::as_str);
    let Some(sku) = sku.filter(|sku| sku.eq_ignore_ascii_case("basic") || sku.eq_ignore_ascii_case("standard")) else {
        return;
    };
    let note = format!("Azure closes no registry of the {sku} SKU to the public network.");
    let NodeValue::Object(members) = &mut registry.value else { return };
    let own = members.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("properties"));
    let Some((_, NodeValue::Object(properties))) = own.map(|(name, node)| (name, &mut node.value)) else { return };
    for (name, access) in properties {
        if name.eq_ignore_ascii_case("publicNetworkAccess") && access.is_unknown() {
            access.value = NodeValue::String("Enabled".to_owned());
            access.provenance.note = Some(note.as_str().into());
        }
    }
}

fn set(object: &mut Node, name: &str, value: Node) {
    if let NodeValue::Object(members) = &mut object.value {
        match members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => *known = value,
            None => members.push((name.to_owned(), value)),
        }
    }
}

fn default(name: &str, value: &Value, declared_in: &str) -> Node {
    let default = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        other => other.to_string(),
    };
    Node::from_json(value.clone())
        .with_note(format!("{name} is not set in {declared_in}, and {default} is the default."))
}

/// Sets a member deep in an object, unless it is there or something above it is not known.
fn put(object: &mut Node, path: &[&str], value: &Value, declared_in: &str) {
    let [name, rest @ ..] = path else { return };
    let NodeValue::Object(members) = &mut object.value else { return };
    let at = members.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
    // Null in a template is as good as nothing.
    let absent = at.is_none_or(|at| members[at].1.value == NodeValue::Null);
    if at.is_none() && may_hold_others(members) {
        return object.fill_others(&[name]);
    }
    if rest.is_empty() {
        if absent {
            set(object, name, default(name, value, declared_in));
        }
        return;
    }
    if absent {
        set(object, name, Node::new(NodeValue::Object(Vec::new())));
    }
    if let NodeValue::Object(members) = &mut object.value
        && let Some((_, member)) = members.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        put(member, rest, value, declared_in);
    }
}

/// Basic and Standard have no rule set, and ARM leaves it out of their answers.
fn rule_set(properties: &mut Node, sku: Option<&Node>, declared_in: &str) {
    properties.fill_others(&["networkRuleSet"]);
    if let Some(rules) = properties.member_mut("networkRuleSet") {
        rules.fill_others(&["ipRules", "virtualNetworkRules", "defaultAction"]);
    }
    let declared = properties.get_folded("networkRuleSet").is_some_and(|rules| rules.value != NodeValue::Null);
    let sku_name = sku.and_then(Node::as_str).map(str::to_ascii_lowercase);
    match (declared, sku_name.as_deref(), sku) {
        (true, ..) | (false, Some("premium"), _) => {
            if !declared {
                let note =
                    format!("networkRuleSet is not set in {declared_in}, and it allows all networks by default.");
                set(properties, "networkRuleSet", Node::new(NodeValue::Object(Vec::new())).with_note(note));
            }
            put(properties, &["networkRuleSet", "defaultAction"], &json!("Allow"), declared_in);
            put(properties, &["networkRuleSet", "ipRules"], &json!([]), declared_in);
            put(properties, &["networkRuleSet", "virtualNetworkRules"], &json!([]), declared_in);
        }
        (false, Some("basic" | "standard"), _) => {}
        (false, _, sku) => {
            let why = sku.and_then(|sku| sku.provenance.note.clone());
            let why =
                why.unwrap_or_else(|| "Whether it has network rules depends on its SKU, which is not known.".into());
            set(properties, "networkRuleSet", Node::unknown(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(registry: Value) -> Node {
        let mut node = Node::from_json(registry);
        fill(&mut node, "the template");
        node
    }

    #[test]
    fn what_is_left_out_takes_the_default_and_says_so() {
        let node = filled(json!({"sku": {"name": "Premium"}, "properties": {"PublicNetworkAccess": "Disabled"}}));
        let properties = node.get("properties").expect("properties");
        assert_eq!(properties.get_folded("publicNetworkAccess").and_then(Node::as_str), Some("Disabled"));
        let bypass = properties.get("networkRuleBypassAllowedForTasks").expect("a default");
        assert_eq!(bypass.as_bool(), Some(false));
        let note = "networkRuleBypassAllowedForTasks is not set in the template, and false is the default.";
        assert_eq!(bypass.provenance.note.as_deref(), Some(note));
        let rules = properties.get("networkRuleSet").expect("rules");
        assert_eq!(rules.get("defaultAction").and_then(Node::as_str), Some("Allow"));
        assert_eq!(rules.get("ipRules").and_then(Node::as_list), Some(&[][..]));
    }

    #[test]
    fn only_premium_has_network_rules() {
        let rules = |registry| filled(registry).get("properties").and_then(|p| p.get("networkRuleSet").cloned());
        assert_eq!(rules(json!({"sku": {"name": "basic"}})), None);
        assert!(rules(json!({})).expect("unknown").is_unknown());
        let declared = rules(json!({"properties": {"networkRuleSet": {"ipRules": null}}})).expect("declared");
        assert_eq!(declared.get("ipRules").and_then(Node::as_list), Some(&[][..]));
    }

    #[test]
    fn what_is_not_known_stays_so() {
        let mut node = Node::new(NodeValue::Object(vec![("properties".to_owned(), Node::default())]));
        fill(&mut node, "the template");
        assert!(node.get("properties").expect("properties").is_unknown());
        let policies = ("policies".to_owned(), Node::default());
        let properties = Node::new(NodeValue::Object(vec![policies]));
        let mut node = Node::new(NodeValue::Object(vec![("properties".to_owned(), properties)]));
        fill(&mut node, "the template");
        assert!(node.get("properties").and_then(|p| p.get("policies")).expect("policies").is_unknown());
    }
}
