//! Policy evaluation against stock OPA: the same documents, one thread each, in one run, with equal results.
//!
//! `cargo bench --bench policies` prints our own figures. With `ACRSCAN_OPA_PYTHON` naming a Python that has
//! opa-golib-python-bindings (see `.ci/run`), it also runs OPA and prints the ratio, and fails where results differ.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use acrscan::document::input;
use acrscan::evaluate::{Backend, Evaluator};
use acrscan::model::finding::ScopeName;
use acrscan::model::inventory::{Origin, RegistryRecord};
use acrscan::net::service_tags::{ServiceTags, TagSource};
use acrscan::policy::{PolicySet, Selection, parameters};
use serde_json::{Map, Value, json};

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SUBSCRIPTION: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// A registry with this many rules, ranges of its tag, and tasks; every second range is covered by a rule.
fn document(number: usize, rules: usize, ranges: usize, tasks: usize) -> Value {
    let name = format!("r{number:05}");
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/{name}"
    );
    let rule = |index: usize| match index % 2 {
        0 => format!("20.{}.{}.0/24", index / 200, index % 200),
        _ => format!("52.18.{}.{index}", number % 250),
    };
    let ip_rules: Vec<Value> = (0..rules).map(|index| json!({"action": "Allow", "value": rule(index)})).collect();
    let subnet = "/subscriptions/s/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/s";
    let document = json!({
        "schema_version": 1,
        "registry": {
            "id": id, "name": name, "location": "eastus", "sku": {"name": "Premium", "tier": "Premium"},
            "properties": {
                "loginServer": format!("{name}.azurecr.io"),
                "adminUserEnabled": false,
                "anonymousPullEnabled": false,
                "publicNetworkAccess": "Enabled",
                "networkRuleBypassOptions": "None",
                "networkRuleBypassAllowedForTasks": number.is_multiple_of(2),
                "dataEndpointEnabled": true,
                "zoneRedundancy": "Enabled",
                "roleAssignmentMode": "LegacyRegistryPermissions",
                "privateEndpointConnections": [],
                "encryption": {"status": "disabled"},
                "policies": {
                    "exportPolicy": {"status": "disabled"},
                    "quarantinePolicy": {"status": "disabled"},
                    "azureADAuthenticationAsArmPolicy": {"status": "disabled"},
                    "retentionPolicy": {"days": 7, "status": "enabled"},
                },
                "networkRuleSet": {"defaultAction": "Deny", "ipRules": ip_rules},
            },
        },
        "tasks": (0..tasks).map(|index| task(&id, index)).collect::<Vec<_>>(),
        "agent_pools": [{"name": "vnet", "properties": {
            "count": 1, "provisioningState": "Succeeded", "virtualNetworkSubnetResourceId": subnet}}],
        "role_assignments": [],
        "usages": [{"name": "IPRules", "limit": 200, "currentValue": rules, "unit": "Count"}],
        "origin": {"api_version": "2025-11-01"},
    });
    let prefixes: Vec<String> = (0..ranges).map(|index| format!("20.0.{index}.0/24")).collect();
    let tag = json!({"name": "AzureContainerRegistry.EastUS", "properties": {"addressPrefixes": prefixes}});
    let published = json!({"cloud": "Public", "changeNumber": 1, "values": [tag]});
    let tags = ServiceTags::from_published(&published, TagSource::File, None).expect("tags");
    let (subscription, document) = (SUBSCRIPTION.to_owned(), document.to_string());
    let record = RegistryRecord {
        scope: ScopeName::Subscription(subscription),
        id,
        document,
        origin: Origin::Azure,
        alternatives: Vec::new(),
        secrets: Vec::new(),
    };
    input::build(&record, &tags).expect("a document")
}

/// One of four kinds: on a pool in a virtual network, able to bypass, with a user's identity, with none.
fn task(registry: &str, index: usize) -> Value {
    let mut task = json!({
        "id": format!("{registry}/tasks/task-{index:03}"),
        "name": format!("task-{index:03}"),
        "type": "Microsoft.ContainerRegistry/registries/tasks",
        "location": "eastus",
        "properties": {"status": "Enabled", "platform": {"os": "linux"}, "step": {"type": "EncodedTask"}, "timeout": 3600},
    });
    match index % 4 {
        0 => task["properties"]["agentPoolName"] = json!("vnet"),
        1 => {
            let principal = format!("00000000-0000-0000-0000-{index:012}");
            task["identity"] = json!({"type": "SystemAssigned", "principalId": principal});
            task["properties"]["credentials"] = json!({"sourceRegistry": {"loginMode": "None"}});
        }
        2 => task["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {}}),
        _ => {}
    }
    task
}

fn lines(count: usize, rules: usize, tasks: usize) -> Vec<String> {
    (0..count).map(|number| document(number, rules, 20, tasks).to_string()).collect()
}

/// Parse, evaluate and print the results of every line, on this thread; the shortest of three runs.
fn ours(evaluator: &Evaluator, lines: &[String]) -> (Duration, Vec<String>) {
    let run = || {
        let start = Instant::now();
        let documents: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let results = evaluator.answers(&documents).into_iter().map(|answers| {
            let said = answers.policies.into_iter().map(|(id, verdict)| (id, verdict.expect("no policy fails")));
            Value::Object(said.collect::<Map<_, _>>()).to_string()
        });
        let results = results.collect();
        (start.elapsed(), results)
    };
    (0..3).map(|_| run()).min_by_key(|(elapsed, _)| *elapsed).expect("three runs")
}

fn main() {
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    let documents = lines(200, 20, 5);
    let mut best = (0.0, Vec::new());
    for machinery in [Backend::Interpreter, Backend::VirtualMachine] {
        let evaluator = Evaluator::with(&set, machinery).expect("they compile");
        let (elapsed, results) = ours(&evaluator, &documents);
        let rate = documents.len() as f64 / elapsed.as_secs_f64();
        let policies = set.policies.len();
        println!(
            "{machinery:?}: {policies} policies, 20 rules, 20 ranges, 5 tasks: {rate:.0} registries/s, one thread"
        );
        best = (rate, results);
    }
    let evaluator = Evaluator::new(&set).expect("they compile");
    for (rules, tasks) in [(20, 5), (200, 5), (20, 200), (200, 200)] {
        let lines = lines(10, rules, tasks);
        let (elapsed, _) = ours(&evaluator, &lines);
        let each = elapsed.as_secs_f64() * 1e3 / lines.len() as f64;
        println!("{rules:>3} rules, {tasks:>3} tasks: {each:.2} ms a registry");
    }
    match std::env::var("ACRSCAN_OPA_PYTHON") {
        Ok(python) => against_opa(&python, &set, &documents, &best.1, best.0),
        Err(_) => println!("OPA: not run; ACRSCAN_OPA_PYTHON names no Python"),
    }
}

/// Runs OPA in a process of its own over the same lines, and compares.
fn against_opa(python: &str, set: &PolicySet, documents: &[String], expected: &[String], ours: f64) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        std::fs::write(&path, lines.join("\n")).expect("it can be written");
        path
    };
    let data = json!({ "parameters": parameters(&set.policies) }).to_string();
    let files = [file("documents", documents), file("expected", expected), file("data", &[data])];
    let output = Command::new(python)
        // One thread means one for its garbage collector too.
        .env("GOMAXPROCS", "1")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/opa.py"))
        .arg("policies")
        .args(files)
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    println!("OPA: {theirs:.0} registries/s, one thread, equal results; ours is {:.1} times as fast", ours / theirs);
}
