//! A task that cannot reach its registry is reported once: under the policy of the way that was begun, else under
//! task-cannot-reach-registry.

use std::collections::BTreeSet;
use std::path::Path;

use acrscan::document::input;
use acrscan::evaluate::{Evaluator, PolicyAnswer};
use acrscan::model::finding::ScopeName;
use acrscan::model::inventory::{Inventory, Origin, RegistryRecord};
use acrscan::net::service_tags::ServiceTags;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;
use serde_json::{Value, json};

use crate::documents;

const LAST: &str = "task-cannot-reach-registry";

/// The policies of ways that were begun.
const BEGUN: [&str; 6] = [
    "agent-pool-outside-vnet",
    "bypass-task-default-auth",
    "bypass-task-without-credential",
    "bypass-task-without-role",
    "bypass-without-system-identity",
    "missing-service-tag-ips",
];

fn evaluator() -> Evaluator {
    Evaluator::new(&PolicySet::load(&Selection::default()).expect("the policies load")).expect("they compile")
}

fn tags() -> ServiceTags {
    snapshot::read(Path::new("fixtures/contoso")).expect("the demo").service_tags.expect("its tags")
}

fn record(id: String, document: &Value) -> RegistryRecord {
    RegistryRecord {
        scope: ScopeName::Subscription("5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4".to_owned()),
        id,
        document: document.to_string(),
        origin: Origin::Azure,
        alternatives: Vec::new(),
        secrets: Vec::new(),
    }
}

/// The tasks that a policy denies.
fn denied(verdicts: &std::collections::BTreeMap<String, PolicyAnswer>, policy: &str) -> BTreeSet<String> {
    let said = verdicts[policy].as_ref().expect("no policy fails");
    let found = said["deny"].as_array().expect("a set").iter();
    // A firewall that lacks addresses is one finding for all the tasks that depend on them.
    found
        .flat_map(|finding| match &finding["evidence"]["tasks"] {
            Value::Array(tasks) => tasks.clone(),
            _ => vec![finding["key"].clone()],
        })
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn no_task_is_reported_both_as_without_a_way_and_as_on_one_that_was_begun() {
    let documents = documents::generate(2000);
    for (document, verdicts) in documents.iter().zip(evaluator().answers(&documents)) {
        let last = denied(&verdicts, LAST);
        for policy in BEGUN {
            let both: Vec<_> = denied(&verdicts, policy).intersection(&last).cloned().collect();
            assert!(both.is_empty(), "{policy} and {LAST} both report {both:?}:\n{document}");
        }
    }
}

/// Code scanning takes two results of one fingerprint for one: a policy whose findings share a key would lose some.
#[test]
fn the_built_in_policies_keep_the_contract_of_results_on_every_document() {
    let documents = documents::generate(2000);
    let id =
        |index| format!("/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/r{index}");
    let registries = documents.iter().enumerate().map(|(index, document)| record(id(index), document));
    let inventory = Inventory { registries: registries.collect(), ..Inventory::default() };
    let evaluation = evaluator().evaluate(&inventory, &tags());
    let messages: Vec<_> = evaluation.notifications.iter().map(|note| note.message.as_str()).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    assert!(evaluation.findings.len() > 2000);
}

/// One registry and one task of every kind: whoever has no way in is named, and whoever has one is not.
#[test]
fn every_combination_of_ways_names_the_task_without_any() {
    let (evaluator, tags) = (evaluator(), tags());
    let mut seen = 0;
    for (public, action) in [("Disabled", "Deny"), ("Disabled", "Allow"), ("Enabled", "Deny"), ("Enabled", "Allow")] {
        for rules in ["none", "part", "all"] {
            for bypass in [Some(true), Some(false), None] {
                for identity in ["none", "UserAssigned", "SystemAssigned"] {
                    for pool in ["none", "vnet", "public", "gone"] {
                        let document = document(&tags, public, action, rules, bypass, identity, pool);
                        let combination = format!("{public} {action} {rules} {bypass:?} {identity} {pool}");
                        let addresses = public == "Enabled" && (action == "Allow" || rules == "all");
                        let in_vnet = pool == "vnet";
                        // Whether the bypass is on was not read: with a system identity it may be a way.
                        let passes = identity == "SystemAssigned" && bypass == Some(true);
                        let may_pass = identity == "SystemAssigned" && bypass.is_none();
                        let verdicts = &evaluator.answers(std::slice::from_ref(&document))[0];
                        let named: Vec<&str> = BEGUN
                            .into_iter()
                            .chain([LAST])
                            .filter(|policy| denied(verdicts, policy).contains("build"))
                            .collect();
                        if !addresses && !in_vnet && !passes && !may_pass {
                            assert!(!named.is_empty(), "{combination}: nobody says that the task has no way in");
                        }
                        if may_pass && !addresses && !in_vnet {
                            let unknown = |policy: &&str| {
                                let said = verdicts[*policy].as_ref().expect("no policy fails");
                                !said["unknown"].as_array().expect("a set").is_empty()
                            };
                            let asks = BEGUN.into_iter().chain([LAST]).any(|policy| unknown(&policy));
                            assert!(asks, "{combination}: nobody says that it is not known");
                        }
                        let last = named.contains(&LAST);
                        assert!(!last || named == [LAST], "{combination}: {named:?}");
                        let way = addresses || in_vnet || passes;
                        assert!(!(last && way), "{combination}: it has a way in, and {LAST} denies it");
                        seen += 1;
                    }
                }
            }
        }
    }
    assert_eq!(seen, 4 * 3 * 3 * 3 * 4);
}

fn document(
    tags: &ServiceTags,
    public: &str,
    action: &str,
    rules: &str,
    bypass: Option<bool>,
    identity: &str,
    pool: &str,
) -> Value {
    let ranges: Vec<String> = tags.region("eastus").expect("eastus").ipv4.iter().map(ToString::to_string).collect();
    let ranges = match rules {
        "none" => &ranges[..0],
        "part" => &ranges[..1],
        _ => &ranges[..],
    };
    let rules: Vec<Value> = ranges.iter().map(|range| json!({"action": "Allow", "value": range})).collect();
    let mut task = json!({
        "name": "build",
        "properties": {"status": "Enabled", "agentPoolName": if pool == "none" { Value::Null } else { json!(pool) }},
    });
    if identity != "none" {
        task["identity"] = json!({"type": identity, "principalId": "11111111-2222-4333-8444-555555555555"});
    }
    let agent_pool = |name: &str| json!({"name": name, "properties": {"count": 1, "provisioningState": "Succeeded"}});
    let mut vnet = agent_pool("vnet");
    vnet["properties"]["virtualNetworkSubnetResourceId"] = json!("/subscriptions/s/subnet");
    let mut properties = json!({
        "loginServer": "contoso.azurecr.io",
        "publicNetworkAccess": public,
        "networkRuleSet": {"defaultAction": action, "ipRules": rules},
    });
    if let Some(bypass) = bypass {
        properties["networkRuleBypassAllowedForTasks"] = json!(bypass);
    }
    let document = json!({
        "schema_version": 1,
        "registry": {
            "id": "/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/contoso",
            "name": "contoso",
            "location": "eastus",
            "sku": {"name": "Premium"},
            "properties": properties,
        },
        "tasks": [task],
        "agent_pools": [vnet, agent_pool("public")],
    });
    input::build(&record("contoso".to_owned(), &document), tags).expect("a document")
}
