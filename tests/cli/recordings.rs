//! Real traffic, where recordings of it are at hand: what Azure answered is read without a gap, and a naive reading of
//! it comes to the same verdict.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, files, verdicts};

/// The subscription that the recordings were given.
const RECORDED: &str = "00000000-0000-0000-0000-000000000000";

/// The body of a recorded answer.
fn recorded(folder: &Path, name: &str) -> Value {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["response"]["body"].clone()
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recordings");
    if !folder.is_dir() {
        eprintln!("skipped: no recordings at {}", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn recorded_answers_are_read_without_a_gap() {
    let Some(folder) = folder() else { return };
    let registries = recorded(&folder, "registries_list_subscription_2023-11-01-preview.json");
    let mut registries = registries["value"].as_array().unwrap().clone();
    // Those in the list are all open.
    registries.push(recorded(&folder, "registry_premium_deny_ipv4rule_2023-11-01-preview.json"));
    registries.push(recorded(&folder, "registry_public_disabled_but_defaultAction_allow_2020-11-01-preview.json"));
    let tasks = recorded(&folder, "tasks_list_systemassigned_and_noidentity_2019-06-01-preview.json");
    let pools = recorded(&folder, "agentpools_list_vnet_and_public_2019-06-01-preview.json");
    let documents: Vec<Value> = registries
        .iter()
        .map(|registry| json!({"registry": registry, "tasks": tasks["value"], "agent_pools": pools["value"]}))
        .collect();
    let server = ArmServer::start(&World::default().with_subscription(RECORDED, documents), Options::default());
    let tags = recorded(&folder, "servicetags_api_trimmed_2022-01-01.json");
    server.spoil(Fault::answer("/serviceTags", Response::json(200, &tags)));

    let (run, sarif) = Acrscan::live(&server, ["scan", "--subscription", RECORDED]).sarif();
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let of = |policy: &str, kind: &str| -> Vec<String> {
        let verdicts = verdicts(&sarif).into_iter();
        verdicts
            .filter(|verdict| verdict[0] == policy && verdict[1] == kind)
            .map(|verdict| verdict[2].clone())
            .collect()
    };
    let open = |registry: &&Value| {
        let properties = &registry["properties"];
        properties["publicNetworkAccess"] == "Enabled"
            && (registry["sku"]["name"] != "Premium" || properties["networkRuleSet"]["defaultAction"] == "Allow")
    };
    let name = |registry: &Value| registry["name"].as_str().unwrap().to_owned();
    let mut expected: Vec<String> = registries.iter().filter(open).map(name).collect();
    expected.sort();
    assert_eq!(of("public-network-access", "fail"), expected);
    assert_eq!((expected.len(), registries.len()), (29, 31));
    // That version of the API does not know the bypass for tasks, and one of the two tasks has no identity.
    assert_eq!(of("bypass-without-system-identity", "unknown").len(), registries.len());
    assert_eq!(of("bypass-without-system-identity", "fail").len(), 0);
}

#[test]
fn recorded_roles_usages_details_and_preview_properties_are_taken_for_what_they_are() {
    let Some(folder) = folder() else { return };
    let roles = recorded(&folder, "roleassignments_rg_atScope_2022-04-01.json");
    let usages = recorded(&folder, "registry_usages_2023-11-01-preview.json");
    let details = recorded(&folder, "task_listDetails_customRegistry_system_2019-06-01-preview.json");
    let abac = recorded(&folder, "task_listDetails_abac_sourceRegistry_system_2025-03-01-preview.json");
    let preview = recorded(&folder, "registry_premium_default_2026-09-01-preview.json");
    let mut registry = recorded(&folder, "registry_premium_deny_ipv4rule_2023-11-01-preview.json");
    registry["properties"]["networkRuleBypassAllowedForTasks"] = true.into();
    let mut tasks = [details.clone(), abac.clone()];
    // Another spelling of a principal that holds roles in the recorded list.
    let principal = roles["value"][0]["properties"]["principalId"].as_str().unwrap();
    tasks[0]["identity"]["principalId"] = principal.to_uppercase().into();
    tasks[1]["name"] = "abacTask".into();
    let document = json!({"registry": registry, "tasks": tasks, "agent_pools": []});
    let server = ArmServer::start(&World::default().with_subscription(RECORDED, vec![document]), Options::default());
    for (target, body) in [
        ("/roleAssignments?", &roles),
        ("/listUsages?", &usages),
        ("/testTask/listDetails?", &details),
        ("/abacTask/listDetails?", &abac),
        ("?api-version=2026", &preview),
    ] {
        server.spoil(Fault::answer(target, Response::json(200, body)));
    }
    let parent = tempfile::tempdir().unwrap();
    let arguments = ["pull", "--subscription", RECORDED, "-o", "d", "--task-credentials", "--preview"];
    let run = Acrscan::live(&server, arguments).in_folder(parent.path()).run();
    // This subscription has no answer for service tags: that is a gap, and the only one.
    assert!(run.code == 2 && run.stderr.contains("1 gaps"), "{run:?}");
    let written = files(parent.path());
    let (_, content) = written.iter().find(|(name, _)| name.contains("/registries/")).unwrap();
    let document: Value = serde_json::from_slice(content).unwrap();

    let of_principal = |item: &&Value| item["properties"]["principalId"] == principal;
    let expected: BTreeSet<&str> = roles["value"]
        .as_array()
        .unwrap()
        .iter()
        .filter(of_principal)
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    let kept = document["role_assignments"].as_array().unwrap();
    let ids: BTreeSet<&str> = kept.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(ids.is_superset(&expected), "what the task's identity holds is kept");
    // The registry lets tasks bypass its rules, so whoever may write them counts; who only reads or pulls does not.
    for item in kept.iter().filter(|item| item["properties"]["principalId"] != principal) {
        let text = |name: &str| item["properties"][name].as_str().unwrap_or_default();
        let role = text("roleDefinitionId").rsplit('/').next().unwrap_or_default();
        let reads = ["acdd72a7-3385-48ef-bd42-f606fba81ae7", "7f951dda-4ed3-4680-a7ca-43fe172d538d"].contains(&role);
        assert!(text("principalType").ends_with("Group") || !reads, "{item}");
    }
    assert!(kept.len() < roles["value"].as_array().unwrap().len());
    assert_eq!(kept[0]["properties"].as_object().unwrap().len(), 6);

    let limit = |name: &str| {
        let usages = document["usages"].as_array().unwrap();
        usages.iter().find(|usage| usage["name"] == name).map(|usage| usage["limit"].clone())
    };
    assert_eq!((document["usages"].as_array().unwrap().len(), limit("IPRules")), (8, Some(json!(100))));
    assert_eq!(
        document["task_credentials"],
        json!({
            "abacTask": {"login_mode": null, "source_identity": "[system]", "custom_registries": {}},
            // A stored user name and password beside an identity: the identity cannot be counted on.
            "testTask": {"login_mode": null, "source_identity": null, "custom_registries": {"test.acr.com": null}},
        })
    );
    assert_eq!(document["preview"]["properties"], preview["properties"]);
    assert_eq!(document["preview"]["systemData"], Value::Null);
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(!text.contains("testuser") && !text.contains("\"random\"") && !text.contains("@"), "{text}");
}
