//! What is kept of role assignments: those of the tasks' own identities, for other people's are none of our business.

use std::collections::BTreeSet;

use serde_json::Value;

use super::redact::Allowed;
use super::redact::Allowed::{Members, Scalar};

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

/// The principals that the identities of tasks stand for, system-assigned and user-assigned, lower case.
pub fn principals<'a>(tasks: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let of_task = |task: &'a Value| {
        let users = task["identity"]["userAssignedIdentities"].as_object();
        let users = users.into_iter().flat_map(|users| users.values()).map(|user| &user["principalId"]);
        users.chain([&task["identity"]["principalId"]]).filter_map(Value::as_str).map(str::to_lowercase)
    };
    tasks.into_iter().flat_map(of_task).collect()
}

/// The role assignments of these principals, sorted by id.
pub fn redact(items: Vec<Value>, principals: &BTreeSet<String>) -> Vec<Value> {
    let is_theirs = |item: &Value| {
        let principal = item["properties"]["principalId"].as_str();
        principal.is_some_and(|principal| principals.contains(&principal.to_lowercase()))
    };
    let mut kept: Vec<Value> = items.into_iter().filter(is_theirs).map(|item| ROLE_ASSIGNMENT.redact(item)).collect();
    kept.sort_by_cached_key(|item| {
        let id = item["id"].as_str().unwrap_or_default();
        (id.to_lowercase(), id.to_owned())
    });
    kept
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
}
