use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::frame::Assembled;
use super::*;
use crate::model::text_file::TextFile;
use crate::source::code::declared::{Node, Span};

fn resource(address: &str, attributes: Value, change: Change) -> Resource {
    let file = Arc::new(TextFile::new("main.tf", "resource\n"));
    let parsed = super::super::address::Address::parse(address).expect("an address");
    let kind = parsed.resource.expect("a resource").name;
    Resource {
        address: address.to_owned(),
        unexpanded: false,
        kind: kind.split('.').next().expect("a kind").to_owned(),
        attributes: symbols(Node::from_json(attributes)),
        block: Span::new(&file, 0..8),
        related: Vec::new(),
        change,
    }
}

/// `$x` stands for the symbol x, `?` for what is not known.
fn symbols(node: Node) -> Node {
    use crate::source::code::declared::NodeValue;
    let value = match node.value {
        NodeValue::String(text) if text == "?" => NodeValue::Unknown,
        NodeValue::String(text) => match text.strip_prefix('$') {
            Some(symbol) => NodeValue::Symbol(symbol.into()),
            None => NodeValue::String(text),
        },
        NodeValue::List(items) => NodeValue::List(items.into_iter().map(symbols).collect()),
        NodeValue::Object(members) => {
            NodeValue::Object(members.into_iter().map(|(name, node)| (name, symbols(node))).collect())
        }
        other => other,
    };
    Node { value, ..node }
}

fn document(assembled: &Assembled, at: usize) -> Value {
    serde_json::from_str(&assembled.registries[at].clone().into_record().document).expect("JSON")
}

/// The note of a node in the registry, by its path.
fn note(assembled: &Assembled, path: &str) -> String {
    let node = path.split('/').try_fold(&assembled.registries[0].registry, |node, name| node.get(name));
    node.and_then(|node| node.provenance.note.as_deref()).unwrap_or_default().to_owned()
}

const REGISTRY: &str = "azurerm_container_registry.main";

fn premium() -> Value {
    json!({"name": "contoso", "location": "West Europe", "sku": "Premium"})
}

#[test]
fn a_new_registry_gets_azurerms_defaults_each_with_its_note() {
    let assembled = assemble(vec![resource(REGISTRY, premium(), Change::Create)], "infra");
    let expected = json!({
        "id": "azurerm_container_registry.main.id",
        "name": "contoso",
        "location": "westeurope",
        "sku": {"name": "Premium"},
        "tags": {},
        "properties": {
            "loginServer": "contoso.azurecr.io",
            "adminUserEnabled": false,
            "anonymousPullEnabled": false,
            "dataEndpointEnabled": false,
            "publicNetworkAccess": "Enabled",
            "networkRuleSet": {"defaultAction": "Allow", "ipRules": []},
            "networkRuleBypassOptions": "AzureServices",
            "networkRuleBypassAllowedForTasks": false,
            "zoneRedundancy": "Disabled",
            "encryption": {"status": "disabled"},
            "policies": {
                "azureADAuthenticationAsArmPolicy": {"status": "enabled"},
                "exportPolicy": {"status": "enabled"},
                "quarantinePolicy": {"status": "disabled"},
                "retentionPolicy": {"status": "disabled"},
                "trustPolicy": {"status": "disabled"},
            },
            "roleAssignmentMode": "LegacyRegistryPermissions",
            "privateEndpointConnections": [],
        },
    });
    let document = document(&assembled, 0);
    assert_eq!(document["registry"], expected);
    assert_eq!((&document["tasks"], &document["agent_pools"]), (&json!([]), &json!([])));
    assert_eq!(document["partial"], json!(null));
    let default = "public_network_access_enabled is not set, and true is azurerm's default.";
    assert_eq!(note(&assembled, "properties/publicNetworkAccess"), default);
    assert_eq!(assembled.registries[0].root, "infra");
}

#[test]
fn what_an_existing_registry_has_is_not_guessed() {
    let assembled = assemble(vec![resource(REGISTRY, premium(), Change::Existing)], "");
    let document = document(&assembled, 0);
    let properties = &document["registry"]["properties"];
    assert_eq!(properties.get("networkRuleBypassAllowedForTasks"), None);
    assert_eq!(properties.get("roleAssignmentMode"), None);
    assert_eq!(properties.get("networkRuleSet"), None);
    assert!(note(&assembled, "properties/networkRuleBypassAllowedForTasks").contains("exists already"));
    let partial = document["partial"].as_array().expect("partial");
    for list in ["/tasks", "/agent_pools", "/registry/properties/privateEndpointConnections"] {
        assert!(partial.contains(&json!(list)), "{list}: {partial:?}");
    }
}

#[test]
fn attributes_become_arms_properties() {
    let mut attributes = premium();
    for (name, value) in json!({
        "public_network_access_enabled": false, "admin_enabled": "true", "network_rule_bypass_option": "None",
        "network_rule_bypass_for_tasks_enabled": true, "zone_redundancy_enabled": true, "data_endpoint_enabled": true,
        "quarantine_policy_enabled": true, "retention_policy_in_days": 7, "trust_policy_enabled": true,
        "export_policy_enabled": false, "azuread_authentication_as_arm_policy_enabled": false,
        "role_assignment_mode": "AbacRepositoryPermissions",
        "encryption": [{"key_vault_key_id": "$azurerm_key_vault_key.k.id", "identity_client_id": "?"}],
        "identity": [{"type": "SystemAssigned, UserAssigned", "identity_ids": ["$azurerm_user_assigned_identity.u.id"]}],
        "network_rule_set": [{
            "default_action": "Deny",
            "ip_rule": [{"action": "Allow", "ip_range": "1.2.3.0/24"}, {"action": "Allow", "ip_range": "?"}],
            "virtual_network": [{"action": "Allow", "subnet_id": "$azurerm_subnet.s.id"}],
        }],
    })
    .as_object()
    .expect("an object")
    {
        attributes[name] = value.clone();
    }
    let assembled = assemble(vec![resource(REGISTRY, attributes, Change::Create)], "");
    let document = document(&assembled, 0);
    let properties = &document["registry"]["properties"];
    assert_eq!(
        properties["networkRuleSet"],
        json!({
            "defaultAction": "Deny",
            "ipRules": [{"action": "Allow", "value": "1.2.3.0/24"}],
            "virtualNetworkRules": [{"action": "Allow", "virtualNetworkSubnetResourceId": "azurerm_subnet.s.id"}],
        })
    );
    assert_eq!(
        properties["policies"],
        json!({
            "azureADAuthenticationAsArmPolicy": {"status": "disabled"},
            "exportPolicy": {"status": "disabled"},
            "quarantinePolicy": {"status": "enabled"},
            "retentionPolicy": {"status": "enabled", "days": 7},
            "trustPolicy": {"status": "enabled"},
        })
    );
    assert_eq!(
        properties["encryption"],
        json!({"status": "enabled", "keyVaultProperties": {"keyIdentifier": "azurerm_key_vault_key.k.id"}})
    );
    let words = ["publicNetworkAccess", "networkRuleBypassOptions", "zoneRedundancy", "roleAssignmentMode"];
    let words = words.map(|name| properties[name].as_str().expect("a word"));
    assert_eq!(words, ["Disabled", "None", "Enabled", "AbacRepositoryPermissions"]);
    let flags = ["adminUserEnabled", "networkRuleBypassAllowedForTasks", "dataEndpointEnabled"];
    assert!(flags.iter().all(|name| properties[name] == json!(true)));
    assert_eq!(
        document["registry"]["identity"],
        json!({
            "type": "SystemAssigned, UserAssigned",
            "principalId": "azurerm_container_registry.main.identity[0].principal_id",
            "userAssignedIdentities": {
                "azurerm_user_assigned_identity.u.id": {
                "principalId": "azurerm_user_assigned_identity.u.principal_id",
                "clientId": "azurerm_user_assigned_identity.u.client_id",
            },
            },
        })
    );
    assert_eq!(document["partial"], json!(["/registry/properties/networkRuleSet/ipRules"]));
}

#[test]
fn only_premium_has_a_rule_set_and_3_x_had_blocks() {
    let of = |attributes: Value| {
        let assembled = assemble(vec![resource(REGISTRY, attributes, Change::Create)], "");
        document(&assembled, 0)["registry"]["properties"].clone()
    };
    let basic = of(json!({
        "name": "a", "sku": "Basic", "retention_policy": [{"days": 3, "enabled": true}],
        "trust_policy": [{"enabled": true}], "encryption": [{"enabled": false}], "public_network_access_enabled": "?",
    }));
    assert_eq!(basic.get("networkRuleSet"), None);
    assert_eq!(basic["policies"]["retentionPolicy"], json!({"status": "enabled", "days": 3}));
    assert_eq!(basic["policies"]["trustPolicy"], json!({"status": "enabled"}));
    assert_eq!(basic["encryption"]["status"], "disabled");
    assert_eq!(basic["publicNetworkAccess"], "Enabled", "Azure closes no Basic registry");
    let unknown = of(json!({"name": "a", "sku": "?"}));
    assert_eq!(unknown.get("networkRuleSet"), None);
    let zero = of(json!({"name": "a", "sku": "Premium", "retention_policy_in_days": 0, "network_rule_set": []}));
    assert_eq!(zero["policies"]["retentionPolicy"], json!({"status": "disabled"}));
    assert_eq!(zero["networkRuleSet"]["defaultAction"], "Allow");
}

fn task(name: &str, registry: &str, more: Value) -> Resource {
    let mut attributes = json!({"name": name, "container_registry_id": registry});
    for (name, value) in more.as_object().expect("an object") {
        attributes[name] = value.clone();
    }
    resource(&format!("azurerm_container_registry_task.{name}"), attributes, Change::Create)
}

#[test]
fn tasks_pools_endpoints_and_roles_find_their_registry() {
    let id = "$azurerm_container_registry.main.id";
    let build = task(
        "build",
        id,
        json!({
            "agent_pool_name": "pool",
            "identity": [{"type": "SystemAssigned"}],
            "docker_step": [{"context_access_token": "hunter2"}],
            "registry_credential": [{
                "source": [{"login_mode": "None"}],
                "custom": [{
                    "login_server": "$azurerm_container_registry.main.login_server", "identity": "[system]",
                    "username": "hunter2", "password": "hunter2",
                }],
            }],
        }),
    );
    let plain = task("plain", id, json!({"enabled": false, "agent_pool_name": null, "identity": []}));
    let pool = json!({
        "name": "pool", "container_registry_name": "Contoso", "virtual_network_subnet_id": "$azurerm_subnet.s.id",
    });
    let endpoint = json!({
        "name": "pe",
        "private_service_connection": [{"name": "c", "private_connection_resource_id": id, "is_manual_connection": false}],
    });
    let role = json!({
        "scope": id, "role_definition_name": "AcrPush", "role_definition_id": "?",
        "principal_id": "$azurerm_container_registry_task.build.identity[0].principal_id",
    });
    let assembled = assemble(
        vec![
            resource(REGISTRY, premium(), Change::Create),
            build,
            plain,
            resource("azurerm_container_registry_agent_pool.p", pool, Change::Create),
            resource("azurerm_private_endpoint.e", endpoint, Change::Create),
            resource("azurerm_role_assignment.r", role, Change::Create),
        ],
        "",
    );
    let document = document(&assembled, 0);
    assert_eq!(
        document["tasks"],
        json!([
            {
                "id": "azurerm_container_registry_task.build.id", "name": "build",
                "identity": {
                    "type": "SystemAssigned",
                    "principalId": "azurerm_container_registry_task.build.identity[0].principal_id",
                },
                "properties": {
                    "status": "Enabled", "agentPoolName": "pool", "isSystemTask": false,
                    "step": {"type": "Docker", "isPushEnabled": true, "noCache": false},
                    "credentials": {
                        "sourceRegistry": {"loginMode": "None"},
                        "customRegistries": {"contoso.azurecr.io": {}},
                    },
                },
            },
            {
                "id": "azurerm_container_registry_task.plain.id", "name": "plain",
                "properties": {"status": "Disabled", "isSystemTask": false},
            },
        ])
    );
    assert_eq!(
        document["agent_pools"][0]["properties"],
        json!({"count": 1, "tier": "S1", "virtualNetworkSubnetResourceId": "azurerm_subnet.s.id"})
    );
    let connections = &document["registry"]["properties"]["privateEndpointConnections"];
    assert_eq!(connections[0]["properties"]["privateLinkServiceConnectionState"]["status"], "Approved");
    assert_eq!(
        document["role_assignments"][0]["properties"]["roleDefinitionId"],
        "/providers/Microsoft.Authorization/roleDefinitions/8311e382-0749-4cb8-b61a-304f252e45ec"
    );
    assert_eq!(document["partial"], json!(null), "all is known");
    assert!(!format!("{assembled:?}").contains("hunter2"));
    assert_eq!(assembled.skipped, []);
}

#[test]
fn instances_are_told_apart_by_their_keys() {
    let instance = |key: &str, name: &str| {
        let address = format!("module.m[\"x.y\"].azurerm_container_registry.main[\"{key}\"]");
        resource(&address, json!({"name": name, "sku": "Premium"}), Change::Create)
    };
    let of = |key: &str| format!("$module.m[\"x.y\"].azurerm_container_registry.main[{key}].id");
    let assembled = assemble(
        vec![
            instance("eu.west", "one"),
            instance("us", "two"),
            task("a", &of("\"eu.west\""), json!({})),
            task("b", &of("\"gone\""), json!({})),
            task(
                "c",
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/TWO",
                json!({}),
            ),
        ],
        "",
    );
    let names = |at: usize| {
        let tasks = &assembled.registries[at].tasks;
        tasks.iter().filter_map(|task| task.get("name")?.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((names(0), names(1)), (vec!["a"], vec!["c"]));
    let own = assembled.registries.iter().filter(|registry| !registry.is_elsewhere);
    assert!(own.clone().all(|registry| registry.all_tasks) && own.count() == 2);
    assert_eq!(names(2), ["b"], "the registry has a document for what is told of it");
    let gone = "the task azurerm_container_registry_task.b is of a registry that is not in this configuration";
    assert_eq!(assembled.skipped.len(), 1);
    assert_eq!(
        (assembled.skipped[0].location.to_string().as_str(), assembled.skipped[0].reason.as_str()),
        ("main.tf:1:1", gone)
    );
}

#[test]
fn a_task_of_nobody_knows_what_leaves_every_list_open() {
    let other = "azurerm_container_registry.other";
    for (registry, certain) in [("?", false), ("$module.x.acr_id", false), ("$azapi_resource_action.d.id", false)] {
        let assembled = assemble(
            vec![
                resource(REGISTRY, premium(), Change::Create),
                resource(other, json!({"name": "other", "sku": "Basic"}), Change::Create),
                task("t", registry, json!({})),
            ],
            "",
        );
        assert!(assembled.registries.iter().all(|declared| declared.all_tasks == certain), "{registry}");
        assert!(assembled.registries.iter().all(|declared| declared.tasks.is_empty() && declared.all_agent_pools));
        assert!(assembled.skipped[0].reason.contains("cannot be told"));
    }
    for opaque in ["azurerm_resource_group_template_deployment.t", "azapi_resource.t"] {
        let parts =
            vec![resource(REGISTRY, premium(), Change::Create), resource(opaque, json!({"type": "?"}), Change::Create)];
        assert!(!assemble(parts, "").registries[0].all_tasks, "{opaque}");
    }
}

#[test]
fn an_unexpanded_resource_stands_for_any_number() {
    let mut registry = resource(REGISTRY, premium(), Change::Declared);
    registry.unexpanded = true;
    let mut tasks = task("t", "$azurerm_container_registry.main[0].id", json!({}));
    tasks.unexpanded = true;
    let assembled = assemble(vec![registry, tasks], "");
    assert_eq!(assembled.registries[0].tasks.len(), 1);
    assert!(!assembled.registries[0].all_tasks);
}

fn azapi_registry(body: Value) -> Resource {
    let attributes = json!({
        "type": "Microsoft.ContainerRegistry/registries@2025-11-01", "name": "contoso", "location": "eastus",
        "parent_id": "$azurerm_resource_group.rg.id", "identity": [{"type": "SystemAssigned"}], "body": body,
    });
    resource("azapi_resource.acr", attributes, Change::Create)
}

#[test]
fn azapi_bodies_are_arms_shape_whether_object_or_text() {
    let body = json!({
        "sku": {"name": "Premium"},
        "properties": {
            "publicNetworkAccess": "Enabled",
            "NetworkRuleSet": {"defaultAction": "Deny", "ipRules": [{"action": "Allow", "value": "2001:db8::/32"}]},
            "policies": {"exportPolicy": null},
        },
    });
    let whole = assemble(vec![azapi_registry(body.clone())], "");
    let text = assemble(vec![azapi_registry(json!(body.to_string()))], "");
    let document = document(&whole, 0);
    assert_eq!(document["registry"], self::document(&text, 0)["registry"]);
    let properties = &document["registry"]["properties"];
    assert_eq!(properties["networkRuleSet"]["ipRules"][0]["value"], "2001:db8::/32");
    assert_eq!(properties["networkRuleBypassAllowedForTasks"], false);
    assert_eq!(properties["policies"]["exportPolicy"], json!({"status": "enabled"}));
    assert_eq!(document["origin"]["api_version"], "2025-11-01");
    assert_eq!(
        note(&whole, "properties/networkRuleBypassOptions"),
        "networkRuleBypassOptions is not set in the body, and AzureServices is the default."
    );
    let broken = assemble(vec![azapi_registry(json!("{"))], "");
    assert_eq!(self::document(&broken, 0)["registry"].get("properties"), None);
}

#[test]
fn updates_are_laid_over_in_the_order_of_their_addresses() {
    let update = |name: &str, target: &str, body: Value| {
        let attributes =
            json!({"type": "Microsoft.ContainerRegistry/registries@2025-11-01", "resource_id": target, "body": body});
        resource(&format!("azapi_update_resource.{name}"), attributes, Change::Create)
    };
    let id = "$azurerm_container_registry.main.id";
    let first =
        update("a", id, json!({"properties": {"networkRuleBypassAllowedForTasks": true, "zoneRedundancy": "Enabled"}}));
    let second = update(
        "b",
        id,
        json!(r#"{"properties":{"zoneRedundancy":"Disabled","networkRuleSet":{"defaultAction":"Deny"}}}"#),
    );
    let mut tree = vec![second, resource(REGISTRY, premium(), Change::Existing), first];
    let properties = |tree: &[Resource]| {
        let assembled = assemble(tree.to_vec(), "");
        document(&assembled, 0)["registry"]["properties"].clone()
    };
    let known = properties(&tree);
    assert_eq!(known["networkRuleBypassAllowedForTasks"], true);
    assert_eq!(known["zoneRedundancy"], "Disabled");
    assert_eq!(known["networkRuleSet"], json!({"defaultAction": "Deny"}));
    // What it changes cannot be told: where it would say something else, nothing is known.
    tree.push(update(
        "c",
        "?",
        json!({"properties": {"publicNetworkAccess": "Disabled", "networkRuleBypassOptions": "AzureServices"}}),
    ));
    let doubtful = properties(&tree);
    assert_eq!(doubtful.get("publicNetworkAccess"), None);
    assert_eq!(doubtful["networkRuleBypassOptions"], "AzureServices");
    tree.push(update("d", id, json!("?")));
    assert_eq!(properties(&tree), Value::Null);
}

#[test]
fn azapi_children_and_their_updates() {
    let child = |kind: &str, name: &str, body: Value| {
        let attributes = json!({
            "type": format!("Microsoft.ContainerRegistry/registries/{kind}@2025-03-01-preview"), "name": name,
            "parent_id": "$azapi_resource.acr.id", "body": body,
        });
        resource(&format!("azapi_resource.{name}"), attributes, Change::Create)
    };
    let update = json!({
        "type": "Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview",
        "resource_id": "$azapi_resource.build.id",
        "body": {"properties": {"agentPoolName": "pool"}},
    });
    let endpoint = json!({
        "type": "Microsoft.Network/privateEndpoints@2024-05-01", "name": "pe",
        "body": {"properties": {"manualPrivateLinkServiceConnections": [
            {"name": "c", "properties": {"privateLinkServiceId": "$azapi_resource.acr.id"}},
        ]}},
    });
    let role = json!({
        "type": "Microsoft.Authorization/roleAssignments@2022-04-01", "name": "r", "parent_id": "$azapi_resource.acr.id",
        "body": {"properties": {"roleDefinitionId": "/x/y", "principalId": "$azapi_resource.build.identity[0].principal_id"}},
    });
    let assembled = assemble(
        vec![
            azapi_registry(json!({"sku": {"name": "Premium"}})),
            child("tasks", "build", json!({"properties": {"status": "Enabled"}})),
            child("agentPools", "pool", json!({"properties": {"virtualNetworkSubnetResourceId": "/s"}})),
            resource("azapi_update_resource.u", update, Change::Create),
            resource("azapi_resource.pe", endpoint, Change::Create),
            resource("azapi_resource.r", role, Change::Create),
        ],
        "",
    );
    let document = document(&assembled, 0);
    assert_eq!(document["tasks"][0]["properties"], json!({"status": "Enabled", "agentPoolName": "pool"}));
    assert_eq!(document["agent_pools"][0]["name"], "pool");
    let connection = &document["registry"]["properties"]["privateEndpointConnections"][0];
    assert_eq!(connection["properties"]["privateLinkServiceConnectionState"]["status"], "Pending");
    assert_eq!(assembled.registries[0].role_assignments.len(), 1);
    // azapi makes the DNS zone groups of an endpoint as resources of their own.
    let zone_groups =
        "/registry/properties/privateEndpointConnections/0/properties/privateEndpoint/privateDnsZoneGroups";
    assert_eq!(document["partial"], json!([zone_groups]));
}

proptest! {
    #[test]
    fn odd_attributes_are_no_panic(names in proptest::collection::vec(0usize..12, 0..6), seed in any::<u8>()) {
        let names: Vec<&str> = names.iter().map(|&at| [
            "name", "sku", "network_rule_set", "encryption", "identity", "registry_credential", "body", "type", "resource_id",
            "container_registry_id", "private_service_connection", "retention_policy_in_days",
        ][at]).collect();
        let odd = [json!(null), json!([]), json!([null]), json!([[1]]), json!({}), json!("?"), json!(["?"]), json!(1.5), json!([{"ip_rule": "?", "custom": [null]}])];
        let attributes: serde_json::Map<String, Value> = names.iter().enumerate()
            .map(|(at, name)| ((*name).to_owned(), odd[(usize::from(seed) + at) % odd.len()].clone())).collect();
        let kinds = ["azurerm_container_registry", "azurerm_container_registry_task", "azurerm_private_endpoint", "azapi_resource", "azapi_update_resource", "azurerm_role_assignment"];
        let parts = kinds.iter().map(|kind| resource(&format!("{kind}.x"), Value::Object(attributes.clone()), Change::Create));
        for registry in assemble(parts.collect(), "").registries {
            registry.into_record();
        }
    }
}
