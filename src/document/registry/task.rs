//! What is kept of a task.

use serde_json::Value;

use super::redact::Allowed;
use super::redact::Allowed::{Any, List, Members, Scalar};

/// All that is kept of a task: steps hold build
/// arguments and encoded scripts, triggers hold access tokens, credentials hold passwords, and the addresses of
/// sources (`contextPath`, `repositoryUrl`) can hold either.
static TASK: Allowed = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    ("type", Scalar),
    ("location", Scalar),
    ("tags", Any),
    ("identity", Any),
    (
        "properties",
        Members(&[
            ("provisioningState", Scalar),
            ("creationDate", Scalar),
            ("status", Scalar),
            ("platform", Members(&[("os", Scalar), ("architecture", Scalar), ("variant", Scalar)])),
            ("agentConfiguration", Members(&[("cpu", Scalar)])),
            ("agentPoolName", Scalar),
            ("timeout", Scalar),
            ("isSystemTask", Scalar),
            ("logTemplate", Scalar),
            (
                "step",
                Members(&[
                    ("type", Scalar),
                    ("imageNames", List(&Scalar)),
                    ("isPushEnabled", Scalar),
                    ("noCache", Scalar),
                    ("dockerFilePath", Scalar),
                    ("taskFilePath", Scalar),
                    ("target", Scalar),
                ]),
            ),
            (
                "trigger",
                Members(&[
                    ("timerTriggers", List(&Members(&[("name", Scalar), ("schedule", Scalar), ("status", Scalar)]))),
                    (
                        "baseImageTrigger",
                        Members(&[("name", Scalar), ("baseImageTriggerType", Scalar), ("status", Scalar)]),
                    ),
                    (
                        "sourceTriggers",
                        List(&Members(&[
                            ("name", Scalar),
                            ("status", Scalar),
                            ("sourceTriggerEvents", List(&Scalar)),
                            ("sourceRepository", Members(&[("sourceControlType", Scalar), ("branch", Scalar)])),
                        ])),
                    ),
                ]),
            ),
            (
                "credentials",
                Members(&[
                    ("sourceRegistry", Members(&[("loginMode", Scalar), ("identity", Scalar)])),
                    ("customRegistries", Allowed::Map(&Members(&[("identity", Scalar)]))),
                ]),
            ),
        ]),
    ),
]);

/// A task without what could be a secret.
pub fn redact(task: Value) -> Value {
    let mut task = TASK.redact(without_vault_readers(task));
    // ARM leaves the identity out where a task has none; a null says the same, and would read as "not known".
    if let Some(task) = task.as_object_mut()
        && task.get("identity") == Some(&Value::Null)
    {
        task.remove("identity");
    }
    task
}

/// An identity beside a password only reads that from a vault: it does not log in, and must not look as if it did.
fn without_vault_readers(mut task: Value) -> Value {
    let hosts = task.pointer_mut("/properties/credentials/customRegistries").and_then(Value::as_object_mut);
    for entry in hosts.into_iter().flat_map(|hosts| hosts.values_mut()).filter_map(Value::as_object_mut) {
        let holds = |name: &str| entry.get(name).is_some_and(|value| !value.is_null());
        if holds("userName") || holds("password") {
            entry.remove("identity");
        }
    }
    task
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_secret_of_a_task_survives() {
        let secret = "hunter2";
        let task = json!({
            "id": "/t", "name": "t", "type": "tasks", "location": "eastus", "tags": {"team": "a"}, "new": secret,
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
            "systemData": {"createdBy": secret},
            "properties": {
                "provisioningState": "Succeeded", "creationDate": "2026-01-01", "status": "Enabled",
                "platform": {"os": "linux", "architecture": "amd64", "new": secret},
                "agentConfiguration": {"cpu": 2, "new": secret}, "agentPoolName": null, "timeout": 3600,
                "isSystemTask": false, "logTemplate": null, "new": {"deep": secret},
                "step": {
                    "type": "Docker", "imageNames": ["a:1", {"new": secret}], "isPushEnabled": true, "noCache": false,
                    "dockerFilePath": "Dockerfile", "target": {"new": secret},
                    "contextPath": format!("https://{secret}@github.com/a/b"), "contextAccessToken": secret,
                    "arguments": [{"name": "a", "value": secret, "isSecret": false}],
                    "values": [{"name": "a", "value": secret}], "valuesFilePath": secret,
                    "encodedTaskContent": secret, "encodedValuesContent": secret,
                    "baseImageDependencies": [{"registry": secret}],
                },
                "trigger": {
                    "timerTriggers": [{"name": "n", "schedule": "0 0 * * *", "status": "Enabled", "new": secret}],
                    "baseImageTrigger": {
                        "name": "n", "baseImageTriggerType": "Runtime", "status": "Enabled",
                        "updateTriggerEndpoint": secret, "updateTriggerPayloadType": secret,
                    },
                    "sourceTriggers": [{
                        "name": "n", "status": "Enabled", "sourceTriggerEvents": ["commit"],
                        "sourceRepository": {
                            "sourceControlType": "Github", "branch": "main", "repositoryUrl": secret,
                            "sourceControlAuthProperties": {"token": secret, "refreshToken": secret},
                        },
                    }],
                    "new": [secret],
                },
                "credentials": {
                    "sourceRegistry": {"loginMode": "None", "identity": "[system]", "password": secret},
                    "customRegistries": {
                        "a.azurecr.io": {"identity": "[system]", "userName": {"value": secret}, "password": secret},
                        "b.azurecr.io": null,
                        "c.azurecr.io": secret,
                    },
                    "new": secret,
                },
            },
        });
        let kept = json!({
            "id": "/t", "name": "t", "type": "tasks", "location": "eastus", "tags": {"team": "a"},
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
            "properties": {
                "provisioningState": "Succeeded", "creationDate": "2026-01-01", "status": "Enabled",
                "platform": {"os": "linux", "architecture": "amd64"},
                "agentConfiguration": {"cpu": 2}, "agentPoolName": null, "timeout": 3600,
                "isSystemTask": false, "logTemplate": null,
                "step": {
                    "type": "Docker", "imageNames": ["a:1", null], "isPushEnabled": true, "noCache": false,
                    "dockerFilePath": "Dockerfile", "target": null,
                },
                "trigger": {
                    "timerTriggers": [{"name": "n", "schedule": "0 0 * * *", "status": "Enabled"}],
                    "baseImageTrigger": {"name": "n", "baseImageTriggerType": "Runtime", "status": "Enabled"},
                    "sourceTriggers": [{
                        "name": "n", "status": "Enabled", "sourceTriggerEvents": ["commit"],
                        "sourceRepository": {"sourceControlType": "Github", "branch": "main"},
                    }],
                },
                "credentials": {
                    "sourceRegistry": {"loginMode": "None", "identity": "[system]"},
                    "customRegistries": {
                        "a.azurecr.io": {},
                        "b.azurecr.io": null,
                        "c.azurecr.io": null,
                    },
                },
            },
        });
        let result = super::redact(task);
        assert_eq!(result, kept);
        assert!(!result.to_string().contains(secret));
    }

    #[test]
    fn absent_null_and_misshapen_stay_apart() {
        assert_eq!(redact(json!({"name": "a", "identity": null})), json!({"name": "a"}));
        assert_eq!(
            redact(json!({"properties": {"trigger": null, "step": {}}})),
            json!({"properties": {"trigger": null, "step": {}}})
        );
        assert_eq!(
            redact(json!({"name": ["hunter2"], "properties": {"trigger": "hunter2", "credentials": ["hunter2"]}})),
            json!({"name": null, "properties": {"trigger": null, "credentials": null}})
        );
    }
}
