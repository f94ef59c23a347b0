//! What is kept of role assignments: those of the tasks' own identities, for other people's are none of our business.

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

/// Whether any of these assignments gives one of the tasks' identities a role.
pub fn any_held<'a>(assignments: &[Value], tasks: impl IntoIterator<Item = &'a Value>) -> bool {
    let principals = principals(tasks);
    assignments.iter().any(|item| is_theirs(item, &principals))
}

fn is_theirs(assignment: &Value, principals: &BTreeSet<String>) -> bool {
    let principal = assignment["properties"]["principalId"].as_str();
    principal.is_some_and(|principal| principals.contains(&principal.to_lowercase()))
}

/// The role assignments of these principals, sorted by id.
pub fn redact(items: Vec<Value>, principals: &BTreeSet<String>) -> Vec<Value> {
    let mut kept: Vec<Value> =
        items.into_iter().filter(|item| is_theirs(item, principals)).map(|item| ROLE_ASSIGNMENT.redact(item)).collect();
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
        let kept = redact(vec![item("/B", "BBBB"), item("/c", "cccc"), json!({}), item("/a", "aaaa")], &principals);
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
