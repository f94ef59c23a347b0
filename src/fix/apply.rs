//! What a step does to a registry's documents, as `az` would do it to the registry.

use serde_json::{Map, Value, json};

use super::draft::{Draft, place};
use super::step::{Principal, Step};
use crate::model::registry_id::RegistryId;

/// What the principals and assignments that a step would make are called until Azure gives them a name.
pub const COMING: &str = "acrscan-coming-";

/// Roles by name, as far as fixes give them.
const ROLES: &[(&str, &str)] = &[
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("AcrDelete", "c2f4ef07-c644-48eb-af81-4b1b4947fb11"),
    ("Container Registry Repository Reader", "b93aa761-3e63-49ed-ac28-beffa264f7ac"),
    ("Container Registry Repository Writer", "2a1e307c-b015-4ebd-883e-5b7698a07328"),
    ("Container Registry Repository Contributor", "2efddaa5-3f1f-4df3-97df-af3f13818f4c"),
    ("Container Registry Repository Catalog Lister", "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"),
    ("Container Registry Data Importer and Data Reader", "577a9874-89fd-4f24-9dbd-b5034d0ad23a"),
];

impl Step {
    /// Makes the change; false where `az` would refuse it, or where what it does is not known.
    pub fn apply(&self, draft: &mut Draft) -> bool {
        let mut done = true;
        draft.change_each(|document| done &= self.change(document).is_some());
        if let (true, Step::Properties(properties)) = (done, self) {
            for (name, value) in properties {
                settle(draft, &format!("/registry/properties/{name}"), value);
            }
        }
        done
    }

    fn change(&self, document: &mut Value) -> Option<()> {
        match self {
            Step::AssignIdentity { task, users } => assign(named(document, "tasks", task)?, users),
            Step::CreateRole { principal, role } => {
                let principal = match principal {
                    Principal::Id(id) => id.clone(),
                    Principal::SystemOf(task) => {
                        named(document, "tasks", task)?.pointer("/identity/principalId")?.as_str()?.to_owned()
                    }
                };
                give(document, &principal, role)?;
            }
            Step::Credential { task, server, add } => {
                let entries = |servers: &Value| {
                    let own = |name: &&String| name.eq_ignore_ascii_case(server);
                    servers.as_object().and_then(|servers| servers.keys().find(own).cloned())
                };
                let item = named(document, "tasks", task)?;
                let servers = place(item, "/properties/credentials/customRegistries")?;
                let held = entries(servers);
                let details = document.get("task_credentials").and_then(|all| all.get(task)).cloned();
                let told = details.as_ref().and_then(|details| entries(&details["custom_registries"]));
                if *add && (held.is_some() || told.is_some()) {
                    return None;
                }
                let name = held.or(told).unwrap_or_else(|| server.clone());
                let item = named(document, "tasks", task)?;
                let entry = format!("/properties/credentials/customRegistries/{}", segment(&name));
                *place(item, &entry)? = json!({ "identity": "[system]" });
                if details.is_some() {
                    let entry = format!("/task_credentials/{}/custom_registries/{}", segment(task), segment(&name));
                    *place(document, &entry)? = json!("[system]");
                }
            }
            Step::SourceIdentity { task } => login(document, task, ("identity", "source_identity"), "[system]")?,
            Step::AuthMode { task, default } => {
                login(document, task, ("loginMode", "login_mode"), if *default { "Default" } else { "None" })?;
            }
            Step::Pool { task, pool } => {
                *place(named(document, "tasks", task)?, "/properties/agentPoolName")? = json!(pool);
            }
            Step::ApproveEndpoint { name } => {
                let list = document.pointer_mut("/registry/properties/privateEndpointConnections")?;
                let connection = list.as_array_mut()?.iter_mut().find(|item| item["name"] == name.as_str())?;
                *place(connection, "/properties/privateLinkServiceConnectionState/status")? = json!("Approved");
            }
            Step::PoolCount { pool, count } => {
                *place(named(document, "agent_pools", pool)?, "/properties/count")? = json!(count);
            }
            Step::Properties(properties) => {
                let place = place(document, "/registry/properties")?;
                merge(place, &Value::Object(properties.clone()));
            }
            // The firewall's list is changed as a whole.
            Step::AddRule { .. } | Step::RemoveRule { .. } => return None,
            Step::DeleteRole { id } => {
                let list = document.get_mut("role_assignments")?.as_array_mut()?;
                let before = list.len();
                list.retain(|item| !item["id"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(id)));
                (list.len() < before).then_some(())?;
            }
            Step::Sku(sku) => *place(document, "/registry/sku")? = json!({ "name": sku, "tier": sku }),
        }
        Some(())
    }
}

/// A pointer's segment.
fn segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What was set is no longer among what is not known.
fn settle(draft: &mut Draft, pointer: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                settle(draft, &format!("{pointer}/{name}"), value);
            }
        }
        value => draft.set(pointer, value),
    }
}

fn merge(place: &mut Value, value: &Value) {
    match (place, value) {
        (Value::Object(members), Value::Object(others)) => {
            for (name, value) in others {
                merge(members.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (place @ Value::Null, Value::Object(others)) => {
            *place = Value::Object(Map::new());
            merge(place, &Value::Object(others.clone()));
        }
        (place, value) => *place = value.clone(),
    }
}

fn named<'a>(document: &'a mut Value, list: &str, name: &str) -> Option<&'a mut Value> {
    let is = |item: &&mut Value| item["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name));
    document.get_mut(list)?.as_array_mut()?.iter_mut().find(is)
}

/// `identity assign` replaces what is assigned.
fn assign(task: &mut Value, users: &[String]) {
    let identity = &task["identity"];
    let principal = match identity["principalId"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{COMING}{}", task["name"].as_str().unwrap_or_default()),
    };
    let kept: Map<String, Value> = users
        .iter()
        .map(|id| {
            let all = identity["userAssignedIdentities"].as_object();
            let known = all.and_then(|all| all.iter().find(|(other, _)| other.eq_ignore_ascii_case(id)));
            known.map_or_else(|| (id.clone(), json!({})), |(id, known)| (id.clone(), known.clone()))
        })
        .collect();
    let kind = if kept.is_empty() { "SystemAssigned" } else { "SystemAssigned, UserAssigned" };
    let mut identity = json!({ "type": kind, "principalId": principal });
    if !kept.is_empty() {
        identity["userAssignedIdentities"] = Value::Object(kept);
    }
    task["identity"] = identity;
}

fn give(document: &mut Value, principal: &str, role: &str) -> Option<()> {
    let (_, guid) = ROLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(role))?;
    let scope = document.pointer("/registry/id")?.as_str()?.to_owned();
    let subscription = RegistryId::parse(&scope).map(|id| id.subscription).unwrap_or_default();
    let definition = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}");
    let list = document.get_mut("role_assignments")?.as_array_mut()?;
    let name = format!("{COMING}{}", list.len());
    list.push(json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
        "name": name,
        "properties": {
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": definition,
            "scope": scope,
        },
    }));
    Some(())
}

/// How a task logs in to its own registry, where the task shows it and where `listDetails` did.
fn login(document: &mut Value, task: &str, members: (&str, &str), value: &str) -> Option<()> {
    let item = named(document, "tasks", task)?;
    *place(item, &format!("/properties/credentials/sourceRegistry/{}", members.0))? = json!(value);
    if document.get("task_credentials").and_then(|all| all.get(task)).is_some() {
        *place(document, &format!("/task_credentials/{}/{}", segment(task), members.1))? = json!(value);
    }
    Some(())
}
