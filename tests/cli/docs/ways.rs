//! The page of the demo shows which tasks reach their registry, and by which way.

use std::fs;
use std::path::Path;

use acrscan::document::input;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;

const PAGE: &str = "docs/demo.md";

/// The demo's table of ways in, as the policy library sees it.
fn ways_table() -> String {
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    let mut engine = regorus::Engine::new();
    for module in set.modules {
        engine.add_policy(module.path, module.rego).expect("Rego");
    }
    let collected = snapshot::read(Path::new("fixtures/contoso")).expect("the demo");
    let tags = collected.service_tags.expect("its tags");
    let mut table = String::from(
        "| registry | public access | enabled tasks | on a pool in a VNet | firewall admits Tasks | may bypass | no way in |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for record in &collected.inventory.registries {
        let document = input::build(record, &tags).expect("a document");
        engine.set_input(regorus::Value::from(document.clone()));
        let mut ask = |rule: &str| serde_json::to_value(engine.eval_rule(rule.to_owned()).expect(rule)).expect("JSON");
        let tasks = ask("data.lib.tasks.entries");
        let enabled: Vec<_> =
            tasks.as_array().expect("a list").iter().filter(|task| task["enabled"] == "yes").collect();
        if enabled.is_empty() {
            continue;
        }
        let count = |aspect: &str| enabled.iter().filter(|task| task[aspect] == "yes").count();
        let unknown = |aspect: &str| enabled.iter().any(|task| task[aspect] == "unknown");
        let counted = |aspect: &str| if unknown(aspect) { "unknown".to_owned() } else { count(aspect).to_string() };
        let firewall = ask("data.lib.paths.public_addresses");
        let firewall = firewall.as_str().expect("a verdict");
        let dependents = ask("data.lib.paths.dependents").as_array().expect("a list").len();
        let stuck = match (firewall, unknown("on_vnet_pool") || unknown("bypass")) {
            ("yes", _) => "0".to_owned(),
            ("no", false) => dependents.to_string(),
            _ => "unknown".to_owned(),
        };
        let properties = &document["registry"]["properties"];
        let access = match (
            properties["publicNetworkAccess"].as_str(),
            properties["networkRuleSet"]["defaultAction"].as_str(),
        ) {
            (Some("Enabled"), Some("Deny")) => "selected networks",
            (Some("Enabled"), _) => "everybody",
            _ => "nobody",
        };
        let name = document["registry"]["name"].as_str().expect("a name");
        table += &format!(
            "| {name} | {access} | {} | {} | {firewall} | {} | {stuck} |\n",
            enabled.len(),
            counted("on_vnet_pool"),
            counted("bypass"),
        );
    }
    table
}

#[test]
fn the_table_of_ways_is_what_the_library_sees() {
    let table = ways_table();
    let page = fs::read_to_string(PAGE).unwrap();
    assert!(page.contains(&table), "put this into {PAGE}:\n{table}");
}
