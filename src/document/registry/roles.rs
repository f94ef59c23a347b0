//! What is kept of role assignments: those that decide what tasks may do, and who may write tasks that bypass the network
//! rules. Other people's are none of our business.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::redact::Allowed;
use super::redact::Allowed::{List, Members, Scalar};

/// All that is kept of a role assignment.
static ROLE_ASSIGNMENT: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[
            ("roleDefinitionId", Scalar),
            ("principalId", Scalar),
            ("principalType", Scalar),
            ("scope", Scalar),
            ("condition", Scalar),
            ("conditionVersion", Scalar),
        ]),
    ),
]);

/// All that is kept of a role definition: what it allows, and not who wrote it.
static ROLE_DEFINITION: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    (
        "properties",
        Members(&[
            ("roleName", Scalar),
            ("type", Scalar),
            (
                "permissions",
                List(&Members(&[
                    ("actions", List(&Scalar)),
                    ("notActions", List(&Scalar)),
                    ("dataActions", List(&Scalar)),
                    ("notDataActions", List(&Scalar)),
                    ("condition", Scalar),
                ])),
            ),
        ]),
    ),
]);

/// The principals that the identities of tasks stand for, system-assigned and user-assigned, lower case.
pub fn principals<'a>(tasks: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let of_task = |task: &'a Value| {
        let users = task["identity"]["userAssignedIdentities"].as_object();
        let users = users.into_iter().flat_map(|users| users.values()).map(|user| &user["principalId"]);
        users.chain([&task["identity"]["principalId"]]).filter_map(Value::as_str).map(str::to_lowercase)
    };
    tasks.into_iter().flat_map(of_task).collect()
}

/// Whether any of these assignments is kept.
pub fn any_kept<'a>(assignments: &[Value], registry: &Value, tasks: impl IntoIterator<Item = &'a Value>) -> bool {
    let holders = Holders::of(registry, tasks);
    assignments.iter().any(|item| holders.keeps(item))
}

/// Whose role assignments are kept.
pub struct Holders {
    /// The tasks' own identities.
    principals: BTreeSet<String>,
    /// Whether others may ride the network rule bypass, by writing tasks.
    bypass: bool,
}

impl Holders {
    /// Those that matter to a registry and its tasks.
    pub fn of<'a>(registry: &Value, tasks: impl IntoIterator<Item = &'a Value>) -> Holders {
        Holders { principals: principals(tasks), bypass: lets_tasks_bypass(registry) }
    }

    /// A task's identity; a group, which it may be a member of; and, where tasks may bypass the network rules, whoever
    /// may write them: by a role that can do that, or one of the customer's own, which may.
    fn keeps(&self, item: &Value) -> bool {
        let text = |name: &str| item["properties"][name].as_str().unwrap_or_default().to_lowercase();
        self.principals.contains(&text("principalId"))
            || !self.principals.is_empty() && text("principalType").ends_with("group")
            || self.bypass && !HARMLESS.contains(&text("roleDefinitionId").rsplit('/').next().unwrap_or_default())
    }
}

/// Whether the registry lets tasks past its network rules.
pub fn lets_tasks_bypass(registry: &Value) -> bool {
    registry["properties"]["networkRuleBypassAllowedForTasks"] == Value::Bool(true)
}

/// Built-in roles that are common on registries and write no tasks: who holds them is none of our business.
const HARMLESS: [&str; 15] = [
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "8311e382-0749-4cb8-b61a-304f252e45ec",
    "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
    "b93aa761-3e63-49ed-ac28-beffa264f7ac",
    "2a1e307c-b015-4ebd-883e-5b7698a07328",
    "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
    "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
    "577a9874-89fd-4f24-9dbd-b5034d0ad23a",
    "3bc748fc-213d-45c1-8d91-9da5725539b9",
    "69b07be0-09bf-439a-b9a6-e73de851bd59",
    "bf94e731-3a51-4a7c-8c54-a1ab9971dfc1",
    "",
];

/// The role assignments that matter, sorted by id.
pub fn redact(items: Vec<Value>, holders: &Holders) -> Vec<Value> {
    let kept = items.into_iter().filter(|item| holders.keeps(item));
    let mut kept: Vec<Value> = kept.map(|item| ROLE_ASSIGNMENT.redact(item)).collect();
    kept.sort_by_cached_key(|item| {
        let id = item["id"].as_str().unwrap_or_default();
        (id.to_lowercase(), id.to_owned())
    });
    kept
}

/// The id of a role: the last segment of the id of its definition, whose scope is spelled in several ways.
fn role_id(definition: &Value) -> Option<String> {
    Some(definition.as_str()?.rsplit('/').next()?.to_lowercase())
}

/// The definitions of the roles that these assignments give, sorted by id.
pub fn redact_definitions(definitions: &[Value], assignments: &[Value]) -> Vec<Value> {
    let held: BTreeSet<String> =
        assignments.iter().filter_map(|item| role_id(&item["properties"]["roleDefinitionId"])).collect();
    let found: BTreeMap<String, &Value> = definitions
        .iter()
        .filter_map(|definition| Some((role_id(&definition["id"])?, definition)))
        .filter(|(id, _)| held.contains(id))
        .collect();
    found.into_values().map(|definition| ROLE_DEFINITION.redact(definition.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_identity_of_a_task_counts_and_no_other() {
        let tasks = [
            json!({"identity": {"type": "SystemAssigned", "principalId": "AAAA"}}),
            json!({"identity": {"userAssignedIdentities": {"/x": {"principalId": "bbbb"}, "/y": {}, "/z": null}}}),
            json!({"identity": null}),
            json!({"identity": "text"}),
            json!({}),
        ];
        let principals = principals(&tasks);
        assert_eq!(principals, BTreeSet::from(["aaaa".to_owned(), "bbbb".to_owned()]));

        let item = |id: &str, principal: &str| {
            json!({
                "id": id, "name": "n", "type": "Microsoft.Authorization/roleAssignments",
                "properties": {
                    "roleDefinitionId": "/r", "principalId": principal, "principalType": "ServicePrincipal",
                    "scope": "/", "condition": null, "conditionVersion": "2.0", "createdBy": "someone",
                },
            })
        };
        let kept = redact(
            vec![item("/B", "BBBB"), item("/c", "cccc"), json!({}), item("/a", "aaaa")],
            &Holders { principals, bypass: false },
        );
        let expected = |id: &str, principal: &str| {
            json!({
                "id": id, "name": "n",
                "properties": {
                    "roleDefinitionId": "/r", "principalId": principal, "principalType": "ServicePrincipal",
                    "scope": "/", "condition": null, "conditionVersion": "2.0",
                },
            })
        };
        assert_eq!(kept, [expected("/a", "aaaa"), expected("/B", "BBBB")]);
    }

    #[test]
    fn of_definitions_those_that_are_held_are_kept_without_their_authors() {
        let definition = |scope: &str, id: &str| {
            json!({
                "id": format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{id}"), "name": id,
                "type": "Microsoft.Authorization/roleDefinitions",
                "properties": {
                    "roleName": "Image mover", "type": "CustomRole", "description": "by someone",
                    "createdBy": "someone", "assignableScopes": ["/subscriptions/s"],
                    "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": ["a"], "new": "x"}],
                },
            })
        };
        let held = |id: &str| json!({"properties": {"roleDefinitionId": id}});
        let assignments = [
            held("/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/AAAA"),
            held("/x/gone"),
            json!({}),
        ];
        let definitions = [definition("", "bbbb"), definition("", "aaaa"), json!({"id": null}), json!(7)];
        let kept = json!([{
            "id": "/providers/Microsoft.Authorization/roleDefinitions/aaaa", "name": "aaaa",
            "properties": {
                "roleName": "Image mover", "type": "CustomRole",
                "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": ["a"]}],
            },
        }]);
        assert_eq!(Value::from(redact_definitions(&definitions, &assignments)), kept);
    }
}
