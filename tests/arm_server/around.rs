//! What lies around a registry: what roles allow, what ran, and the network of pools and endpoints. Each holds what a
//! snapshot must not: who wrote it, and the word `canary`.

use serde_json::{Value, json};

use super::http::{Request, Response};

/// Role definitions as ARM lists them at a subscription: some of Azure's own, and those of a world.
pub fn role_definitions(own: &[Value], subscription: &str) -> Value {
    let definition = |id: &str, name: &str, actions: &[&str], data: &[&str]| {
        json!({
            "id": format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{id}"),
            "name": id, "type": "Microsoft.Authorization/roleDefinitions",
            "properties": {
                "roleName": name, "type": "BuiltInRole",
                "permissions": [{"actions": actions, "notActions": [], "dataActions": data, "notDataActions": []}],
            },
        })
    };
    let read = "Microsoft.ContainerRegistry/registries/pull/read";
    let write = "Microsoft.ContainerRegistry/registries/push/write";
    let repositories = "Microsoft.ContainerRegistry/registries/repositories";
    let [content, metadata] = ["content", "metadata"].map(|part| format!("{repositories}/{part}/read"));
    let [put, set] = ["content", "metadata"].map(|part| format!("{repositories}/{part}/write"));
    let mut all = vec![
        definition("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", &["*"], &[]),
        definition("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", &["*"], &[]),
        definition("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", &["*/read"], &[]),
        definition("7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull", &[read], &[]),
        definition("8311e382-0749-4cb8-b61a-304f252e45ec", "AcrPush", &[read, write], &[]),
        definition(
            "2a1e307c-b015-4ebd-883e-5b7698a07328",
            "Container Registry Repository Writer",
            &[],
            &[&content, &metadata, &put, &set],
        ),
    ];
    all[1]["properties"]["permissions"][0]["notActions"] = json!(["Microsoft.Authorization/*/Write"]);
    let is_new = |definition: &&Value| !all.iter().any(|known| known["name"] == definition["name"]);
    let more: Vec<Value> = own.iter().filter(is_new).cloned().collect();
    all.extend(more);
    for definition in &mut all {
        definition["properties"]["description"] = "canary description".into();
        definition["properties"]["assignableScopes"] = json!(["/"]);
        definition["properties"]["createdBy"] = "canary-creator".into();
        definition["properties"]["createdOn"] = "2021-11-11T20:13:11.4Z".into();
    }
    json!({"value": all})
}

/// One run as ARM lists it. Quick runs have no `task`.
pub fn run(id: &str, kind: &str, task: Option<&str>, created: &str, status: &str, error: Option<&str>) -> Value {
    let mut run = json!({
        "id": format!("/subscriptions/s/registries/r/runs/{id}"), "name": id,
        "type": "Microsoft.ContainerRegistry/registries/runs",
        "properties": {
            "runId": id, "status": status, "runType": kind, "createTime": created, "lastUpdatedTime": created,
            "platform": {"os": "linux", "architecture": "amd64"}, "agentConfiguration": {"cpu": 2},
            "customRegistries": ["canary.contoso.example"], "isArchiveEnabled": false,
            "outputImages": [{"registry": "canary", "repository": "canary", "tag": "1"}],
        },
    });
    if let Some(task) = task {
        run["properties"]["task"] = task.into();
    }
    if let Some(error) = error {
        run["properties"]["runErrorMessage"] = error.into();
    }
    run
}

/// The list of runs, as a filter by time and a limit leave it, newest first; a refusal of any other question.
pub fn runs(all: &[Value], request: &Request) -> Result<Value, Response> {
    let refusal = |message: &str| Response::error(400, "InvalidFilter", message);
    let filter = request.query("$filter").unwrap_or_default();
    let since = filter.strip_prefix("createTime ge ").filter(|since| since.ends_with("T00:00:00Z"));
    let since = since.ok_or_else(|| refusal("The filter must be createTime ge <time>."))?;
    let top: usize = request.query("$top").and_then(|top| top.parse().ok()).unwrap_or(100);
    if top > 100 {
        return Err(refusal("At most 100 runs are listed."));
    }
    let created = |run: &Value| run["properties"]["createTime"].as_str().unwrap_or_default().to_owned();
    let mut listed: Vec<&Value> = all.iter().filter(|run| created(run).as_str() >= since).collect();
    listed.sort_by_key(|run| std::cmp::Reverse(created(run)));
    let goes_on = listed.len() > top;
    listed.truncate(top);
    let mut answer = json!({"value": listed});
    if goes_on {
        answer["nextLink"] =
            format!("http://{}{}&$skiptoken=next", request.header("host").unwrap_or_default(), request.target).into();
    }
    Ok(answer)
}

/// A resource of the network as ARM tells it.
pub fn with_noise(resource: &Value) -> Value {
    let mut resource = resource.clone();
    resource["etag"] = "W/\"canary\"".into();
    resource["tags"] = json!({"owner": "canary"});
    if let Some(properties) = resource["properties"].as_object_mut() {
        properties.insert("resourceGuid".into(), "canary".into());
        properties.insert("ipConfigurations".into(), json!([{"id": "/canary"}]));
    }
    resource
}

/// The subnets of a registry's pools, without filters, and the DNS zone groups of its endpoints: each by its path in
/// lower case.
pub fn network(document: &Value) -> Vec<(String, Value)> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut network = Vec::new();
    for pool in items(&document["agent_pools"]) {
        let id = text(pool.pointer("/properties/virtualNetworkSubnetResourceId"));
        let name = id.rsplit('/').next().unwrap_or_default();
        let subnet = json!({"id": id, "name": name, "properties": {"addressPrefix": "10.20.30.0/27"}});
        network.push((id.to_lowercase(), subnet));
    }
    for connection in items(&document["registry"]["properties"]["privateEndpointConnections"]) {
        let id = text(connection.pointer("/properties/privateEndpoint/id"));
        let (group, _) = id.split_once("/providers/").unwrap_or_default();
        let zone = format!("{group}/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io");
        let config = json!({"name": "acr", "properties": {"privateDnsZoneId": zone}});
        let group = json!({
            "id": format!("{id}/privateDnsZoneGroups/default"), "name": "default",
            "properties": {"privateDnsZoneConfigs": [config]},
        });
        network.push((format!("{id}/privateDnsZoneGroups").to_lowercase(), json!({"value": [group]})));
    }
    network
}
