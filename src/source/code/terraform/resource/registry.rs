//! `azurerm_container_registry` in ARM's shape: attributes and defaults of azurerm 4.x as its source expands them (for
//! ARM 2023-11-01-preview and 2025-04-01), what 5.1.0 adds and removes, and the blocks that only 3.x has.

use super::attributes::{
    Block, ENABLED, STATUS, azure_default, azurerm_default, block, flag, items, object, object_at, switch, text,
    translated, truth, written,
};
use super::instance::{Change, Resource};
use crate::source::code::arm;
use crate::source::code::declared::{Node, NodeValue};

/// The registry as ARM would have it.
pub fn arm(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let unset = || Node::unknown("azurerm requires it, and it is not set.");
    let identity = identity(from, &resource.address);
    let properties = object([
        ("loginServer", login_server(from)),
        ("adminUserEnabled", Some(flag(from, "admin_enabled", false))),
        ("anonymousPullEnabled", Some(flag(from, "anonymous_pull_enabled", false))),
        ("dataEndpointEnabled", Some(flag(from, "data_endpoint_enabled", false))),
        ("publicNetworkAccess", Some(switch(from, "public_network_access_enabled", true, ENABLED))),
        ("networkRuleSet", network_rule_set(resource)),
        ("networkRuleBypassOptions", Some(text(from, "network_rule_bypass_option", "AzureServices"))),
        ("networkRuleBypassAllowedForTasks", bypass_for_tasks(resource)),
        ("zoneRedundancy", Some(switch(from, "zone_redundancy_enabled", false, ENABLED))),
        ("encryption", Some(encryption(from))),
        ("policies", Some(policies(resource))),
        ("roleAssignmentMode", role_assignment_mode(resource)),
    ]);
    let mut registry = object([
        ("name", Some(written(from, "name").cloned().unwrap_or_else(unset))),
        ("location", Some(written(from, "location").map_or_else(unset, location))),
        ("sku", Some(object([("name", Some(written(from, "sku").cloned().unwrap_or_else(unset)))]))),
        ("identity", identity),
        ("tags", tags(resource)),
        ("properties", Some(properties)),
    ]);
    arm::settle_small(&mut registry);
    registry
}

/// The provider has no default tags: a resource without any has none.
fn tags(resource: &Resource) -> Option<Node> {
    match written(&resource.attributes, "tags") {
        Some(tags) => Some(tags.clone()),
        None if resource.attributes.is_unknown() => None,
        None => Some(Node::new(NodeValue::Object(Vec::new())).with_note("tags are not set, and there are none then.")),
    }
}

/// azurerm takes a region's display name as well as its name.
pub fn location(node: &Node) -> Node {
    translated(node, |node| Some(NodeValue::String(node.as_str()?.replace(' ', "").to_lowercase())))
}

/// The registry's host: its name in its cloud's domain, and the region tells the cloud.
fn login_server(from: &Node) -> Option<Node> {
    if let Some(node) = from.get("login_server").filter(|node| node.as_str().is_some_and(|text| !text.is_empty())) {
        return Some(node.clone());
    }
    let name = from.get("name").filter(|name| name.as_str().is_some())?;
    let region = location(from.get("location")?).as_str()?.to_owned();
    let domain = match region.as_str() {
        region if region.starts_with("usgov") || region.starts_with("usdod") => "us",
        region if region.starts_with("china") => "cn",
        _ => "io",
    };
    Some(translated(name, |name| {
        Some(NodeValue::String(format!("{}.azurecr.{domain}", name.as_str()?.to_lowercase())))
    }))
}

fn network_rule_set(resource: &Resource) -> Option<Node> {
    let from = &resource.attributes;
    let premium = match from.get("sku") {
        Some(sku) => sku.as_str().map(|sku| sku.eq_ignore_ascii_case("premium")),
        None => None,
    };
    let rules = match block(from, "network_rule_set") {
        Block::One(rules) => rules,
        // The evaluator of policies knows that these registries have no firewall by that.
        Block::Absent if premium == Some(false) => return None,
        Block::Absent if premium.is_none() => {
            return Some(Node::unknown("network_rule_set is not set, and whether the sku has one is not known."));
        }
        Block::Absent if resource.change == Change::Existing => {
            return Some(Node::unknown("network_rule_set is not set, and azurerm then leaves the rules as they are."));
        }
        Block::Absent => {
            let none = Node::new(NodeValue::List(Vec::new()));
            return Some(object([
                ("defaultAction", Some(Node::text("Allow").with_note(azurerm_default("network_rule_set", "Allow")))),
                ("ipRules", Some(none.with_note("network_rule_set is not set, and there is no rule by default."))),
            ]));
        }
        Block::Unknown(_) if premium == Some(false) => return None,
        Block::Unknown(node) => return Some(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }),
    };
    let ip_rules = match items(rules, "ip_rule") {
        None => Node::new(NodeValue::List(Vec::new())),
        Some(Err(node)) => node.clone(),
        Some(Ok(blocks)) => Node::new(NodeValue::List(blocks.iter().map(ip_rule).collect())),
    };
    let virtual_networks = items(rules, "virtual_network").map(|rules| match rules {
        Err(node) => node.clone(),
        Ok(blocks) => Node::new(NodeValue::List(blocks.iter().map(virtual_network).collect())),
    });
    let placed = |mut node: Node| {
        node.provenance.span = node.provenance.span.or_else(|| rules.provenance.span.clone());
        node
    };
    Some(object_at(
        &rules.provenance,
        [
            ("defaultAction", Some(text(rules, "default_action", "Allow"))),
            ("ipRules", Some(placed(ip_rules))),
            ("virtualNetworkRules", virtual_networks.filter(|rules| rules.value != NodeValue::List(Vec::new()))),
        ],
    ))
}

fn ip_rule(rule: &Node) -> Node {
    if rule.as_object().is_none() {
        return Node { value: NodeValue::Unknown, provenance: rule.provenance.clone() };
    }
    let value = written(rule, "ip_range").cloned().unwrap_or_default();
    object_at(&rule.provenance, [("action", Some(text(rule, "action", "Allow"))), ("value", Some(value))])
}

fn virtual_network(rule: &Node) -> Node {
    if rule.as_object().is_none() {
        return Node { value: NodeValue::Unknown, provenance: rule.provenance.clone() };
    }
    let subnet = written(rule, "subnet_id").cloned().unwrap_or_default();
    let members = [("action", Some(text(rule, "action", "Allow"))), ("virtualNetworkSubnetResourceId", Some(subnet))];
    object_at(&rule.provenance, members)
}

/// azurerm manages it from 5.0 on; before, a new registry gets Azure's default and an existing one has what it has.
fn bypass_for_tasks(resource: &Resource) -> Option<Node> {
    let name = "network_rule_bypass_for_tasks_enabled";
    match (written(&resource.attributes, name), resource.change) {
        (Some(node), _) => Some(translated(node, |node| truth(node).map(NodeValue::Bool))),
        (None, Change::Existing) => Some(Node::unknown(format!(
            "{name} is not set by this version of azurerm, and the registry exists already."
        ))),
        (None, _) => Some(Node::new(NodeValue::Bool(false)).with_note(azure_default(name, "false"))),
    }
}

/// Likewise.
fn role_assignment_mode(resource: &Resource) -> Option<Node> {
    let default = "LegacyRegistryPermissions";
    match (written(&resource.attributes, "role_assignment_mode"), resource.change) {
        (Some(node), _) => Some(node.clone()),
        (None, Change::Existing) => None,
        (None, _) => Some(Node::text(default).with_note(azure_default("role_assignment_mode", default))),
    }
}

/// The block was `enabled` or not before azurerm 4.0.
fn encryption(from: &Node) -> Node {
    let status = |status: &str| Node::text(status);
    match block(from, "encryption") {
        Block::Absent => {
            let note = "encryption is not set, and Azure's own keys are the default.";
            object([("status", Some(status("disabled").with_note(note)))])
        }
        Block::Unknown(node) => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() },
        Block::One(keys) => {
            let on = match written(keys, "enabled") {
                Some(_) => switch(keys, "enabled", true, STATUS),
                None => Node { value: NodeValue::String("enabled".to_owned()), provenance: keys.provenance.clone() },
            };
            let properties = object_at(
                &keys.provenance,
                [
                    ("keyIdentifier", written(keys, "key_vault_key_id").cloned()),
                    (
                        "identity",
                        written(keys, "identity_client_id").filter(|id| id.value != NodeValue::Unknown).cloned(),
                    ),
                ],
            );
            object_at(&keys.provenance, [("status", Some(on)), ("keyVaultProperties", Some(properties))])
        }
    }
}

fn policies(resource: &Resource) -> Node {
    let from = &resource.attributes;
    let policy = |name: &str, default: bool| Some(object([("status", Some(switch(from, name, default, STATUS)))]));
    let name = "azuread_authentication_as_arm_policy_enabled";
    let arm_audience = match (written(from, name), resource.change) {
        (None, Change::Existing) => None,
        (None, _) => {
            let status = Node::text("enabled").with_note(azure_default(name, "true"));
            Some(object([("status", Some(status))]))
        }
        (Some(_), _) => policy(name, true),
    };
    let trust = match block(from, "trust_policy") {
        Block::One(trust) => Some(object([("status", Some(switch(trust, "enabled", false, STATUS)))])),
        Block::Unknown(node) => Some(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }),
        Block::Absent => policy("trust_policy_enabled", false),
    };
    object([
        ("azureADAuthenticationAsArmPolicy", arm_audience),
        ("exportPolicy", policy("export_policy_enabled", true)),
        ("quarantinePolicy", policy("quarantine_policy_enabled", false)),
        ("retentionPolicy", Some(retention(from))),
        ("trustPolicy", trust),
    ])
}

/// A number of days, of which none is off; a block before azurerm 4.0.
fn retention(from: &Node) -> Node {
    if let Some(days) = written(from, "retention_policy_in_days") {
        let number = |node: &Node| match &node.value {
            NodeValue::Number(number) => number.as_f64(),
            _ => node.as_str().and_then(|text| text.parse().ok()),
        };
        let on = |node: &Node| Some(NodeValue::String(STATUS[usize::from(number(node)? <= 0.0)].to_owned()));
        let status = translated(days, on);
        let days = Some(days.clone()).filter(|_| status.as_str() == Some(STATUS[0]));
        return object([("status", Some(status)), ("days", days)]);
    }
    match block(from, "retention_policy") {
        Block::One(policy) => {
            let days = written(policy, "days").cloned();
            object([("status", Some(switch(policy, "enabled", false, STATUS))), ("days", days)])
        }
        Block::Unknown(node) => Node { value: NodeValue::Unknown, provenance: node.provenance.clone() },
        Block::Absent => {
            let note = "retention_policy_in_days is not set, and no retention is azurerm's default.";
            object([("status", Some(Node::text(STATUS[1]).with_note(note)))])
        }
    }
}

/// The identity of a registry or task: the kind, the id of what is assigned by the system, and the users' ones.
pub fn identity(from: &Node, address: &str) -> Option<Node> {
    let block = match block(from, "identity") {
        Block::Absent => return None,
        Block::Unknown(node) => return Some(Node { value: NodeValue::Unknown, provenance: node.provenance.clone() }),
        Block::One(block) => block,
    };
    let kind = written(block, "type").cloned().unwrap_or_default();
    let system = kind.as_str().is_some_and(|kind| kind.to_lowercase().contains("systemassigned"));
    let principal = written(block, "principal_id").filter(|node| node.as_str().is_some_and(|id| !id.is_empty()));
    let symbol = || Node::new(NodeValue::Symbol(format!("{address}.identity[0].principal_id").into()));
    let principal = system.then(|| principal.cloned().unwrap_or_else(symbol));
    let users = items(block, "identity_ids").map(|ids| match ids {
        Err(node) => node.clone(),
        Ok(ids) if ids.iter().all(|id| matches!(id.value, NodeValue::String(_) | NodeValue::Symbol(_))) => {
            Node::new(NodeValue::Object(ids.iter().filter_map(user_assigned).collect()))
        }
        Ok(_) => Node::unknown("Which identities are assigned is not known."),
    });
    let users = users.filter(|users| users.value != NodeValue::Object(Vec::new()));
    Some(object_at(
        &block.provenance,
        [("type", Some(kind)), ("principalId", principal), ("userAssignedIdentities", users)],
    ))
}

/// The id of an identity, and the identity: its principal is told by what names the id.
fn user_assigned(id: &Node) -> Option<(String, Node)> {
    let (name, principal) = match &id.value {
        NodeValue::String(text) => (text.clone(), None),
        NodeValue::Symbol(symbol) => {
            let principal = symbol.strip_suffix(".id").map(|address| format!("{address}.principal_id"));
            (symbol.to_string(), principal)
        }
        _ => return None,
    };
    let client = principal.as_ref().and_then(|principal: &String| principal.strip_suffix(".principal_id"));
    let client = client.map(|address| Node::text(format!("{address}.client_id")));
    let principal = principal.map(|principal| Node::new(NodeValue::Symbol(principal.into())));
    Some((name, object_at(&id.provenance, [("principalId", principal), ("clientId", client)])))
}
