//! `acrscan simulate`: who loses and who gains.

use std::fs;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::harness::{Acrscan, contoso_folder, copy};

fn simulate(change: &[&str]) -> (i32, Value) {
    let run = Acrscan::new(["simulate", "fixtures/contoso", "-o", "json"]).args(change).run();
    let answer = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    (run.code, answer)
}

/// `registry task`, of the tasks that go from one answer to another.
fn tasks(answer: &Value, before: &str, after: &str) -> Vec<String> {
    let all = answer["tasks"].as_array().unwrap().iter();
    let moved = all.filter(|task| task["before"] == before && task["after"] == after);
    let name = |task: &Value| {
        let registry = task["registry"].as_str().unwrap();
        format!("{} {}", registry.rsplit('/').next().unwrap(), task["task"].as_str().unwrap())
    };
    moved.map(name).collect()
}

#[test]
fn closing_the_demo_names_the_tasks_that_break() {
    let (code, answer) = simulate(&["--close"]);
    assert_eq!(code, 1);
    assert_eq!(answer["breaks"], json!(true));
    let lost = [
        "contosodata build-notebooks",
        "contosoml build-inference",
        "contosoedge build-gateway",
        "contosoweb build-storefront",
    ];
    assert_eq!(tasks(&answer, "yes", "no"), lost);
    // Basic: it cannot be closed, and nothing changes.
    assert!(tasks(&answer, "yes", "yes").contains(&"contosodev build-sandbox".to_owned()));
    let notes: Vec<&str> =
        answer["notes"].as_array().unwrap().iter().filter_map(|note| note["message"].as_str()).collect();
    let told = |sku: &str| format!("not changed: a registry of the {sku} SKU cannot be closed; that takes Premium");
    assert_eq!(notes, [told("Basic"), told("Standard")]);
    let lost = answer["tasks"].as_array().unwrap().iter().find(|task| task["task"] == "build-storefront").unwrap();
    assert_eq!(lost["way"], json!({ "before": "open_registry", "after": null }));
    assert!(lost["reason"]["after"].as_str().unwrap().starts_with("cannot reach it: public access is Disabled"));
    let web = |client: &&Value| client["registry"].as_str().unwrap().ends_with("/contosoweb");
    let clients: Vec<&Value> = answer["clients"].as_array().unwrap().iter().filter(web).collect();
    assert_eq!(clients[0]["range"], "0.0.0.0/0");
    assert_eq!((&clients[0]["before"], &clients[0]["after"]), (&json!("yes"), &json!("no")));
    assert!(answer["findings"]["gone"].as_array().unwrap().iter().any(|f| f["policy"] == "public-network-access"));
    // A private range is on contosopartners' list, and nobody comes from there.
    assert!(answer["clients"].as_array().unwrap().iter().all(|client| client["range"] != "10.20.0.0/16"));
}

#[test]
fn each_change_has_its_effect() {
    let (code, answer) = simulate(&["--remove-range", "20.44.22.0/23"]);
    assert_eq!((code, tasks(&answer, "yes", "no")), (1, vec!["contosoedge build-gateway".to_owned()]));
    let (code, answer) = simulate(&["--bypass", "off"]);
    assert_eq!((code, tasks(&answer, "unknown", "no").len()), (1, 3));
    let (code, answer) = simulate(&["--role-mode", "abac"]);
    assert_eq!(code, 1);
    assert!(tasks(&answer, "yes", "no").contains(&"contosoweb build-storefront".to_owned()));
    let (code, answer) = simulate(&["--default-action", "Deny"]);
    assert_eq!((code, tasks(&answer, "yes", "no")), (1, vec!["contosoweb build-storefront".to_owned()]));
    let set = "/registry/properties/publicNetworkAccess=\"Disabled\"";
    let (code, answer) = simulate(&["--set", set, "--registry", "contosoweb"]);
    assert_eq!((code, tasks(&answer, "yes", "no")), (1, vec!["contosoweb build-storefront".to_owned()]));
    // Nobody minds.
    let (code, answer) = simulate(&["--set", "/registry/properties/adminUserEnabled=false"]);
    assert_eq!((code, &answer["breaks"]), (0, &json!(false)));
}

#[test]
fn this_weeks_list_may_break_a_registry() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("ServiceTags_Public_20270104.json");
    let tag = |prefixes: &[&str]| {
        json!({"name": "AzureContainerRegistry.EastUS2", "id": "AzureContainerRegistry.EastUS2", "properties": {
            "changeNumber": 9, "region": "eastus2", "systemService": "AzureContainerRegistry",
            "addressPrefixes": prefixes,
        }})
    };
    let list = json!({"changeNumber": 500, "cloud": "Public", "values": [tag(&["20.44.19.64/26", "4.4.4.0/24"])]});
    fs::write(&file, list.to_string()).unwrap();
    let (code, answer) = simulate(&["--service-tags", file.to_str().unwrap(), "--registry", "contosoedge"]);
    assert_eq!((code, tasks(&answer, "yes", "no")), (1, vec!["contosoedge build-gateway".to_owned()]));
}

#[test]
fn what_cannot_be_simulated_is_said_in_a_sentence() {
    let refused = |arguments: &[&str]| {
        let run = Acrscan::new(["simulate"]).args(arguments).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        run.stderr.lines().next().unwrap().to_owned()
    };
    let demo = "fixtures/contoso";
    assert!(refused(&[demo]).starts_with("error: nothing to simulate: name a change with --close, "));
    let nothing = refused(&[demo, "--set", "/registry/properties/nope=1"]);
    assert!(nothing.starts_with("error: --set /registry/properties/nope: no registry's document has anything there"));
    assert!(refused(&[demo, "--set", "registry=1"]).contains("\"registry\" is no JSON pointer: those begin with /"));
    assert!(refused(&[demo, "--set", "/registry=Deny"]).contains("is no JSON; a text needs its quotes"));
    assert!(refused(&[demo, "--remove-range", "4.4.4.4"]).contains("no firewall rule of any registry holds it"));
    assert!(refused(&[demo, "--remove-range", "fe80::/10"]).contains("an IPv4 address or a range of them"));
    assert!(refused(&[demo, "--close", "--registry", "nope"]).contains("no registry of that name was read"));
    assert!(refused(&["nowhere", "--close"]).contains("cannot read nowhere"));
    assert!(refused(&[demo, "--close", "-o", "html"]).contains("there are: text, json, markdown"));
}

#[test]
fn text_and_markdown_say_the_same_and_names_do_nothing() {
    let folder = tempdir().unwrap();
    copy(&contoso_folder(), folder.path());
    let run = Acrscan::new(["simulate", folder.path().to_str().unwrap(), "--close"]).run();
    assert_eq!(run.code, 1);
    let last = run.stdout.lines().last().unwrap();
    assert_eq!(last, "5 tasks and 47 ranges of addresses lose their way, or may, at 9 registries.");
    let loss = run.stdout.lines().find(|line| line.contains("task build-storefront")).unwrap();
    assert!(
        loss.starts_with("  loses   task build-storefront: yes (open registry) -> no: cannot reach it: "),
        "{loss}"
    );
    let page = Acrscan::new(["simulate", "fixtures/contoso", "--close", "-o", "markdown"]).run();
    assert_eq!(page.code, 1);
    assert!(page.stdout.starts_with("## acrscan: what would break\n\n5 tasks and 47 ranges of addresses"));
    assert!(page.stdout.contains("| `contosoweb` | `build-storefront` | yes (open registry) | no | cannot reach it: "));
}
