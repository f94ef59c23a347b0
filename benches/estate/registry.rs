//! A registry with its tasks, pool, private endpoint and role, as `.tf` source and as a plan's values.
//!
//! By its number modulo four: closed with a private endpoint and a pool; behind a firewall; open; behind a firewall
//! that has an IPv6 rule.

use serde_json::{Value, json};

pub const REGIONS: [&str; 4] = ["westeurope", "northeurope", "eastus", "uksouth"];

const IDENTITY: &str = "\n  identity {\n    type = \"SystemAssigned\"\n  }\n";

/// The addresses of a registry's firewall, beside the offices'.
fn rules(number: usize) -> Vec<String> {
    let mut rules: Vec<String> = (0..6).map(|index| format!("20.{}.{}.0/24", 40 + index, number % 200)).collect();
    if number % 4 == 3 {
        rules.push(format!("2603:1020:{:x}::/48", number));
    }
    rules
}

fn is_public(number: usize) -> bool {
    !number.is_multiple_of(4)
}

fn action(number: usize) -> &'static str {
    if number % 4 == 2 { "Allow" } else { "Deny" }
}

fn dockerfile_step(number: usize) -> (String, String) {
    (format!("https://github.com/contoso/service-{number:03}.git#main"), format!("service-{number:03}:{{{{.Run.ID}}}}"))
}

/// `azurerm_container_registry`.
pub fn source(number: usize) -> String {
    let rules: String = rules(number)
        .iter()
        .map(|range| format!("    ip_rule {{\n      action   = \"Allow\"\n      ip_range = \"{range}\"\n    }}\n\n"))
        .collect();
    format!(
        r#"
# Images of service {number:03}. Reading for by the platform team; who may pull is in roles.
resource "azurerm_container_registry" "service_{number:03}" {{
  name                          = "contososervice{number:03}"
  resource_group_name           = azurerm_resource_group.this.name
  location                      = azurerm_resource_group.this.location
  sku                           = "Premium"
  admin_enabled                 = var.admin_enabled
  anonymous_pull_enabled        = false
  public_network_access_enabled = {public}
  data_endpoint_enabled         = true
  zone_redundancy_enabled       = true
  export_policy_enabled         = {public}
  network_rule_bypass_option    = "None"
  retention_policy_in_days      = 30

  network_rule_set {{
    default_action = "{action}"

    # The build farm, range by range.
{rules}    dynamic "ip_rule" {{
      for_each = var.office_ranges
      content {{
        action   = "Allow"
        ip_range = ip_rule.value
      }}
    }}
  }}

  georeplications {{
    location                = "swedencentral"
    zone_redundancy_enabled = true
    tags                    = local.tags
  }}
{IDENTITY}
  tags = merge(local.tags, {{
    service = "service-{number:03}"
  }})

  lifecycle {{
    prevent_destroy = true
  }}
}}
"#,
        public = is_public(number),
        action = action(number),
    )
}

/// Two tasks, one with an identity, and the pool of a closed registry.
pub fn tasks_source(number: usize) -> String {
    let (context, image) = dockerfile_step(number);
    let pool = match is_public(number) {
        true => String::new(),
        false => format!("\n  agent_pool_name = azurerm_container_registry_agent_pool.service_{number:03}.name\n"),
    };
    let task = |name: &str, lines: &str| {
        format!(
            r#"
resource "azurerm_container_registry_task" "{name}_{number:03}" {{
  name                  = "{name}"
  container_registry_id = azurerm_container_registry.service_{number:03}.id
{lines}
  platform {{
    os           = "Linux"
    architecture = "amd64"
  }}

  docker_step {{
    dockerfile_path      = "Dockerfile"
    context_path         = "{context}"
    context_access_token = "unused"
    image_names          = ["{image}"]
  }}

  tags = local.tags
}}
"#
        )
    };
    let mut text = task("build", &pool) + &task("nightly", IDENTITY);
    if !is_public(number) {
        text += &format!(
            r#"
resource "azurerm_container_registry_agent_pool" "service_{number:03}" {{
  name                      = "builds"
  resource_group_name       = azurerm_resource_group.this.name
  location                  = azurerm_resource_group.this.location
  container_registry_name   = azurerm_container_registry.service_{number:03}.name
  instance_count            = 2
  tier                      = "S2"
  virtual_network_subnet_id = azurerm_subnet.builds.id
}}
"#
        );
    }
    text
}

/// The private endpoint, the diagnostics and the role of the nightly task.
pub fn network_source(number: usize) -> String {
    let endpoint = format!(
        r#"
resource "azurerm_private_endpoint" "service_{number:03}" {{
  name                = "pe-service-{number:03}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  subnet_id           = azurerm_subnet.endpoints.id

  private_service_connection {{
    name                           = "service-{number:03}"
    private_connection_resource_id = azurerm_container_registry.service_{number:03}.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }}

  private_dns_zone_group {{
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.registry.id]
  }}

  tags = local.tags
}}
"#
    );
    let others = format!(
        r#"
resource "azurerm_role_assignment" "nightly_{number:03}" {{
  scope                = azurerm_container_registry.service_{number:03}.id
  role_definition_name = "AcrPush"
  principal_id         = azurerm_container_registry_task.nightly_{number:03}.identity[0].principal_id
}}

resource "azurerm_monitor_diagnostic_setting" "service_{number:03}" {{
  name                       = "audit"
  target_resource_id         = azurerm_container_registry.service_{number:03}.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  enabled_log {{
    category = "ContainerRegistryLoginEvents"
  }}

  enabled_log {{
    category = "ContainerRegistryRepositoryEvents"
  }}
}}
"#
    );
    if is_public(number) { others } else { endpoint + &others }
}

/// What a plan says of one resource: its type, its name, its values, and which of them it does not know.
pub struct Planned {
    pub kind: &'static str,
    pub name: String,
    pub values: Value,
    pub unknown: Value,
    /// `expressions` of its configuration.
    pub expressions: Value,
}

/// The resources of a registry, as a plan has them.
pub fn planned(number: usize) -> Vec<Planned> {
    let name = format!("service_{number:03}");
    let region = REGIONS[number / 10 % REGIONS.len()];
    let group = format!("rg-team{:02}prod", number / 10);
    let references = |target: &str| json!({"references": [format!("{target}.id"), target]});
    let registry = format!("azurerm_container_registry.{name}");
    let rules: Vec<Value> = rules(number).iter().map(|range| json!({"action": "Allow", "ip_range": range})).collect();
    let tags = json!({"team": format!("team-{:02}", number / 10), "environment": "prod", "managed_by": "terraform"});
    let mut planned = vec![Planned {
        kind: "azurerm_container_registry",
        name: name.clone(),
        values: json!({
            "name": format!("contososervice{number:03}"), "resource_group_name": group, "location": region,
            "sku": "Premium", "admin_enabled": false, "anonymous_pull_enabled": false,
            "public_network_access_enabled": is_public(number), "data_endpoint_enabled": true,
            "zone_redundancy_enabled": true, "export_policy_enabled": is_public(number),
            "quarantine_policy_enabled": false, "trust_policy_enabled": false, "retention_policy_in_days": 30,
            "network_rule_bypass_option": "None",
            "network_rule_set": [{"default_action": action(number), "ip_rule": rules}],
            "georeplications": [{"location": "swedencentral", "zone_redundancy_enabled": true,
                "regional_endpoint_enabled": false, "tags": tags}],
            "identity": [{"type": "SystemAssigned", "identity_ids": null}], "tags": tags, "timeouts": null,
        }),
        unknown: json!({"id": true, "login_server": true, "admin_username": true, "admin_password": true,
            "encryption": true, "identity": [{"principal_id": true, "tenant_id": true}],
            "network_rule_set": [{"ip_rule": rules.iter().map(|_| json!({})).collect::<Vec<_>>()}], "tags": {}}),
        expressions: json!({
            "name": {"constant_value": format!("contososervice{number:03}")}, "sku": {"constant_value": "Premium"},
            "resource_group_name": references("azurerm_resource_group.this"), "admin_enabled":
            {"references": ["var.admin_enabled"]}, "tags": {"references": ["local.tags"]},
            "network_rule_set": [{"default_action": {"constant_value": action(number)}}],
        }),
    }];
    let (context, image) = dockerfile_step(number);
    for task in ["build", "nightly"] {
        let identity =
            if task == "nightly" { json!([{"type": "SystemAssigned", "identity_ids": null}]) } else { json!([]) };
        let pool = if task == "build" && !is_public(number) { json!("builds") } else { Value::Null };
        planned.push(Planned {
            kind: "azurerm_container_registry_task",
            name: format!("{task}_{number:03}"),
            values: json!({
                "name": task, "enabled": true, "is_system_task": false, "timeout_in_seconds": 3600, "log_template": null,
                "agent_pool_name": pool, "agent_setting": [], "base_image_trigger": [], "encoded_step": [], "file_step": [],
                "docker_step": [{"dockerfile_path": "Dockerfile", "context_path": context, "image_names": [image],
                    "arguments": null, "cache_enabled": true, "push_enabled": true, "secret_arguments": null,
                    "target": null, "context_access_token": "unused"}],
                "identity": identity, "platform": [{"os": "Linux", "architecture": "amd64", "variant": null}],
                "registry_credential": [], "source_trigger": [], "timer_trigger": [], "tags": tags, "timeouts": null,
            }),
            unknown: json!({"id": true, "container_registry_id": true, "tags": {}}),
            expressions: json!({"container_registry_id": references(&registry), "name": {"constant_value": task}}),
        });
    }
    planned.push(Planned {
        kind: "azurerm_role_assignment",
        name: format!("nightly_{number:03}"),
        values: json!({"role_definition_name": "AcrPush", "condition": null, "description": null, "timeouts": null}),
        unknown: json!({"id": true, "name": true, "principal_id": true, "principal_type": true, "scope": true,
            "role_definition_id": true}),
        expressions: json!({"scope": references(&registry), "role_definition_name": {"constant_value": "AcrPush"},
            "principal_id": references(&format!("azurerm_container_registry_task.nightly_{number:03}"))}),
    });
    if !is_public(number) {
        planned.push(Planned {
            kind: "azurerm_container_registry_agent_pool",
            name: name.clone(),
            values: json!({"name": "builds", "resource_group_name": group, "location": region, "instance_count": 2,
                "container_registry_name": format!("contososervice{number:03}"), "tier": "S2", "tags": null, "timeouts": null}),
            unknown: json!({"id": true, "virtual_network_subnet_id": true}),
            expressions: json!({"container_registry_name": {"references": [format!("{registry}.name"), registry]},
                "virtual_network_subnet_id": references("azurerm_subnet.builds")}),
        });
        planned.push(Planned {
            kind: "azurerm_private_endpoint",
            name,
            values: json!({"name": format!("pe-service-{number:03}"), "resource_group_name": group, "location": region,
                "private_service_connection": [{"name": format!("service-{number:03}"), "is_manual_connection": false,
                    "request_message": null, "subresource_names": ["registry"]}], "tags": tags, "timeouts": null}),
            unknown: json!({"id": true, "subnet_id": true, "network_interface": true,
                "private_service_connection": [{"private_connection_resource_id": true, "private_ip_address": true}]}),
            expressions: json!({"private_service_connection": [{"private_connection_resource_id": references(&registry)}],
                "subnet_id": references("azurerm_subnet.endpoints")}),
        });
    }
    planned
}
