//! Puts back what ARM tells and a snapshot leaves out: who changed what, task steps with their arguments, credentials.
//! Each such value holds the word `canary`, plain or in Base64, so that a test can prove it never comes out.

use acrscan::document::registry::task_needs;
use serde_json::{Map, Value, json};

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
    let name = task["name"].as_str().unwrap_or_default().to_owned();
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
        step["encodedTaskContent"] = task_needs::encoded(&steps(&name)).into();
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
    // ARM redacts a host's entry to null in a list, but an entry with an identity must not carry its neighbours along.
    if let Some(Value::Object(hosts)) = properties.pointer_mut("/credentials/customRegistries") {
        for entry in hosts.values_mut().filter(|entry| entry.is_object()) {
            entry["new"] = json!({"value": "canary-password", "type": "Opaque"});
        }
    }
    task
}

/// What a task of the demo does, by its name.
fn steps(name: &str) -> String {
    let command = match name {
        "nightly-purge" | "weekly-purge" => "acr purge --filter 'canary:.*' --ago 30d --untagged",
        "import-nightly" => "mcr.microsoft.com/azure-cli az acr import -n {{.Run.RegistryName}} --source canary/a:1",
        "scan-images" => "$Registry/tools/scan --all canary",
        _ => "bash -c 'echo canary; crane copy canary/a:1 $Registry/a:1'",
    };
    let quoted = command.replace('\'', "''");
    format!("version: v1.1.0\nsteps:\n  - cmd: '{quoted}'\n")
}

/// A task as `listDetails` tells it: with the passwords that a list leaves out.
pub fn task_details(bare: &Value, credentials: Option<&Value>) -> Value {
    let mut details = task(bare);
    let password = json!({"value": "canary-password", "type": "Opaque"});
    let entry = |identity: &Value| match identity {
        Value::Null => json!({"userName": {"value": "canary-user", "type": "Opaque"}, "password": password}),
        identity => json!({"identity": identity, "new": password}),
    };
    let properties = &mut details["properties"];
    if let Some(known) = credentials {
        let hosts = known["custom_registries"].as_object().into_iter().flatten();
        let hosts: Map<String, Value> = hosts.map(|(host, identity)| (host.clone(), entry(identity))).collect();
        properties["credentials"] = json!({
            "sourceRegistry": {"loginMode": known["login_mode"], "identity": known["source_identity"]},
            "customRegistries": hosts,
        });
    } else if let Some(Value::Object(hosts)) = properties.pointer_mut("/credentials/customRegistries") {
        // What the list struck out is the task's own identity, as in every task that passes the firewall.
        for host in hosts.values_mut().filter(|host| host.is_null()) {
            *host = entry(&"[system]".into());
        }
        hosts.insert("docker.contoso.example".into(), entry(&Value::Null));
    }
    details
}

/// Role assignments as ARM lists them: who made them, and other people's among them.
pub fn role_assignments(bare: &[Value], subscription: &str) -> Vec<Value> {
    let stranger = |name: &str, kind: &str, scope: &str| {
        json!({
            "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"),
            "name": name,
            "properties": {
                "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
                "principalId": format!("canary-{name}"), "principalType": kind, "scope": scope,
                "condition": null, "conditionVersion": null,
            },
        })
    };
    let mut all = vec![
        stranger("0d504196-1423-4569-9a6e-15149656f0ee", "User", "/"),
        stranger("fb2ad9c2-5c7f-4c11-8a0c-2c4dcd2f7d01", "ServicePrincipal", &format!("/subscriptions/{subscription}")),
    ];
    all.splice(1..1, bare.iter().rev().cloned());
    for item in &mut all {
        item["type"] = "Microsoft.Authorization/roleAssignments".into();
        let properties = &mut item["properties"];
        properties["createdBy"] = "canary-creator".into();
        properties["createdOn"] = "2025-06-03T12:20:11.0208310Z".into();
        properties["updatedBy"] = "canary-creator".into();
        properties["updatedOn"] = "2025-06-03T12:20:11.0208310Z".into();
        properties["description"] = "canary description".into();
        properties["delegatedManagedIdentityResourceId"] = Value::Null;
    }
    all
}
