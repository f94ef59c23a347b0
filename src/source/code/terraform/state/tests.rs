use serde_json::json;

use super::*;
use crate::model::cloud::Cloud;

fn read(text: &str) -> ReadPlan {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("terraform.tfstate");
    std::fs::write(&path, text).expect("written");
    let tags = ServiceTags::embedded(Cloud::Public).expect("the table");
    read_state(&path, &Tree::default(), &tags)
}

const ID: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/kept";

fn attributes() -> serde_json::Value {
    json!({
        "id": ID, "name": "kept", "location": "westeurope", "sku": "Premium", "admin_password": "hunter2",
        "public_network_access_enabled": false, "network_rule_set": [{"default_action": "Deny", "ip_rule": []}],
        "network_rule_bypass_for_tasks_enabled": true,
    })
}

#[test]
fn a_state_says_what_is() {
    let own = json!({
        "version": 4, "terraform_version": "1.11.4", "lineage": "x",
        "resources": [
            {"mode": "managed", "type": "azurerm_container_registry", "name": "r", "module": "module.m", "instances": [
                {"index_key": "a", "attributes": attributes(), "sensitive_attributes": [[{"type": "get_attr", "value": "admin_password"}]]},
                {"deposed": "1", "attributes": attributes()},
            ]},
            {"mode": "managed", "type": "azurerm_container_registry_task", "name": "t", "instances": [
                {"attributes": {"name": "t", "container_registry_id": ID, "enabled": true}},
            ]},
            {"mode": "data", "type": "azurerm_container_registry", "name": "d", "instances": [{"attributes": attributes()}]},
        ],
    });
    let shown = json!({
        "format_version": "1.0", "terraform_version": "1.11.4",
        "values": {"root_module": {
            "resources": [{
                "address": "azurerm_container_registry_task.t", "mode": "managed", "type": "azurerm_container_registry_task",
                "values": {"name": "t", "container_registry_id": ID, "enabled": true},
            }],
            "child_modules": [{"resources": [{
                "address": "module.m.azurerm_container_registry.r[\"a\"]", "mode": "managed",
                "type": "azurerm_container_registry", "values": attributes(), "sensitive_values": {"admin_password": true},
            }]}],
        }},
    });
    for state in [own, shown] {
        let read = read(&state.to_string());
        assert_eq!(read.gaps, Vec::<FileGap>::new());
        assert_eq!(read.registries.len(), 1, "{state}");
        let registry = &read.registries[0];
        assert_eq!(registry.address, "module.m.azurerm_container_registry.r[\"a\"]");
        let properties = registry.registry.get("properties").expect("properties");
        assert_eq!(properties.get("publicNetworkAccess").and_then(Node::as_str), Some("Disabled"));
        assert_eq!(properties.get("networkRuleBypassAllowedForTasks").and_then(Node::as_bool), Some(true));
        assert_eq!(registry.tasks.len(), 1);
        assert!(!registry.all_tasks, "others may be there that Terraform does not manage");
        assert!(!format!("{registry:?}").contains("hunter2"));
    }
}

#[test]
fn what_is_no_state_that_is_read_is_a_gap() {
    for (text, why) in [
        ("{\"version\": 3, \"lineage\": \"x\"}", "only version 4"),
        ("{\"encrypted_data\": \"x\", \"encryption_version\": \"v0\"}", "encrypted"),
        ("{\"version\": 4, ", "no JSON"),
    ] {
        let read = read(text);
        assert!(read.gaps.len() == 1 && read.gaps[0].reason.contains(why), "{:?}", read.gaps);
    }
}
