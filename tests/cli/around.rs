//! What lies around a registry and is read on a flag or where a policy needs it: runs, what roles allow, firewall rules
//! for subnets, the network of pools and endpoints. And what the user leaves out.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::arm_server::around::run;
use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, Run, contoso, files, verdicts};

const BUILD: (&str, &str) = ("rg-devtools", "contosobuild");
const ORDERS: (&str, &str) = ("rg-orders-prod", "contosoorders");

/// The demo, with one registry's document changed.
fn world(name: &str, mut edit: impl FnMut(&mut Value)) -> World {
    contoso().edited(|document| {
        if document["registry"]["name"] == name {
            edit(document);
        }
    })
}

fn start(world: &World) -> ArmServer {
    ArmServer::start(world, Options::default())
}

fn pull(server: &ArmServer, folder: &Path, flags: &[&str]) -> Run {
    Acrscan::live(server, ["pull", "--subscription", CONTOSO, "-o", "d"]).args(flags).in_folder(folder).run()
}

/// A registry's document in a snapshot that was pulled; found by its name.
fn document(folder: &Path, (_, name): (&str, &str)) -> Value {
    let all = files(folder);
    let (_, content) = all.iter().find(|(path, _)| path.ends_with(&format!("/{name}.json"))).expect("it was pulled");
    serde_json::from_slice(content).unwrap()
}

fn refusal() -> Response {
    Response::error(403, "AuthorizationFailed", "The client may not read this.")
}

/// A time so many days ago.
fn ago(days: u64, hour: u32) -> String {
    format!("{}T{hour:02}:00:00Z", chrono::Utc::now().date_naive() - chrono::Days::new(days))
}

#[test]
fn runs_become_a_fact_for_each_task_and_one_for_quick_runs() {
    let refused = "denied: client with IP '20.42.66.7' is not allowed access. password=canary";
    let server = start(&world("contosobuild", |document| {
        document["arm_runs"] = json!([
            run("ca1", "AutoRun", Some("nightly-purge"), &ago(2, 3), "Failed", Some("too late")),
            run("ca2", "AutoRun", Some("nightly-purge"), &ago(1, 3), "Succeeded", None),
            run("ca3", "QuickBuild", None, &ago(3, 9), "Failed", Some(refused)),
            run("ca4", "QuickRun", None, &ago(40, 9), "Failed", Some("long ago")),
        ]);
    }));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &["--runs"]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    // One registry is open and has no tasks; of all others one page is read.
    assert_eq!(server.seen_with("/runs?").len(), 15);
    let since = ago(30, 0);
    let runs = document(folder.path(), BUILD)["runs"].clone();
    let expected = json!({
        "since": &since[..10],
        "complete": true,
        "quick": {
            "count": 1, "succeeded": 0, "failed": 1, "last_status": "Failed", "last_time": ago(3, 9),
            "last_success": null, "refused_address": "20.42.66.7",
            "last_error": "denied: client with IP '20.42.66.7' is not allowed access. password=***",
        },
        "tasks": {
            "nightly-purge": {
                "count": 2, "succeeded": 1, "failed": 1, "last_status": "Succeeded", "last_time": ago(1, 3),
                "last_success": ago(1, 3), "refused_address": null, "last_error": "too late",
            },
        },
        "quick_on_pools": runs["quick_on_pools"],
        "registry_changed": "2026-10-30T11:12:13Z",
        "tasks_changed": runs["tasks_changed"],
    });
    assert_eq!(runs, expected);
    assert_eq!(runs["quick_on_pools"]["count"], 0);
    assert_eq!(runs["tasks_changed"]["nightly-purge"], "2026-10-30T11:12:13Z");
    assert_eq!(document(folder.path(), ("", "contosotest")).get("runs"), None);
    for (name, content) in files(folder.path()) {
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{name}");
    }
    // What was saved says the same as what was read.
    let live = Acrscan::scan(&server).args(["--runs"]).sarif();
    let offline = Acrscan::new(["scan", "d"]).in_folder(folder.path()).sarif();
    assert_eq!(verdicts(&offline.1), verdicts(&live.1));
}

#[test]
fn of_many_runs_the_newest_hundred_are_read_in_one_request() {
    let server = start(&world("contosobuild", |document| {
        let runs =
            (0..130).map(|index| run(&format!("r{index}"), "QuickRun", None, &ago(index / 6, 1), "Succeeded", None));
        document["arm_runs"] = runs.collect();
    }));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(pull(&server, folder.path(), &["--runs"]).code, 0);
    let runs = &document(folder.path(), BUILD)["runs"];
    assert_eq!((&runs["complete"], &runs["quick"]["count"]), (&json!(false), &json!(100)));
    assert_eq!(server.seen_with("contosobuild/runs?").len(), 1);
}

#[test]
fn what_ran_speaks_for_and_against_the_verdicts() {
    let world = world("ContosoLegacy", |document| {
        document["arm_runs"] = json!([
            run("ca1", "AutoRun", Some("import-nightly"), &ago(1, 3), "Succeeded", None),
            run("ca2", "QuickBuild", None, &ago(2, 3), "Failed", Some("denied: not allowed access.")),
        ]);
    });
    let world = world.edited(|document| {
        if document["registry"]["name"] == "contosoiot" {
            document["arm_runs"] = json!([run("ca3", "QuickRun", None, &ago(3, 9), "Failed", None)]);
        }
    });
    let server = start(&world);
    let found = |report: &Value, registry: &str, policy: &str| -> Vec<[String; 3]> {
        let all = report["findings"].as_array().unwrap().iter();
        let chosen = all.filter(|finding| {
            finding["policy"] == policy && finding["name"].as_str().unwrap_or_default().eq_ignore_ascii_case(registry)
        });
        let text = |finding: &Value, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
        chosen.map(|finding| ["kind", "severity", "key"].map(|member| text(finding, member))).collect()
    };
    let scan = |flags: &[&str]| -> Value {
        let run = Acrscan::scan(&server).args(flags).args(["-o", "json"]).run();
        serde_json::from_str(&run.stdout).unwrap()
    };
    let without = scan(&[]);
    assert_eq!(found(&without, "contosolegacy", "task-cannot-reach-registry"), [["fail", "high", "import-nightly"]]);
    assert_eq!(without["counts"]["contradicted"], 0);
    let severity = &found(&without, "contosoiot", "missing-service-tag-ips");
    let with = scan(&["--runs"]);
    assert_eq!(
        found(&with, "contosolegacy", "task-cannot-reach-registry"),
        [["fail", "high", "quick runs"], ["unknown", "high", "import-nightly"]]
    );
    assert_eq!(with["counts"]["contradicted"], 1);
    assert_eq!(severity, &[] as &[[String; 3]]);
    assert_eq!(
        found(&with, "contosoiot", "missing-service-tag-ips"),
        [["fail", "high", "AzureContainerRegistry.NorthEurope"]]
    );
}

#[test]
fn runs_that_are_refused_are_null_and_a_gap() {
    let server = start(&contoso());
    server.spoil(Fault::answer("contosobuild/runs?", refusal()));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &["--runs"]);
    assert_eq!(pulled.code, 2);
    assert!(pulled.stderr.contains("not read: the runs of /subscriptions/"), "{}", pulled.stderr);
    assert_eq!(document(folder.path(), BUILD).get("runs"), Some(&Value::Null));
}

#[test]
fn what_roles_allow_is_asked_once_and_a_refusal_is_one_gap_of_the_subscription() {
    let definition = json!({
        "id": format!("/subscriptions/{CONTOSO}/providers/Microsoft.Authorization/roleDefinitions/11111111-2222-4333-8444-000000000001"),
        "name": "11111111-2222-4333-8444-000000000001",
        "properties": {"roleName": "Image mover", "type": "CustomRole", "permissions": [{"actions": ["*/read"]}]},
    });
    let world = world("contosobuild", |document| {
        document["role_definitions"] = json!([definition]);
        document["role_assignments"][0]["properties"]["roleDefinitionId"] = definition["id"].clone();
    });
    let server = start(&world);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(pull(&server, folder.path(), &[]).code, 0);
    let read = document(folder.path(), BUILD)["role_definitions"].clone();
    let names: Vec<&Value> = read.as_array().unwrap().iter().map(|role| &role["properties"]["roleName"]).collect();
    assert_eq!(names, ["Image mover", "AcrPush"], "those that are held, and no others");
    assert_eq!(read[0], definition, "without who wrote it");
    assert_eq!(server.seen_with("/roleDefinitions?").len(), 1);

    let server = start(&world);
    server.spoil(Fault::answer("/roleDefinitions?", refusal()));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &[]);
    assert_eq!(pulled.code, 2);
    let gap = format!("warning: not read: the role definitions of subscription {CONTOSO}: HTTP 403");
    assert_eq!(pulled.stderr.matches(&gap).count(), 1, "{}", pulled.stderr);
    for registry in [BUILD, ("", "contososecure")] {
        assert_eq!(document(folder.path(), registry).get("role_definitions"), Some(&Value::Null));
    }
    assert_eq!(server.seen_with("/roleDefinitions?").len(), 1);
}

#[test]
fn rules_for_subnets_are_asked_for_where_a_task_may_have_no_other_way() {
    let subnet =
        format!("/subscriptions/{CONTOSO}/resourceGroups/n/providers/Microsoft.Network/virtualNetworks/v/subnets/s");
    let world = world("contosoorders", |document| {
        document["agent_pools"][0]["properties"]["virtualNetworkSubnetResourceId"] = subnet.as_str().into();
    });
    let server = start(&world);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(pull(&server, folder.path(), &[]).code, 0);
    let seen = server.seen_with("api-version=2026-03-01-preview");
    assert_eq!(seen.len(), 1);
    assert!(seen[0].target.contains("/contosoorders?"), "{}", seen[0].target);
    let read = document(folder.path(), ORDERS);
    assert_eq!(read["preview"]["properties"]["networkRuleSet"]["virtualNetworkRules"], json!([]));

    let server = start(&world);
    server.spoil(Fault::answer("api-version=2026-03-01-preview", refusal()));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &[]);
    assert_eq!(pulled.code, 2);
    assert!(pulled.stderr.contains("not read: the preview properties of "), "{}", pulled.stderr);
    assert_eq!(document(folder.path(), ORDERS).get("preview"), Some(&Value::Null));
    // It is left out on demand, and what the flag asks for is read once.
    let server = start(&world);
    assert_eq!(pull(&server, folder.path(), &["--without", "subnet-rules"]).code, 0);
    assert_eq!(server.seen_with("api-version=2026-03-01-preview").len(), 0);
    assert_eq!(pull(&server, folder.path(), &["--preview"]).code, 0);
    assert_eq!(server.seen_with("api-version=2026-03-01-preview").len(), 16);
}

/// The subnet of the pool of `contosobuild`, and its private endpoint.
const SUBNET: &str = "/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg-network-prod/providers/\
                      Microsoft.Network/virtualNetworks/vnet-hub-eus/subnets/snet-acr-agents";
const ENDPOINT: &str = "/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg-network-prod/providers/\
                        Microsoft.Network/privateEndpoints/pe-contosobuild-eus";

fn with_network() -> World {
    let of = |kind: &str, name: &str| {
        format!("/subscriptions/{CONTOSO}/resourceGroups/n/providers/Microsoft.Network/{kind}/{name}")
    };
    let (group, table) = (of("networkSecurityGroups", "nsg"), of("routeTables", "rt"));
    world("contosobuild", |document| {
        document["arm_network"] = json!({
            SUBNET: {"id": SUBNET, "name": "snet-acr-agents", "properties": {
                "addressPrefix": "10.1.2.0/27", "networkSecurityGroup": {"id": group}, "routeTable": {"id": table},
            }},
            group.clone(): {"id": group, "name": "nsg", "properties": {"securityRules": [{"name": "deny-all", "properties": {
                "priority": 4000, "direction": "Outbound", "access": "Deny", "protocol": "*", "description": "canary",
                "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "destinationPortRange": "*",
            }}], "defaultSecurityRules": []}},
            table.clone(): {"id": table, "name": "rt", "properties": {"routes": []}},
            format!("{ENDPOINT}/privateDnsZoneGroups"): {"value": []},
        });
    })
}

#[test]
fn the_network_of_pools_and_endpoints_is_read_on_its_flag() {
    let server = start(&with_network());
    server.spoil(Fault::answer("/vnet-hub-weu/subnets/", refusal()));
    server.spoil(Fault::answer("/pe-contosoplatform-weu/", refusal()));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &["--network"]);
    let network = document(folder.path(), BUILD)["network"].clone();
    assert_eq!(network["subnets"][SUBNET.to_lowercase()]["properties"]["addressPrefix"], "10.1.2.0/27");
    let groups = network["security_groups"].as_object().unwrap();
    let rule = groups.values().next().unwrap()["properties"]["securityRules"][0].clone();
    assert_eq!((&rule["name"], &rule["properties"]["access"]), (&json!("deny-all"), &json!("Deny")));
    assert_eq!(network["route_tables"].as_object().unwrap().len(), 1);
    assert_eq!(network["dns_zone_groups"], json!({ENDPOINT.to_lowercase(): []}));
    for (name, content) in files(folder.path()) {
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{name}");
    }
    // What is refused is one gap for a registry, which names it.
    assert_eq!(pulled.code, 2);
    let platform = pulled.stderr.lines().find(|line| line.contains("/contosoplatform: ")).expect("a gap");
    assert!(
        platform.starts_with("warning: not read: the network of pools and endpoints of /subscriptions/")
            && platform.contains("subnet snet-acr-agents: HTTP 403")
            && platform.contains("The identity needs Reader on the resource group of the virtual network.")
            && platform.ends_with("The same or the like of 1 more."),
        "{platform}"
    );
    assert!(!pulled.stderr.contains("contosobuild"), "{}", pulled.stderr);
    let nulls = &document(folder.path(), ("", "contosoplatform"))["network"]["dns_zone_groups"];
    assert!(nulls.as_object().unwrap().values().all(Value::is_null), "{nulls}");
}

#[test]
fn an_id_that_leads_elsewhere_gets_no_request() {
    let hostile = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/../../x/subnets/y";
    let server = start(&world("contosobuild", |document| {
        document["agent_pools"][0]["properties"]["virtualNetworkSubnetResourceId"] = hostile.into();
    }));
    let folder = tempfile::tempdir().unwrap();
    let pulled = pull(&server, folder.path(), &["--network"]);
    assert_eq!(pulled.code, 2);
    assert!(pulled.stderr.contains("subnet y: its id is malformed"), "{}", pulled.stderr);
    assert!(server.seen().iter().all(|seen| !seen.target.contains("subnets/y")));
}

#[test]
fn what_the_user_leaves_out_is_not_asked_for_and_makes_no_scan_incomplete() {
    let parts = [
        ("tasks", "/tasks?"),
        ("agent-pools", "/agentPools?"),
        ("role-assignments", "/roleAssignments?"),
        ("role-definitions", "/roleDefinitions?"),
        ("usages", "/listUsages?"),
        ("service-tags", "/serviceTags?"),
    ];
    for (part, target) in parts {
        let server = start(&contoso());
        // The server would refuse it.
        server.spoil(Fault::answer(target, refusal()));
        let (run, sarif) = Acrscan::scan(&server).args(["--without", part]).sarif();
        assert_eq!(run.code, 1, "{part}: {run:?}");
        assert!(!run.stderr.contains("not read: "), "{part}: {}", run.stderr);
        assert_eq!(server.seen_with(target).len(), 0, "{part}");
        assert!(!verdicts(&sarif).is_empty());
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(pull(&server, folder.path(), &["--without", part]).code, 0, "{part}");
        assert_eq!(server.seen_with(target).len(), 0, "{part}");
        assert_eq!(document(folder.path(), BUILD)["origin"]["without"], json!([part]));
        let manifest: Value =
            serde_json::from_slice(&fs::read(folder.path().join("d/manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["gaps"], json!([]));
    }
}

#[test]
fn without_tasks_nothing_passes_that_rests_on_them() {
    let (_, whole) = Acrscan::scan(&start(&contoso())).sarif();
    let (_, without) = Acrscan::scan(&start(&contoso())).args(["--without", "tasks"]).sarif();
    let pairs = |sarif: &Value| -> std::collections::BTreeSet<(String, String)> {
        verdicts(sarif).into_iter().map(|[policy, _, registry, _]| (policy, registry)).collect()
    };
    let missing: Vec<_> = pairs(&whole).difference(&pairs(&without)).cloned().collect();
    assert_eq!(missing, [], "found with the tasks, not mentioned without");
}

/// What one policy says of a scan: registry, kind and message of each result.
fn said(run: &Run, policy: &str) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let of = |finding: &Value| {
        let registry = text(finding, "resource").rsplit('/').next().unwrap_or_default().to_owned();
        (registry, text(finding, "kind"), text(finding, "message"))
    };
    report["findings"].as_array().unwrap().iter().filter(|finding| finding["policy"] == policy).map(of).collect()
}

#[test]
fn a_task_whose_runs_all_fail_is_found_live_and_in_the_snapshot() {
    let refused = "denied: client with IP '20.42.66.7' is not allowed access.";
    let server = start(&world("contosoweb", |document| {
        document["arm_runs"] = json!([
            run("ca1", "AutoRun", Some("build-storefront"), &ago(2, 3), "Failed", Some(refused)),
            run("ca2", "AutoRun", Some("build-storefront"), &ago(9, 3), "Timeout", None),
        ]);
    }));
    let folder = tempfile::tempdir().unwrap();
    let scan = || Acrscan::scan(&server).args(["--only", "task-runs-fail", "-o", "json"]);
    let saved = folder.path().join("d");
    let live = scan().args(["--runs", "--save-snapshot", saved.to_str().unwrap()]).run();
    let found = said(&live, "task-runs-fail");
    let [(registry, kind, message)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((registry.as_str(), kind.as_str()), ("contosoweb", "fail"));
    assert!(message.contains("of task build-storefront no run succeeds: 2 runs since"), "{message}");
    assert!(message.contains(refused), "{message}");
    let arguments = ["scan", "d", "--only", "task-runs-fail", "-o", "json"];
    let offline = Acrscan::new(arguments).in_folder(folder.path()).run();
    assert_eq!(said(&offline, "task-runs-fail"), found);
    let unasked = scan().run();
    assert_eq!((unasked.code, said(&unasked, "task-runs-fail")), (0, Vec::new()));
    assert_eq!(server.seen_with("/runs?").len(), 15, "only where it was asked for");

    server.spoil(Fault::answer("contosoweb/runs?", refusal()));
    let run = scan().args(["--runs"]).run();
    assert_eq!(run.code, 2);
    let found = said(&run, "task-runs-fail");
    assert!(matches!(&found[..], [(registry, kind, _)] if registry == "contosoweb" && kind == "unknown"), "{found:?}");
}

#[test]
fn a_pool_that_is_shut_off_and_an_endpoint_without_a_name_are_found_with_the_network() {
    let server = start(&with_network());
    server.spoil(Fault::answer("/pe-contosoplatform-weu/", refusal()));
    let only = ["--only", "agent-pool-egress,endpoint-without-name", "-o", "json"];
    let run = Acrscan::scan(&server).args(only).args(["--network"]).run();
    assert_eq!(run.code, 2, "{run:?}");
    let of_build = |policy: &str| -> Vec<(String, String, String)> {
        said(&run, policy).into_iter().filter(|(registry, ..)| registry == "contosobuild").collect()
    };
    let egress = of_build("agent-pool-egress");
    assert!(
        matches!(&egress[..], [(_, kind, message)] if kind == "fail" && message.contains("rule deny-all of its network")),
        "{egress:?}"
    );
    let named = of_build("endpoint-without-name");
    assert!(
        matches!(&named[..], [(_, kind, message)] if kind == "fail" && message.contains("pe-contosobuild-eus writes to no")),
        "{named:?}"
    );
    let unknown = said(&run, "endpoint-without-name").into_iter().filter(|(_, kind, _)| kind == "unknown");
    let unknown: Vec<String> = unknown.map(|(registry, ..)| registry).collect();
    assert_eq!(unknown, ["contosoplatform"]);
    let without = Acrscan::scan(&server).args(only).run();
    assert_eq!((without.code, said(&without, "endpoint-without-name")), (0, Vec::new()));
}

const REGISTRY: &str = r#"
resource "azurerm_container_registry" "r" {
  name                          = "contosovault"
  resource_group_name           = "rg"
  location                      = "eastus"
  sku                           = "Premium"
  public_network_access_enabled = false
}
"#;

fn endpoint(name: &str, more: &str) -> String {
    format!(
        r#"
resource "azurerm_private_endpoint" "{name}" {{
  name                = "{name}"
  resource_group_name = "rg"
  location            = "eastus"
  subnet_id           = "/subscriptions/s/subnets/x"
  private_service_connection {{
    name                           = "{name}"
    private_connection_resource_id = azurerm_container_registry.r.id
    is_manual_connection           = false
    subresource_names              = ["registry"]
  }}
{more}
}}
"#
    )
}

#[test]
fn an_endpoint_without_a_name_is_found_in_terraform() {
    let group = "  private_dns_zone_group {\n    name = \"default\"\n    \
                 private_dns_zone_ids = [azurerm_private_dns_zone.acr.id]\n  }";
    let zone = "resource \"azurerm_private_dns_zone\" \"acr\" {\n  name = \"privatelink.azurecr.io\"\n  \
                resource_group_name = \"rg\"\n}\n";
    let blob = "  private_dns_zone_group {\n    name = \"default\"\n    private_dns_zone_ids = \
                [\"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net\"]\n  }";
    let unknown = "  dynamic \"private_dns_zone_group\" {\n    for_each = var.groups\n    content {\n      name = \"x\"\n      \
                   private_dns_zone_ids = []\n    }\n  }";
    let fails = |endpoints: &[String]| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("{REGISTRY}{zone}variable \"groups\" {{}}\n{}", endpoints.concat());
        fs::write(folder.path().join("main.tf"), text).unwrap();
        let arguments = ["scan", ".", "--only", "endpoint-without-name", "-o", "json"];
        let run = Acrscan::new(arguments).in_folder(folder.path()).run();
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        let of =
            |finding: &Value| format!("{} {}", finding["kind"].as_str().unwrap(), finding["key"].as_str().unwrap());
        report["findings"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(fails(&[endpoint("a", "")]), ["fail a"]);
    assert_eq!(fails(&[endpoint("a", group)]), [""; 0]);
    assert_eq!(fails(&[endpoint("a", blob)]), ["fail a"]);
    assert_eq!(fails(&[endpoint("a", unknown)]), ["unknown a"]);
    let two = fails(&[endpoint("a", group), endpoint("b", group)]);
    assert!(
        matches!(&two[..], [one] if one.starts_with("fail ") && one.contains("azurerm_private_dns_zone.acr")),
        "{two:?}"
    );
}

#[test]
fn an_endpoint_without_a_name_is_found_in_a_template() {
    let template = |groups: Value| {
        let mut resources = json!([
            {
                "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2025-11-01", "name": "contosovault",
                "location": "eastus", "sku": {"name": "Premium"}, "properties": {"publicNetworkAccess": "Disabled"},
            },
            {
                "type": "Microsoft.Network/privateEndpoints", "apiVersion": "2024-05-01", "name": "pe-a",
                "location": "eastus", "properties": {
                    "subnet": {"id": "/s"},
                    "privateLinkServiceConnections": [{"name": "pe-a", "properties": {
                        "privateLinkServiceId": "[resourceId('Microsoft.ContainerRegistry/registries', 'contosovault')]",
                        "groupIds": ["registry"],
                    }}],
                },
            },
        ]);
        resources.as_array_mut().unwrap().extend(groups.as_array().unwrap().iter().cloned());
        json!({
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0", "resources": resources,
        })
    };
    let fails = |groups: Value| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("t.json"), template(groups).to_string()).unwrap();
        let arguments = ["scan", ".", "--only", "endpoint-without-name", "-o", "json"];
        let run = Acrscan::new(arguments).in_folder(folder.path()).run();
        let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
        report["findings"].as_array().unwrap().iter().map(|finding| finding["key"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(fails(json!([])), ["pe-a"]);
    let group = json!({
        "type": "Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "apiVersion": "2024-05-01",
        "name": "[format('{0}/{1}', 'pe-a', 'default')]", "properties": {"privateDnsZoneConfigs": [{
            "name": "acr", "properties": {
                "privateDnsZoneId": "[resourceId('Microsoft.Network/privateDnsZones', 'privatelink.azurecr.io')]",
            },
        }]},
    });
    assert_eq!(fails(json!([group])), [Value::Null; 0]);
}
