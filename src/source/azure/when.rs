//! Where a further request can matter: what it could tell would change nothing elsewhere.

use serde_json::Value;

/// Whether anybody may connect to a registry, as far as its own settings say for certain.
pub fn admits_everybody(registry: &Value) -> bool {
    let basic = ["Basic", "Standard"].iter().any(|sku| is_word(registry, "/sku/name", sku));
    let allows = is_word(registry, "/properties/networkRuleSet/defaultAction", "Allow");
    is_word(registry, "/properties/publicNetworkAccess", "Enabled") && (basic || allows)
}

/// Whether the way of an enabled task to its registry may rest on a firewall rule for a subnet, and no answer so far
/// shows those: the firewall denies, and the task runs on a pool in a virtual network without a private endpoint.
pub fn may_rest_on_a_subnet_rule(registry: &Value, tasks: &[Value], pools: &[Value]) -> bool {
    let denies = is_word(registry, "/properties/networkRuleSet/defaultAction", "Deny");
    // Disabled overrides the whole firewall.
    let is_closed = is_word(registry, "/properties/publicNetworkAccess", "Disabled");
    let are_shown = registry.pointer("/properties/networkRuleSet/virtualNetworkRules").is_some_and(Value::is_array);
    let connections = registry.pointer("/properties/privateEndpointConnections").and_then(Value::as_array);
    let has_endpoint = connections
        .into_iter()
        .flatten()
        .any(|connection| is_word(connection, "/properties/privateLinkServiceConnectionState/status", "Approved"));
    let is_on_subnet = |task: &&Value| {
        let named = task.pointer("/properties/agentPoolName").and_then(Value::as_str);
        let pool = named.and_then(|named| {
            pools.iter().find(|pool| pool["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(named)))
        });
        pool.is_some_and(|pool| {
            pool.pointer("/properties/virtualNetworkSubnetResourceId").is_some_and(Value::is_string)
        })
    };
    let mut enabled = tasks.iter().filter(|task| !is_word(task, "/properties/status", "Disabled"));
    denies && !is_closed && !are_shown && !has_endpoint && enabled.any(|task| is_on_subnet(&task))
}

/// Whether a word of ARM's, whose casing varies, stands at a pointer.
fn is_word(resource: &Value, pointer: &str, word: &str) -> bool {
    resource.pointer(pointer).and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registry(sku: &str, access: Value, action: Value) -> Value {
        json!({"sku": {"name": sku}, "properties": {
            "publicNetworkAccess": access, "networkRuleSet": {"defaultAction": action},
        }})
    }

    #[test]
    fn a_registry_admits_everybody_only_where_that_is_certain() {
        let admits = |sku: &str, access: Value, action: Value| admits_everybody(&registry(sku, access, action));
        assert!(admits("Premium", json!("enabled"), json!("allow")));
        assert!(admits("Standard", json!("Enabled"), json!("Deny")));
        assert!(!admits("Premium", json!("Enabled"), json!("Deny")));
        assert!(!admits("Premium", json!("Enabled"), json!(null)));
        assert!(!admits("Premium", json!(null), json!("Allow")));
        assert!(!admits("Basic", json!("Disabled"), json!("Allow")));
    }

    #[test]
    fn subnet_rules_matter_where_a_task_on_a_subnet_may_need_one() {
        let restricted = registry("Premium", json!("Enabled"), json!("Deny"));
        let task = json!({"properties": {"status": "Enabled", "agentPoolName": "Pool"}});
        let pool = json!({"name": "pool", "properties": {"virtualNetworkSubnetResourceId": "/s"}});
        let rests = |registry: &Value, task: &Value, pool: &Value| {
            may_rest_on_a_subnet_rule(registry, std::slice::from_ref(task), std::slice::from_ref(pool))
        };
        assert!(rests(&restricted, &task, &pool));
        let with = |pointer: &str, value: Value| {
            let mut registry = restricted.clone();
            registry["properties"][pointer] = value;
            registry
        };
        let connection =
            |status: &str| json!([{"properties": {"privateLinkServiceConnectionState": {"status": status}}}]);
        assert!(rests(&with("privateEndpointConnections", connection("Pending")), &task, &pool));
        assert!(!rests(&with("privateEndpointConnections", connection("Approved")), &task, &pool));
        assert!(!rests(&with("publicNetworkAccess", json!("Disabled")), &task, &pool));
        let shown = json!({"defaultAction": "Deny", "virtualNetworkRules": []});
        assert!(!rests(&with("networkRuleSet", shown), &task, &pool));
        assert!(!rests(&with("networkRuleSet", json!({"defaultAction": "Allow"})), &task, &pool));
        assert!(!rests(&restricted, &json!({"properties": {"status": "Disabled", "agentPoolName": "pool"}}), &pool));
        assert!(!rests(&restricted, &json!({"properties": {"status": "Enabled"}}), &pool));
        assert!(!rests(&restricted, &task, &json!({"name": "pool", "properties": {}})));
    }
}
