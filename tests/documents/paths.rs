//! One registry with one task for every combination of need, way, login and role that has an answer of its own, and that
//! answer, worked out here from what a combination is made of.

use serde_json::{Map, Value, json};

const SYSTEM: &str = "11111111-2222-4333-8444-555555555555";
const USER: &str = "99999999-2222-4333-8444-555555555555";
const CLIENT: &str = "4233eb55-7ff9-49b7-87fd-a173fe2fbd72";
const SUBNET: &str = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/v/subnets/agents";

/// What a combination is made of.
#[derive(Debug, Clone, Copy)]
pub struct Combination {
    /// closed, none, part, all (of the tag), open, standard.
    pub network: &'static str,
    /// none, plain, vnet, gone.
    pub pool: &'static str,
    /// none, Pending, Approved, rule (for the pool's subnet).
    pub endpoint: &'static str,
    pub bypass: Option<bool>,
    pub repository_permissions: bool,
    /// default, nowhere, system, user, password, two, struck.
    pub login: &'static str,
    /// none, pull, push, delete, purge, all, reader, writer, purger, group, conditional, unknown.
    pub role: &'static str,
    /// nothing, pull, push, purge, old-purge, unread.
    pub need: &'static str,
}

/// All of them: the ways with three logins each, and the logins, roles and needs with four ways each.
pub fn combinations() -> Vec<Combination> {
    let mut all = Vec::new();
    let logins = [("default", "none", "push"), ("system", "push", "push"), ("nowhere", "none", "nothing")];
    for network in ["closed", "none", "part", "all", "open", "standard"] {
        for pool in ["none", "plain", "vnet", "gone"] {
            for endpoint in ["none", "Pending", "Approved", "rule"] {
                for bypass in [Some(true), Some(false), None] {
                    for (login, role, need) in logins {
                        let repository_permissions = false;
                        all.push(Combination {
                            network,
                            pool,
                            endpoint,
                            bypass,
                            repository_permissions,
                            login,
                            role,
                            need,
                        });
                    }
                }
            }
        }
    }
    let ways = [
        ("open", "none", "none", Some(false)),
        ("closed", "none", "none", Some(true)),
        ("closed", "vnet", "Approved", Some(false)),
        ("closed", "none", "none", Some(false)),
    ];
    for (network, pool, endpoint, bypass) in ways {
        for repository_permissions in [false, true] {
            for login in ["default", "nowhere", "system", "user", "password", "two", "struck"] {
                for role in [
                    "none",
                    "pull",
                    "push",
                    "delete",
                    "purge",
                    "all",
                    "reader",
                    "writer",
                    "purger",
                    "group",
                    "conditional",
                    "unknown",
                ] {
                    for need in ["nothing", "pull", "push", "purge", "old-purge", "unread"] {
                        all.push(Combination {
                            network,
                            pool,
                            endpoint,
                            bypass,
                            repository_permissions,
                            login,
                            role,
                            need,
                        });
                    }
                }
            }
        }
    }
    all
}

impl Combination {
    /// Whether the task reaches its registry: yes, no or unknown.
    pub fn answer(&self) -> &'static str {
        if self.pool == "gone" {
            return "no";
        }
        let routes = [(self.direct(), false), (self.over_bypass(), true)];
        if self.login == "nowhere" && self.need == "nothing" {
            return "yes";
        }
        let answers = routes.map(|(way, bypass)| and(way, self.login_and_role(bypass)));
        match answers {
            _ if answers.contains(&"yes") => "yes",
            _ if answers.contains(&"unknown") => "unknown",
            _ => "no",
        }
    }

    fn direct(&self) -> &'static str {
        match (self.network, self.pool) {
            ("open" | "standard", _) => "yes",
            ("closed", "vnet") if self.endpoint == "Approved" => "yes",
            ("closed", _) => "no",
            (_, "vnet") if ["Approved", "rule"].contains(&self.endpoint) => "yes",
            ("none", "vnet") => "no",
            // An address of the list may be the one that the subnet goes out through.
            (_, "vnet") => "unknown",
            ("all", _) => "yes",
            _ => "no",
        }
    }

    fn over_bypass(&self) -> &'static str {
        match (self.bypass, self.pool) {
            (Some(false), _) => "no",
            (Some(true), "vnet") | (None, _) => "unknown",
            (Some(true), _) => "yes",
        }
    }

    fn login_and_role(&self, bypass: bool) -> &'static str {
        match self.login {
            "nowhere" if self.need == "nothing" => "yes",
            "nowhere" => "no",
            "default" if bypass || self.repository_permissions => "no",
            "default" => "yes",
            "user" if bypass => "no",
            "password" if bypass => "no",
            "password" | "struck" => "unknown",
            // One of the two is refused over the bypass; off it both hold the same.
            "two" if bypass && self.role_answer() == "no" => "no",
            "two" if bypass => "unknown",
            _ => self.role_answer(),
        }
    }

    fn role_answer(&self) -> &'static str {
        let wanted: &[&str] = match self.need {
            "nothing" => return "yes",
            "old-purge" if self.repository_permissions => return "no",
            "pull" | "unread" => &["pull"],
            "push" => &["pull", "push"],
            _ => &["pull", "delete", "catalog"],
        };
        let everything = ["pull", "push", "delete", "catalog"];
        let (held, perhaps): (&[&str], &[&str]) = match (self.role, self.repository_permissions) {
            ("all", false) => (&everything, &[]),
            ("pull", false) => (&["pull", "catalog"], &[]),
            ("push", false) => (&["pull", "push", "catalog"], &[]),
            ("delete", false) => (&["delete"], &[]),
            ("purge", false) => (&["pull", "delete", "catalog"], &[]),
            ("group" | "conditional", false) => (&[], &["pull", "push", "catalog"]),
            ("reader", true) => (&["pull"], &[]),
            ("writer", true) => (&["pull", "push"], &[]),
            ("purger", true) => (&everything, &[]),
            ("unknown", _) => (&[], &everything),
            _ => (&[], &[]),
        };
        if wanted.iter().all(|right| held.contains(right)) {
            let is_sure = self.need != "unread" || everything.iter().all(|right| held.contains(right));
            return if is_sure { "yes" } else { "unknown" };
        }
        let may = |right: &&&str| held.contains(right) || perhaps.contains(right);
        if wanted.iter().all(|right| may(&right)) { "unknown" } else { "no" }
    }

    /// The registry document, as it is read from Azure.
    pub fn document(&self, ranges: &[String]) -> Value {
        let rules = match self.network {
            "part" => &ranges[..1],
            "all" => ranges,
            _ => &[],
        };
        let rules: Vec<Value> = rules.iter().map(|range| json!({"action": "Allow", "value": range})).collect();
        let connections = match self.endpoint {
            "Pending" | "Approved" => json!([{
                "name": "pe", "properties": {"privateLinkServiceConnectionState": {"status": self.endpoint}},
            }]),
            _ => json!([]),
        };
        let subnets = match self.endpoint {
            "rule" => json!([{"action": "Allow", "virtualNetworkSubnetResourceId": SUBNET.to_uppercase()}]),
            _ => json!([]),
        };
        let mode = if self.repository_permissions { "AbacRepositoryPermissions" } else { "LegacyRegistryPermissions" };
        let mut properties = json!({
            "loginServer": "contoso.azurecr.io",
            "publicNetworkAccess": if self.network == "closed" { "Disabled" } else { "Enabled" },
            "networkRuleBypassOptions": "AzureServices",
            "roleAssignmentMode": mode,
            "privateEndpointConnections": connections,
        });
        if self.network != "standard" {
            let action = if self.network == "open" { "Allow" } else { "Deny" };
            properties["networkRuleSet"] = json!({"defaultAction": action, "ipRules": rules});
        }
        if let Some(bypass) = self.bypass {
            properties["networkRuleBypassAllowedForTasks"] = json!(bypass);
        }
        let pool = |name: &str| json!({"name": name, "properties": {"count": 1, "provisioningState": "Succeeded"}});
        let mut vnet = pool("vnet");
        vnet["properties"]["virtualNetworkSubnetResourceId"] = json!(SUBNET);
        let mut document = json!({
            "schema_version": 1,
            "registry": {
                "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/contoso",
                "name": "contoso",
                "location": "eastus",
                "sku": {"name": if self.network == "standard" { "Standard" } else { "Premium" }},
                "properties": properties,
            },
            "tasks": [self.task()],
            "task_needs": {"build": self.needs()},
            "agent_pools": [vnet, pool("plain")],
            "role_assignments": self.assignments(),
            "preview": {"properties": {"networkRuleSet": {"virtualNetworkRules": subnets}}},
            "origin": {"kind": "azure", "preview_requested": true, "role_assignments": "all"},
        });
        if let Some(details) = self.details() {
            document["task_credentials"] = json!({"build": details});
        }
        document
    }

    fn task(&self) -> Value {
        let mut properties = Map::from_iter([("status".to_owned(), json!("Enabled"))]);
        if self.pool != "none" {
            properties.insert("agentPoolName".to_owned(), json!(self.pool));
        }
        if self.login != "default" {
            let entries = if self.login == "nowhere" { json!({}) } else { json!({"contoso.azurecr.io": null}) };
            properties.insert(
                "credentials".to_owned(),
                json!({"sourceRegistry": {"loginMode": "None"}, "customRegistries": entries}),
            );
        }
        json!({
            "name": "build",
            "identity": {
                "type": "SystemAssigned, UserAssigned", "principalId": SYSTEM,
                "userAssignedIdentities": {"/u": {"clientId": CLIENT, "principalId": USER}},
            },
            "properties": properties,
        })
    }

    fn details(&self) -> Option<Value> {
        let entries = match self.login {
            "default" | "struck" => return None,
            "nowhere" => json!({}),
            "system" => json!({"Contoso.azurecr.io": "[system]"}),
            "user" => json!({"contoso.azurecr.io": CLIENT}),
            "password" => json!({"contoso.azurecr.io": null}),
            _ => json!({"contoso.azurecr.io": "[system]", "CONTOSO.AZURECR.IO": CLIENT}),
        };
        Some(json!({"login_mode": "None", "source_identity": null, "custom_registries": entries}))
    }

    fn needs(&self) -> Value {
        let uses = |right: &str| match self.need {
            "unread" => Value::Null,
            "pull" => json!(right == "pull"),
            "push" => json!(["pull", "push"].contains(&right)),
            "purge" | "old-purge" => json!(right != "push"),
            _ => json!(false),
        };
        json!({
            "pull": uses("pull"), "push": uses("push"), "delete": uses("delete"), "catalog": uses("catalog"),
            "import": false, "outdated_purge": self.need == "old-purge", "registries": [],
            "steps_read": self.need != "unread",
        })
    }

    /// The same for both identities, so that it does not matter which logs in.
    fn assignments(&self) -> Vec<Value> {
        let roles: &[&str] = match self.role {
            "none" => &[],
            "pull" => &["7f951dda-4ed3-4680-a7ca-43fe172d538d"],
            "push" | "group" | "conditional" => &["8311e382-0749-4cb8-b61a-304f252e45ec"],
            "delete" => &["c2f4ef07-c644-48eb-af81-4b1b4947fb11"],
            "purge" => &["c2f4ef07-c644-48eb-af81-4b1b4947fb11", "7f951dda-4ed3-4680-a7ca-43fe172d538d"],
            "all" => &["b24988ac-6180-42a0-ab88-20f7382dd24c"],
            "reader" => &["b93aa761-3e63-49ed-ac28-beffa264f7ac"],
            "writer" => &["2a1e307c-b015-4ebd-883e-5b7698a07328"],
            "purger" => &["2efddaa5-3f1f-4df3-97df-af3f13818f4c", "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"],
            _ => &["00000000-1111-4222-8333-444444444444"],
        };
        let holders: &[(&str, &str)] = match self.role {
            "group" => &[("77777777-2222-4333-8444-555555555555", "Group")],
            _ => &[(SYSTEM, "ServicePrincipal"), (USER, "ServicePrincipal")],
        };
        let condition = (self.role == "conditional").then_some("@Resource[…]");
        let assignment = |role: &&str, (principal, kind): &(&str, &str)| {
            json!({"properties": {
                "roleDefinitionId": format!("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role}"),
                "principalId": principal, "principalType": kind, "condition": condition,
                "scope": "/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/contoso",
            }})
        };
        roles.iter().flat_map(|role| holders.iter().map(move |holder| assignment(role, holder))).collect()
    }
}

fn and(left: &'static str, right: &'static str) -> &'static str {
    match (left, right) {
        ("no", _) | (_, "no") => "no",
        ("yes", "yes") => "yes",
        _ => "unknown",
    }
}
