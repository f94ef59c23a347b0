//! Puts back what ARM tells and a snapshot leaves out: who changed what, task steps with their arguments, credentials.
//! Each such value holds the word `canary`, plain or in Base64, so that a test can prove it never comes out.

use serde_json::{Value, json};

/// A registry or agent pool as ARM lists it: with who created and changed it, and when.
pub fn with_system_data(resource: &Value) -> Value {
    let mut resource = resource.clone();
    resource["systemData"] = json!({
        "createdBy": "canary.person@contoso.example", "createdByType": "User", "createdAt": "2024-03-01T09:00:00.0000000+00:00",
        "lastModifiedBy": "canary.person@contoso.example", "lastModifiedByType": "User", "lastModifiedAt": "2026-10-30T11:12:13.0000000+00:00",
    });
    resource
}

/// A task as ARM lists it.
pub fn task(task: &Value) -> Value {
    let mut task = with_system_data(task);
    let properties = &mut task["properties"];
    let step = &mut properties["step"];
    step["contextPath"] = "https://canary-user:canary-pat@github.com/contoso/images.git#main".into();
    step["contextAccessToken"] = "canary-context-token".into();
    step["baseImageDependencies"] =
        json!([{"type": "Runtime", "registry": "mcr.microsoft.com", "repository": "canary/base", "tag": "1"}]);
    if step["type"] == "Docker" {
        step["arguments"] = json!([{"name": "NPM_TOKEN", "value": "canary-build-argument", "isSecret": true}]);
    } else {
        step["values"] = json!([{"name": "password", "value": "canary-step-value", "isSecret": false}]);
    }
    if step["type"] == "EncodedTask" {
        // version: v1.1.0 / steps: / - cmd: canary
        step["encodedTaskContent"] = "Y2FuYXJ5OiB2MS4xLjAKc3RlcHM6CiAgLSBjbWQ6IGNhbmFyeQo=".into();
        step["encodedValuesContent"] = "Y2FuYXJ5OiB2YWx1ZXMK".into();
    }
    // By pointer: to index what is absent would put a null there.
    if let Some(Value::Object(base)) = properties.pointer_mut("/trigger/baseImageTrigger") {
        base.insert("updateTriggerPayloadType".into(), "Token".into());
        base.insert("updateTriggerEndpoint".into(), "https://hooks.contoso.example/canary-endpoint".into());
    }
    if let Some(Value::Array(sources)) = properties.pointer_mut("/trigger/sourceTriggers") {
        for source in sources {
            let repository = &mut source["sourceRepository"];
            repository["repositoryUrl"] = "https://canary-pat@github.com/contoso/images".into();
            repository["sourceControlAuthProperties"] = json!({"tokenType": "PAT", "token": "canary-source-token"});
        }
    }
    // ARM redacts a host's entry to null, but an entry with an identity must not carry its neighbours along.
    if let Some(Value::Object(hosts)) = properties.pointer_mut("/credentials/customRegistries") {
        for entry in hosts.values_mut().filter(|entry| entry.is_object()) {
            entry["userName"] = json!({"value": "canary-user", "type": "Opaque"});
            entry["password"] = json!({"value": "canary-password", "type": "Opaque"});
        }
    }
    task
}
