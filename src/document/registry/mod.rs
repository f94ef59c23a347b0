//! The registry document: what a snapshot holds of one registry, and what a policy's input is made from.

mod credentials;
mod network;
mod redact;
mod roles;
mod runs;
mod task;
pub mod task_needs;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

pub use self::credentials::Credentials;
pub use self::network::Network;
use self::redact::Allowed;
use self::redact::Allowed::{Members, Scalar};
pub use self::roles::{any_kept, lets_tasks_bypass, principals};
pub use self::runs::Runs;
use super::SCHEMA_VERSION;

/// Which api-versions a document was read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiVersions<'a> {
    /// Of the registry.
    pub registry: &'a str,
    /// Of its tasks; `None` where they were not read.
    pub tasks: Option<&'a str>,
}

/// A part that is not always asked for.
#[derive(Debug, Default)]
pub enum Reading<T> {
    /// Nobody needs it, or it does not apply: absent from the document.
    #[default]
    NotRequested,
    /// It was asked for and not read: null in the document.
    Refused,
    /// What was read.
    Read(T),
}

/// What was read of one registry, as ARM gives it.
#[derive(Debug, Default)]
pub struct Parts {
    /// The registry itself.
    pub registry: Value,
    /// Its tasks; `None` where they were not read.
    pub tasks: Option<Vec<Value>>,
    /// Its agent pools; `None` where they were not read.
    pub agent_pools: Option<Vec<Value>>,
    /// The role assignments at and above the registry, of whomever.
    pub role_assignments: Reading<Vec<Value>>,
    /// What roles allow, of any: those that nobody holds are left out.
    pub role_definitions: Reading<Rc<[Value]>>,
    /// What counts against its quotas.
    pub usages: Reading<Vec<Value>>,
    /// The credentials of its tasks, by their names.
    pub task_credentials: Reading<BTreeMap<String, Credentials>>,
    /// What the steps of its tasks need, by their names, where whoever read them has worked it out; `None` where that
    /// is still to be done.
    pub task_needs: Option<Map<String, Value>>,
    /// The registry once more, at a preview api-version.
    pub preview: Reading<Value>,
    /// What ran in it of late.
    pub runs: Reading<Runs>,
    /// The network around it.
    pub network: Reading<Network>,
    /// What was not to be read, as `--without` calls it.
    pub without: Vec<&'static str>,
    /// JSON pointers to what is not known to its end, as the input document's schema says.
    pub partial: Vec<String>,
    /// In source code: the registry's address.
    pub address: Option<String>,
}

/// All that is kept of a usage.
static USAGE: Allowed = Members(&[("name", Scalar), ("limit", Scalar), ("currentValue", Scalar), ("unit", Scalar)]);

/// Builds the document of one registry as text: pretty-printed, keys sorted, lists sorted by name or id, a newline at
/// the end.
///
/// What is absent stays absent and null stays null. The document holds no secret: of a task only what an allow-list
/// names is kept, and of role assignments those that decide what its tasks may do and who writes them. `systemData` is dropped everywhere: it
/// names people, and changes when nothing else does.
pub fn build(parts: Parts, versions: ApiVersions<'_>) -> String {
    let Parts {
        registry,
        tasks,
        agent_pools,
        role_assignments,
        role_definitions,
        usages,
        task_credentials,
        task_needs,
        preview,
        runs,
        network,
        without,
        partial,
        address,
    } = parts;
    let holders = roles::Holders::of(&registry, tasks.iter().flatten());
    let task_needs = task_needs.or_else(|| Some(needs_of(tasks.as_ref()?, &registry)));
    let tasks = tasks.map(|tasks| sorted_by_name(tasks.into_iter().map(task::redact)));
    let agent_pools = agent_pools.map(sorted_by_name);
    let mut document = json!({
        "schema_version": SCHEMA_VERSION,
        "registry": registry,
        "tasks": tasks,
        "agent_pools": agent_pools,
        "origin": { "api_version": versions.registry },
    });
    if let Some(needs) = task_needs {
        document["task_needs"] = needs.into();
    }
    if let Some(version) = versions.tasks {
        document["origin"]["tasks_api_version"] = version.into();
    }
    if !partial.is_empty() {
        document["partial"] = partial.into();
    }
    let deployed = address.is_none();
    if let Some(address) = address {
        document["origin"]["address"] = address.into();
    }
    if !without.is_empty() {
        document["origin"]["without"] = without.into();
    }
    if !matches!(preview, Reading::NotRequested) {
        document["origin"]["preview_requested"] = true.into();
    }
    let all_roles = matches!(role_assignments, Reading::Read(_));
    let role_assignments = role_assignments.map(|items| roles::redact(items, &holders));
    let held = match &role_assignments {
        Reading::Read(held) => held.as_slice(),
        Reading::NotRequested | Reading::Refused => &[],
    };
    let role_definitions = role_definitions.map(|all| roles::redact_definitions(&all, held));
    let mut add = |member: &str, value: Reading<Value>| match value {
        Reading::NotRequested => {}
        Reading::Refused => document[member] = Value::Null,
        Reading::Read(value) => document[member] = value,
    };
    add("role_assignments", role_assignments.map(Value::from));
    add("role_definitions", role_definitions.map(Value::from));
    add("usages", usages.map(|items| sorted_by_name(items.into_iter().map(|item| USAGE.redact(item))).into()));
    add(
        "task_credentials",
        task_credentials.map(|tasks| tasks.into_iter().map(|(n, c)| (n, c.into_value())).collect()),
    );
    add("preview", preview);
    add("runs", runs.map(Runs::into_value));
    add("network", network.map(Network::into_value));
    if all_roles && deployed {
        // Older documents hold the roles of the tasks' own identities only.
        document["origin"]["role_assignments"] = "all".into();
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

impl<T> Reading<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Reading::NotRequested => Reading::NotRequested,
            Reading::Refused => Reading::Refused,
            Reading::Read(value) => Reading::Read(f(value)),
        }
    }
}

fn needs_of(tasks: &[Value], registry: &Value) -> Map<String, Value> {
    let named = tasks.iter().filter_map(|task| Some((task["name"].as_str()?.to_owned(), task)));
    named.map(|(name, task)| (name, task_needs::fact(task, registry))).collect()
}

fn sorted_by_name(items: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let mut items: Vec<Value> = items.into_iter().collect();
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
        let parts = Parts { registry, agent_pools: Some(pools), ..Parts::default() };
        let text = build(parts, ApiVersions { tasks: None, ..VERSIONS });
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
    fn what_was_not_asked_for_is_absent_and_what_was_refused_is_null() {
        let document = |parts: Parts| -> Value { serde_json::from_str(&build(parts, VERSIONS)).expect("JSON") };
        let refused = document(Parts {
            role_assignments: Reading::Refused,
            usages: Reading::Refused,
            task_credentials: Reading::Refused,
            preview: Reading::Refused,
            ..Parts::default()
        });
        assert_eq!(
            refused,
            json!({
                "schema_version": 1, "registry": null, "tasks": null, "agent_pools": null, "role_assignments": null,
                "usages": null, "task_credentials": null, "preview": null,
                "origin": {
                    "api_version": "2025-11-01", "tasks_api_version": "2025-03-01-preview", "preview_requested": true,
                },
            })
        );
        let usage = |name: &str| json!({"name": name, "limit": -1, "currentValue": 0, "unit": "Count"});
        let mut noisy = usage("IPRules");
        noisy["new"] = "x".into();
        let read = document(Parts {
            tasks: Some(vec![json!({"name": "t", "identity": {"type": "SystemAssigned", "principalId": "P"}})]),
            agent_pools: Some(Vec::new()),
            role_assignments: Reading::Read(vec![
                json!({"id": "/b", "properties": {"principalId": "p"}}),
                json!({"id": "/a", "properties": {"principalId": "somebody else"}}),
            ]),
            usages: Reading::Read(vec![usage("Size"), noisy]),
            task_credentials: Reading::Read(BTreeMap::new()),
            preview: Reading::Read(json!({"name": "acr", "properties": {}, "systemData": {"createdBy": "someone"}})),
            ..Parts::default()
        });
        assert_eq!(read["role_assignments"], json!([{"id": "/b", "properties": {"principalId": "p"}}]));
        assert_eq!(read["usages"], json!([usage("IPRules"), usage("Size")]));
        assert_eq!(read["task_credentials"], json!({}));
        assert_eq!(read["preview"], json!({"name": "acr", "properties": {}}));
    }
}
