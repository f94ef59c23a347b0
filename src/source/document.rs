//! The registry document: what a snapshot holds of one registry, and what a policy's input is made from.

use serde_json::{Value, json};

/// The version of the document's shape.
const SCHEMA_VERSION: u32 = 1;

/// Which api-versions a document was read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiVersions<'a> {
    /// Of the registry.
    pub registry: &'a str,
    /// Of its tasks; `None` where they were not read.
    pub tasks: Option<&'a str>,
}

/// Builds the document of one registry as text: pretty-printed, keys sorted, tasks and agent pools sorted by name, a
/// newline at the end.
///
/// `registry`, `tasks` and `agent_pools` are as ARM gives them; `None` says that a list was not read. What is absent
/// stays absent and null stays null. The document holds no secret: of a task only what an allow-list names is kept.
/// `systemData` is dropped everywhere: it names people, and changes when nothing else does.
pub fn build(
    registry: Value,
    tasks: Option<Vec<Value>>,
    agent_pools: Option<Vec<Value>>,
    versions: ApiVersions<'_>,
) -> String {
    let tasks = tasks.map(|tasks| sorted_by_name(tasks.into_iter().map(task).collect()));
    let agent_pools = agent_pools.map(sorted_by_name);
    let mut document = json!({
        "schema_version": SCHEMA_VERSION,
        "registry": registry,
        "tasks": tasks,
        "agent_pools": agent_pools,
        "origin": { "api_version": versions.registry },
    });
    if let Some(version) = versions.tasks {
        document["origin"]["tasks_api_version"] = version.into();
    }
    drop_system_data(&mut document);
    // Does nothing unless another crate of the build turns on serde_json's `preserve_order`.
    document.sort_all_objects();
    // `:#` pretty-prints with two spaces, as `to_string_pretty` does, and cannot fail.
    let mut text = format!("{document:#}\n");
    // Thousands of these are kept.
    text.shrink_to_fit();
    text
}

/// What is kept of a value, and of everything within it.
enum Keep {
    /// Text, number, truth value or null.
    Scalar,
    /// Whatever it is.
    Whole,
    /// Each item of a list.
    List(&'static Keep),
    /// Each value of a map whose keys are names.
    Map(&'static Keep),
    /// These members, and no others.
    Members(&'static [(&'static str, Keep)]),
}

use Keep::{List, Members, Scalar, Whole};

/// All that is kept of a task. An allow-list, so that a member that Azure adds does not leak: steps hold build
/// arguments and encoded scripts, triggers hold access tokens, credentials hold passwords, and the addresses of
/// sources (`contextPath`, `repositoryUrl`) can hold either.
static TASK: Keep = Members(&[
    ("id", Scalar),
    ("name", Scalar),
    ("type", Scalar),
    ("location", Scalar),
    ("tags", Whole),
    ("identity", Whole),
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
                    ("customRegistries", Keep::Map(&Members(&[("identity", Scalar)]))),
                ]),
            ),
        ]),
    ),
]);

impl Keep {
    /// Takes what is to be kept. A value of another shape than its kind of member has becomes null, which says "not
    /// known": to leave it out would say that there is none.
    fn of(&self, value: Value) -> Value {
        match (self, value) {
            (Whole, value) => value,
            (Scalar, value @ (Value::Bool(_) | Value::Number(_) | Value::String(_))) => value,
            (List(keep), Value::Array(items)) => items.into_iter().map(|item| keep.of(item)).collect(),
            (Keep::Map(keep), Value::Object(map)) => map.into_iter().map(|(key, item)| (key, keep.of(item))).collect(),
            (Members(members), Value::Object(mut map)) => {
                let kept =
                    members.iter().filter_map(|(name, keep)| Some(((*name).to_owned(), keep.of(map.remove(*name)?))));
                Value::Object(kept.collect())
            }
            (Scalar | List(_) | Keep::Map(_) | Members(_), _) => Value::Null,
        }
    }
}

fn task(task: Value) -> Value {
    let mut task = TASK.of(task);
    // ARM leaves the identity out where a task has none; a null says the same, and would read as "not known".
    if let Some(task) = task.as_object_mut()
        && task.get("identity") == Some(&Value::Null)
    {
        task.remove("identity");
    }
    task
}

fn sorted_by_name(mut items: Vec<Value>) -> Vec<Value> {
    items.sort_by_cached_key(|item| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        (text("name").to_lowercase(), text("id"))
    });
    items
}

fn drop_system_data(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // A tag of that name is the user's own; its value is a text.
            map.retain(|key, value| key != "systemData" || value.is_string());
            map.values_mut().for_each(drop_system_data);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_system_data),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSIONS: ApiVersions<'_> = ApiVersions { registry: "2025-11-01", tasks: Some("2025-03-01-preview") };

    #[test]
    fn the_document_is_sorted_and_tells_unread_from_empty() {
        let registry = json!({
            "type": "Microsoft.ContainerRegistry/registries",
            "name": "Acr",
            "tags": {"systemData": "mine"},
            "properties": {"privateEndpointConnections": [{"id": "p", "systemData": {"createdBy": "someone"}}]},
            "systemData": {"createdBy": "someone"},
        });
        let pools = vec![json!({"name": "b", "systemData": null}), json!({"name": "A"})];
        let text = build(registry, None, Some(pools), ApiVersions { tasks: None, ..VERSIONS });
        let expected = r#"{
  "agent_pools": [
    {
      "name": "A"
    },
    {
      "name": "b"
    }
  ],
  "origin": {
    "api_version": "2025-11-01"
  },
  "registry": {
    "name": "Acr",
    "properties": {
      "privateEndpointConnections": [
        {
          "id": "p"
        }
      ]
    },
    "tags": {
      "systemData": "mine"
    },
    "type": "Microsoft.ContainerRegistry/registries"
  },
  "schema_version": 1,
  "tasks": null
}
"#;
        assert_eq!(text, expected);
    }

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
                        "a.azurecr.io": {"identity": "[system]"},
                        "b.azurecr.io": null,
                        "c.azurecr.io": null,
                    },
                },
            },
        });
        let text = build(json!({}), Some(vec![task]), None, VERSIONS);
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["tasks"], json!([kept]));
        assert_eq!(document["origin"], json!({"api_version": "2025-11-01", "tasks_api_version": "2025-03-01-preview"}));
        assert!(!text.contains(secret));
    }

    #[test]
    fn absent_null_and_misshapen_stay_apart() {
        assert_eq!(super::task(json!({"name": "a", "identity": null})), json!({"name": "a"}));
        assert_eq!(
            super::task(json!({"properties": {"trigger": null, "step": {}}})),
            json!({"properties": {"trigger": null, "step": {}}})
        );
        assert_eq!(
            super::task(json!({"name": ["hunter2"], "properties": {"trigger": "hunter2", "credentials": ["hunter2"]}})),
            json!({"name": null, "properties": {"trigger": null, "credentials": null}})
        );
    }
}
