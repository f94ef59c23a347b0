//! Input documents by the thousand: the demo's and the policies' examples, as Azure and as source code tell them, and
//! what mutation makes of them. The same for every run: no randomness but that of a fixed seed.

#[allow(dead_code, reason = "only the tests of the library ask for the answers")]
pub mod paths;

use std::fs;
use std::path::Path;

use acrscan::document::input;
use acrscan::source::snapshot;
use serde_json::{Value, json};

/// Every combination of need, way, login and role.
#[allow(dead_code, reason = "the library's tests hold them to their answers")]
pub fn task_paths() -> Vec<Value> {
    let collected = snapshot::read(Path::new("fixtures/contoso")).expect("the demo");
    let tags = collected.service_tags.expect("its tags");
    let ranges: Vec<String> = tags.region("eastus").expect("eastus").ipv4.iter().map(ToString::to_string).collect();
    let build = |combination: &paths::Combination| {
        let mut record = collected.inventory.registries[0].clone();
        record.document = combination.document(&ranges).to_string();
        input::build(&record, &tags).expect("a document")
    };
    paths::combinations().iter().map(build).collect()
}

/// `count` documents, the unmutated ones first.
pub fn generate(count: usize) -> Vec<Value> {
    let mut documents = demo();
    documents.extend(examples());
    let mut random = Random(0x5eed);
    let declared: Vec<Value> = documents.iter().map(|document| declared(document.clone(), &mut random)).collect();
    documents.extend(declared);
    let seeds = documents.len();
    assert!(seeds > 60, "{seeds} seeds");
    while documents.len() < count {
        let mut document = documents[random.below(seeds)].clone();
        for _ in 0..=random.below(3) {
            mutate(&mut document, &mut random);
        }
        documents.push(document);
    }
    documents
}

fn demo() -> Vec<Value> {
    let collected = snapshot::read(Path::new("fixtures/contoso")).expect("the demo");
    let tags = collected.service_tags.expect("its tags");
    collected.inventory.registries.iter().map(|record| input::build(record, &tags).expect("a document")).collect()
}

fn examples() -> Vec<Value> {
    let mut folders: Vec<_> = fs::read_dir("policies/acr").expect("policies").map(|e| e.expect("one").path()).collect();
    folders.sort();
    let mut documents = Vec::new();
    for folder in folders {
        let text = fs::read_to_string(folder.join("examples.yaml")).expect("examples");
        let examples: Value = yaml_serde::from_str(&text).expect("YAML");
        for group in ["bad", "good", "unknown"] {
            let group = examples[group].as_array().into_iter().flatten();
            documents.extend(group.map(|example| example["input"].clone()));
        }
    }
    documents
}

/// The document as source code would have it: not deployed yet, and known in part.
fn declared(mut document: Value, random: &mut Random) -> Value {
    let kind = ["terraform", "arm", "bicep"][random.below(3)];
    document["origin"] = json!({ "kind": kind, "address": "azurerm_container_registry.main", "api_version": "" });
    for unknown in ["id", "name", "identity"] {
        if let Some(registry) = document["registry"].as_object_mut().filter(|_| random.below(2) == 0) {
            registry.remove(unknown);
        }
    }
    if let Some(properties) = document.pointer_mut("/registry/properties").and_then(Value::as_object_mut) {
        properties.remove("loginServer");
        if random.below(4) == 0 {
            properties.insert("endpointProtocol".to_owned(), json!("IPv4AndIPv6"));
        }
    }
    let mut lists = [
        "/tasks",
        "/agent_pools",
        "/role_assignments",
        "/registry/properties/networkRuleSet/ipRules",
        "/registry/properties/networkRuleSet/virtualNetworkRules",
        "/registry/properties/privateEndpointConnections",
        "/registry/properties/endpointProtocol",
    ]
    .map(str::to_owned)
    .to_vec();
    for (index, task) in document["tasks"].as_array_mut().into_iter().flatten().enumerate() {
        if random.below(3) == 0 && task["properties"].is_object() {
            task["properties"]["agentPoolName"] = Value::Null;
            lists.push(format!("/tasks/{index}/properties/agentPoolName"));
        }
        if random.below(4) == 0 && task.is_object() {
            task["identity"] = json!({});
        }
    }
    lists.retain(|_| random.below(2) == 0);
    document["partial"] = json!(lists);
    document
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Changes one place: to another value such a place may hold, to one of the wrong type, to null, or to nothing.
fn mutate(document: &mut Value, random: &mut Random) {
    let mut pointers = Vec::new();
    list(document, String::new(), &mut pointers);
    if pointers.is_empty() {
        return;
    }
    let pointer = pointers[random.below(pointers.len())].clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if random.below(4) == 0 {
        match document.pointer_mut(parent) {
            Some(Value::Object(members)) => drop(members.remove(name)),
            Some(Value::Array(items)) if !items.is_empty() => drop(items.pop()),
            _ => {}
        }
        return;
    }
    let words = [
        "Enabled",
        "disabled",
        "Deny",
        "ALLOW",
        "Premium",
        "Standard",
        "SystemAssigned",
        "systemAssigned, userAssigned",
        "UserAssigned",
        "None",
        "Default",
        "[system]",
        "AzureServices",
        "Succeeded",
        "Failed",
        "Approved",
        "",
        "na\u{200d}me'; $(x)",
        "a/b~c",
    ];
    let odd =
        [json!(null), json!(7), json!(true), json!(false), json!([]), json!({}), json!([null, 1]), json!({"a": [1]})];
    let value = match random.below(2) {
        0 => json!(words[random.below(words.len())]),
        _ => odd[random.below(odd.len())].clone(),
    };
    if let Some(place) = document.pointer_mut(&pointer) {
        *place = value;
    }
}

fn list(node: &Value, pointer: String, pointers: &mut Vec<String>) {
    if !pointer.is_empty() {
        pointers.push(pointer.clone());
    }
    match node {
        Value::Object(members) => {
            for (name, value) in members {
                list(value, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                list(value, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}
