//! What ARM knows: the registries of some subscriptions, read from snapshot folders, and the answers rendered from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{around, canary, identity, service_tags};

/// The registries of some subscriptions.
#[derive(Clone, Default)]
pub struct World {
    /// Subscription id to its registry documents, in the shape of a snapshot's files.
    subscriptions: BTreeMap<String, Vec<Value>>,
    /// The service tags in a snapshot's form; without them the API answers 404.
    service_tags: Option<Value>,
    /// What the list of subscriptions says of one beside what is usual.
    described: BTreeMap<String, Value>,
    /// Management group to the subscriptions below it.
    management_groups: BTreeMap<String, Vec<String>>,
    /// Subscriptions on which the caller may not read tasks and pools.
    without_reader: BTreeSet<String>,
    /// Registries whose tasks and pools it may not read: ids, lower-case.
    shut: BTreeSet<String>,
}

impl World {
    /// Everything that a snapshot folder holds.
    pub fn from_snapshot(folder: &Path) -> World {
        let mut world = World { service_tags: Some(read(&folder.join("service-tags.json"))), ..World::default() };
        for scope in items(&read(&folder.join("manifest.json"))["scopes"]) {
            let subscription = scope["subscription"].as_str().expect("a scope names its subscription").to_owned();
            let files = items(&scope["registries"]).map(|path| path.as_str().expect("a path is text"));
            world.subscriptions.insert(subscription, files.map(|path| read(&folder.join(path))).collect());
        }
        world
    }

    /// The same registries once more, under another subscription id.
    pub fn copied_to(mut self, subscription: &str) -> World {
        let (original, documents) = self.subscriptions.first_key_value().expect("a subscription to copy");
        let text = Value::from(documents.clone()).to_string().replace(original.as_str(), subscription);
        let Value::Array(copies) = serde_json::from_str(&text).expect("still JSON") else { unreachable!() };
        self.subscriptions.insert(subscription.to_owned(), copies);
        self
    }

    /// One more subscription, of these registry documents.
    pub fn with_subscription(mut self, subscription: &str, documents: Vec<Value>) -> World {
        self.subscriptions.insert(subscription.to_owned(), documents);
        self
    }

    /// What the list of subscriptions says of one: `displayName`, `state`, `tenantId`.
    pub fn described(mut self, subscription: &str, members: Value) -> World {
        self.described.insert(subscription.to_owned(), members);
        self
    }

    /// A management group, with all subscriptions below it.
    pub fn with_management_group(mut self, group: &str, subscriptions: &[&str]) -> World {
        self.management_groups.insert(group.to_lowercase(), subscriptions.iter().map(|&id| id.to_owned()).collect());
        self
    }

    /// The caller may read tasks and agent pools of this subscription's registries one by one at most, and not of these.
    pub fn without_reader(mut self, subscription: &str, shut: &[String]) -> World {
        self.without_reader.insert(subscription.to_owned());
        self.shut.extend(shut.iter().map(|id| id.to_lowercase()));
        self
    }

    /// Ids of all subscriptions.
    pub fn subscriptions(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.keys().map(String::as_str)
    }

    /// Changes every registry document.
    pub fn edited(mut self, edit: impl FnMut(&mut Value)) -> World {
        self.subscriptions.values_mut().flatten().for_each(edit);
        self
    }

    /// All answers, with `base` as the start of each `nextLink`.
    pub fn render(&self, base: &str, page_size: usize) -> Answers {
        let mut answers = Answers { subscriptions: bytes(&self.list_subscriptions()), ..Answers::default() };
        answers.without_reader = self.without_reader.clone();
        for (group, subscriptions) in &self.management_groups {
            answers.management_groups.insert(group.clone(), bytes(&descendants(group, subscriptions)));
        }
        for (subscription, documents) in &self.subscriptions {
            answers.add_subscription(subscription, documents, base, page_size);
            answers.graph.insert(subscription.to_lowercase(), graph_rows(documents, &self.shut));
            for id in &self.shut {
                answers.shut.insert(format!("{id}/tasks"));
                answers.shut.insert(format!("{id}/agentpools"));
            }
            if let Some(table) = &self.service_tags {
                answers
                    .service_tags
                    .insert(subscription.to_lowercase(), bytes(&service_tags::published(table, subscription)));
            }
        }
        answers
    }

    fn list_subscriptions(&self) -> Value {
        let item = |id: &String| {
            let mut item = json!({
                "id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": identity::TENANT,
                "displayName": format!("subscription {}", &id[..4]), "state": "Enabled",
                "authorizationSource": "RoleBased", "managedByTenants": [],
            });
            for (name, value) in self.described.get(id).and_then(Value::as_object).into_iter().flatten() {
                item[name] = value.clone();
            }
            item
        };
        json!({"value": self.subscriptions.keys().map(item).collect::<Vec<_>>(), "count": {"type": "Total", "value": 1}})
    }
}

fn graph_rows(documents: &[Value], shut: &BTreeSet<String>) -> Vec<Value> {
    let mut rows = Vec::new();
    for document in documents {
        let id = document["registry"]["id"].as_str().unwrap_or_default();
        let kind = "microsoft.containerregistry/registries";
        rows.push(json!({"id": id, "type": kind}));
        if shut.contains(&id.to_lowercase()) {
            continue;
        }
        for (member, below) in [("tasks", "tasks"), ("agent_pools", "agentPools")] {
            for item in items(&document[member]) {
                let name = item["name"].as_str().unwrap_or_default();
                let kind = format!("{kind}/{below}").to_lowercase();
                rows.push(json!({"id": format!("{id}/{below}/{name}"), "type": kind}));
            }
        }
    }
    rows
}

fn descendants(group: &str, subscriptions: &[String]) -> Value {
    let parent = json!({"id": format!("/providers/Microsoft.Management/managementGroups/{group}")});
    let subscription = |id: &String| {
        json!({
            "id": format!("/subscriptions/{id}"), "type": "/subscriptions", "name": id,
            "properties": {"displayName": "a subscription", "parent": parent},
        })
    };
    let child = json!({
        "id": "/providers/Microsoft.Management/managementGroups/below", "name": "below",
        "type": "Microsoft.Management/managementGroups", "properties": {"displayName": "below", "parent": parent},
    });
    let items: Vec<Value> = std::iter::once(child).chain(subscriptions.iter().map(subscription)).collect();
    json!({"value": items})
}

/// Bodies, rendered once: the benches ask for thousands.
#[derive(Default)]
pub struct Answers {
    /// The list of subscriptions.
    pub subscriptions: Arc<[u8]>,
    /// Management group, lower-case, to what is below it.
    pub management_groups: HashMap<String, Arc<[u8]>>,
    /// Path of a resource group's list, lower-case, to its registries.
    pub groups: HashMap<String, Arc<[u8]>>,
    /// Subscription to the rows of Resource Graph that the caller sees.
    pub graph: HashMap<String, Vec<Value>>,
    pub without_reader: BTreeSet<String>,
    /// Paths that are refused, lower-case.
    pub shut: BTreeSet<String>,
    /// Path of a registry, lower-case, to what the lists say of it.
    pub plain: HashMap<String, Arc<[u8]>>,
    /// Subscription id, lower-case, to the first page of its registries.
    pub registries: HashMap<String, Arc<[u8]>>,
    /// The later pages, by the very path and query that the `nextLink` before them gave.
    pub pages: HashMap<String, Arc<[u8]>>,
    /// Subscription id, lower-case, to the service tags as it is told them.
    pub service_tags: HashMap<String, Arc<[u8]>>,
    /// Path, lower-case, to a registry at the preview version, and to what is below it.
    pub parts: HashMap<String, Arc<[u8]>>,
    /// Path, lower-case, to all runs of a registry.
    pub runs: HashMap<String, Vec<Value>>,
}

impl Answers {
    fn add_subscription(&mut self, subscription: &str, documents: &[Value], base: &str, page_size: usize) {
        // Backwards, for ARM promises no order and the scanner sorts.
        let registries: Vec<Value> =
            documents.iter().rev().map(|document| canary::with_system_data(&document["registry"])).collect();
        let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
        for registry in &registries {
            let id = registry["id"].as_str().unwrap_or_default().to_lowercase();
            let list = id.rsplit_once('/').map(|(list, _)| list.to_owned()).unwrap_or_default();
            groups.entry(list).or_default().push(registry);
            self.plain.insert(id, bytes(registry));
        }
        self.groups.extend(groups.into_iter().map(|(list, items)| (list, bytes(&json!({"value": items})))));
        let pages: Vec<&[Value]> = registries.chunks(page_size).collect();
        let link = |page: usize| {
            format!(
                "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries\
                 ?api-version=2025-11-01&%24skiptoken=hc%2b{page:04}%2fCoMwAIXhd8nsEP%3d%3d"
            )
        };
        for (index, page) in pages.iter().enumerate() {
            let mut body = json!({"value": page});
            if index + 1 < pages.len() {
                body["nextLink"] = format!("{base}{}", link(index + 1)).into();
            }
            match index {
                0 => self.registries.insert(subscription.to_lowercase(), bytes(&body)),
                _ => self.pages.insert(link(index), bytes(&body)),
            };
        }
        if pages.is_empty() {
            self.registries.insert(subscription.to_lowercase(), bytes(&json!({"value": []})));
        }
        let definitions: Vec<Value> =
            documents.iter().flat_map(|document| items(&document["role_definitions"])).cloned().collect();
        let path = format!("/subscriptions/{subscription}/providers/microsoft.authorization/roledefinitions");
        self.parts.insert(path.to_lowercase(), bytes(&around::role_definitions(&definitions, subscription)));
        for document in documents {
            self.add_parts(document, subscription);
        }
    }

    /// A part that the document holds as null is absent, and answered with 404.
    fn add_parts(&mut self, document: &Value, subscription: &str) {
        let id = document["registry"]["id"].as_str().expect("a registry has an id").to_lowercase();
        if let Some(tasks) = document["tasks"].as_array() {
            for task in tasks {
                let name = task["name"].as_str().unwrap_or_default();
                let known = document["task_credentials"].get(name);
                let path = format!("{id}/tasks/{name}/listdetails").to_lowercase();
                self.parts.insert(path, bytes(&canary::task_details(task, known)));
            }
            let tasks: Vec<Value> = tasks.iter().rev().map(canary::task).collect();
            self.parts.insert(format!("{id}/tasks"), bytes(&json!({"value": tasks})));
        }
        if let Some(pools) = document["agent_pools"].as_array() {
            let pools: Vec<Value> = pools.iter().rev().map(canary::with_system_data).collect();
            self.parts.insert(format!("{id}/agentpools"), bytes(&json!({"value": pools})));
        }
        // Beside what a snapshot holds: runs as ARM lists them, and other resources by their ids.
        self.runs.insert(format!("{id}/runs"), items(&document["arm_runs"]).cloned().collect());
        for (path, resource) in around::network(document) {
            self.parts.insert(path, bytes(&around::with_noise(&resource)));
        }
        for (path, resource) in document["arm_network"].as_object().into_iter().flatten() {
            self.parts.insert(path.to_lowercase(), bytes(&around::with_noise(resource)));
        }
        let usages = match &document["usages"] {
            Value::Array(usages) => json!({"value": usages.iter().rev().collect::<Vec<_>>()}),
            _ => usages(&document["registry"]),
        };
        self.parts.insert(format!("{id}/listusages"), bytes(&usages));
        let roles: Vec<Value> = items(&document["role_assignments"]).cloned().collect();
        let roles = json!({"value": canary::role_assignments(&roles, subscription)});
        self.parts.insert(format!("{id}/providers/microsoft.authorization/roleassignments"), bytes(&roles));
        let preview = match &document["preview"] {
            Value::Object(_) => document["preview"].clone(),
            _ => preview(&document["registry"]),
        };
        self.parts.insert(id, bytes(&canary::with_system_data(&preview)));
    }
}

/// A registry as newer api-versions tell it.
fn preview(registry: &Value) -> Value {
    let mut registry = registry.clone();
    if let Some(Value::Object(properties)) = registry.get_mut("properties") {
        if let Some(Value::Object(rules)) = properties.get_mut("networkRuleSet") {
            rules.insert("virtualNetworkRules".into(), json!([]));
        }
        properties.insert("endpointProtocol".into(), "IPv4".into());
        properties.insert("regionalEndpoints".into(), "Disabled".into());
    }
    registry
}

/// What counts against a registry's quotas; the shape is ARM's, the limits are of the Premium tier.
fn usages(registry: &Value) -> Value {
    let rules = items(&registry["properties"]["networkRuleSet"]["ipRules"]).count();
    json!({"value": [
        {"name": "Size", "limit": 536_870_912_000_u64, "currentValue": 0, "unit": "Bytes"},
        {"name": "Webhooks", "limit": 500, "currentValue": 0, "unit": "Count"},
        {"name": "IPRules", "limit": 100, "currentValue": rules, "unit": "Count"},
        {"name": "VNetRules", "limit": 100, "currentValue": 0, "unit": "Count"},
    ]})
}

fn items(array: &Value) -> impl Iterator<Item = &Value> {
    array.as_array().into_iter().flatten()
}

fn bytes(value: &Value) -> Arc<[u8]> {
    value.to_string().into_bytes().into()
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
