//! The README says what the binary does: its help, its excerpt and its paths are the real ones.

use std::fs;
use std::path::Path;
use std::process::Command;

use acrscan::document::input;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;

const README: &str = include_str!("../../README.md");

fn acrscan(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_acrscan")).args(arguments).env_clear().output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The README's fenced blocks of one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(&fence).skip(1).map(|rest| rest.split("\n```").next().expect("a block")).collect()
}

#[test]
fn the_help_is_the_real_one() {
    let mut shown = 0;
    for block in blocks("text") {
        let Some((command, help)) = block.strip_prefix("$ acrscan ").and_then(|rest| rest.split_once('\n')) else {
            continue;
        };
        let arguments: Vec<&str> = command.split(' ').collect();
        assert_eq!(help, acrscan(&arguments).trim_end(), "acrscan {command}");
        shown += 1;
    }
    assert_eq!(shown, 4);
}

#[test]
fn the_excerpts_are_real() {
    let excerpts: Vec<_> = blocks("text").into_iter().filter(|block| !block.starts_with('$')).collect();
    let folders = ["fixtures/contoso", "fixtures/infra"];
    assert_eq!(excerpts.len(), folders.len());
    for (excerpt, folder) in excerpts.into_iter().zip(folders) {
        let output = acrscan(&["scan", folder]);
        assert!(excerpt.lines().count() > 10);
        for paragraph in excerpt.split("\n\n") {
            assert!(output.contains(paragraph), "not in the output:\n{paragraph}");
        }
    }
}

#[test]
fn the_paths_are_there() {
    let mut named = 0;
    for word in README.split('`').skip(1).step_by(2).filter(|word| !word.contains(char::is_whitespace)) {
        if ["policies/", "fixtures/", "tests/", "src/"].iter().any(|folder| word.starts_with(folder)) {
            assert!(Path::new(word).exists(), "{word}");
            named += 1;
        }
    }
    assert!(named >= 3);
}

/// The README's table of ways in, as the policy library sees the demo.
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
    assert!(README.contains(&table), "put this into README.md:\n{table}");
}

#[test]
fn the_reference_of_policies_is_fresh() {
    let page = fs::read_to_string("policies/README.md").expect("the page");
    let written = acrscan(&["policies", "--format", "markdown"]);
    assert!(page == written, "stale: acrscan policies --format markdown > policies/README.md");
}

#[test]
fn the_settings_are_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acrscan.toml");
    let blocks = blocks("toml");
    assert!(blocks.iter().any(|block| block.starts_with("[policy.")) && blocks.concat().contains("[[waiver]]"));
    let settings = |blocks: &[&str]| {
        // The example is of this time, and the test is for longer.
        let text = blocks.join("\n\n").replace("expires = 2027", "expires = 2999");
        fs::write(&file, text).expect("it can be written");
        acrscan(&["scan", "fixtures/contoso", "--config", file.to_str().expect("UTF-8")])
    };
    let low = |output: &str| {
        let (before, _) = output.split_once(" low, ").expect("counts");
        before.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok()).expect("a count")
    };
    let without: Vec<&str> = blocks.iter().copied().filter(|block| !block.starts_with("[[waiver]]")).collect();
    let output = settings(&blocks);
    assert_eq!(low(&output) + 1, low(&settings(&without)), "the waiver waives one");
    assert!(!output.contains("trusted-services-bypass") && output.contains("low       ipv6-firewall-rule"), "{output}");
}
