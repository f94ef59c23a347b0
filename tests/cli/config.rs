//! acrscan.toml, profiles, and the documents that --save-inputs leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use acrscan::document::input;
use acrscan::source::snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Acrscan, Run, contoso_folder, results, text, verdicts};

fn configured(toml: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acrscan.toml");
    fs::write(&file, toml).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn scan(toml: &str) -> (Run, Value) {
    let (_folder, file) = configured(toml);
    Acrscan::new(["scan", "fixtures/contoso", "--config", &file]).sarif()
}

fn of<'a>(sarif: &'a Value, policy: &'a str) -> impl Iterator<Item = &'a Value> {
    results(sarif).filter(move |result| crate::harness::policy(result) == policy)
}

fn ids(profile: &[&str]) -> BTreeSet<String> {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).args(profile).sarif();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    rules.iter().map(|rule| text(&rule["id"])).filter(|id| !id.starts_with("unknown-") && !id.contains('.')).collect()
}

#[test]
fn a_policy_is_disabled_and_the_others_stay() {
    let id = "ipv6-firewall-rule";
    let (_, plain) = scan("");
    let (_, without) = scan("[policy.ipv6-firewall-rule]\nenabled = false\n");
    assert!(of(&plain, id).count() > 0);
    let rest: Vec<_> = verdicts(&plain).into_iter().filter(|verdict| verdict[0] != id).collect();
    assert_eq!(verdicts(&without), rest);
    assert_eq!(verdicts(&scan("[policy.ipv6-firewall-rule]\nenabled = true\n").1), verdicts(&plain));
}

#[test]
fn a_severity_is_the_teams_own() {
    let (_, sarif) = scan("[policy.ipv6-firewall-rule]\nseverity = \"critical\"\n");
    let levels: BTreeSet<_> = of(&sarif, "ipv6-firewall-rule")
        .filter(|result| result["properties"]["acrscan/kind"] == "fail")
        .map(|result| text(&result["level"]))
        .collect();
    assert_eq!(levels, BTreeSet::from(["error".to_owned()]));
    let only = ["--only", "ipv6-firewall-rule", "--fail-on", "critical"];
    let (_folder, file) = configured("[policy.ipv6-firewall-rule]\nseverity = \"critical\"\n");
    assert_eq!(Acrscan::new(["scan", "fixtures/contoso", "--config", &file]).args(only).run().code, 1);
    assert_eq!(Acrscan::new(["scan", "fixtures/contoso"]).args(only).run().code, 0);
}

#[test]
fn a_parameter_reaches_its_policy() {
    let id = "firewall-rule-too-broad";
    let count = |toml: &str| of(&scan(toml).1, id).count();
    let table = |prefix: u8| format!("[policy.{id}]\nmax_prefix = {prefix}\n");
    assert!(count(&table(32)) > count(""), "a stricter limit finds more");
    assert_eq!(count(&table(16)), count(""), "16 is the default");
}

#[test]
fn the_file_of_the_working_directory_is_read_unless_another_is_named() {
    let (folder, _) = configured("[policy.no-such-policy]\n");
    let demo = contoso_folder();
    let scan = || Acrscan::new(["scan", demo.to_str().unwrap()]).in_folder(folder.path());
    let run = scan().run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("error: acrscan.toml:1: no policy has the id \"no-such-policy\""), "{}", run.stderr);
    let (_other, file) = configured("");
    assert_eq!(scan().args(["--config", &file]).run().code, 1);
    let missing = scan().args(["--config", "elsewhere.toml"]).run();
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.starts_with("error: elsewhere.toml: cannot read the configuration"), "{}", missing.stderr);
}

#[test]
fn what_is_wrong_in_it_is_refused_with_its_line() {
    let broad = "[policy.firewall-rule-too-broad]\n";
    let table = [
        ("\n[policy.no-such-policy]\nenabled = false\n".to_owned(), 2, "no policy has the id \"no-such-policy\""),
        (format!("{broad}max_prefixes = 8\n"), 2, "no setting \"max_prefixes\"; it has: enabled, severity, max_prefix"),
        (format!("{broad}\nmax_prefix = \"8\"\n"), 3, "`max_prefix` of policy firewall-rule-too-broad is a number"),
        (format!("{broad}enabled = \"no\"\n"), 2, "`enabled` is true or false"),
        (format!("{broad}severity = \"awful\"\n"), 2, "`severity` is one of critical, high, medium, low, note"),
        (format!("{broad}severity = 3\n"), 2, "`severity` is one of"),
        (format!("{broad}max_prefix = 8\nmax_prefix = 9\n"), 3, "duplicate key"),
        ("[polices.x]\n".to_owned(), 1, "unknown field `polices`"),
        ("# a remark\n\nx = \n".to_owned(), 3, ""),
        ("[policy]\nx = 1\n".to_owned(), 2, "invalid type"),
    ];
    for (toml, line, message) in table {
        let (_folder, file) = configured(&toml);
        let run = Acrscan::new(["scan", "fixtures/contoso", "--config", &file]).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{toml}");
        assert!(run.stderr.starts_with(&format!("error: {file}:{line}: ")), "{toml}: {}", run.stderr);
        assert!(run.stderr.contains(message), "{toml}: {}", run.stderr);
    }
}

#[test]
fn a_profile_selects_the_built_in_policies() {
    let (network, hardening, all) =
        (ids(&["--profile", "network"]), ids(&["--profile", "hardening"]), ids(&["--profile", "all"]));
    assert_eq!(ids(&[]), network);
    assert!(network.contains("public-network-access") && hardening.contains("admin-user"));
    assert!(network.is_disjoint(&hardening));
    assert_eq!(network.union(&hardening).cloned().collect::<BTreeSet<_>>(), all);
    assert_eq!(
        ids(&["--only", "admin-user"]),
        BTreeSet::from(["admin-user".to_owned()]),
        "named, whatever its profile"
    );
}

#[test]
fn saved_inputs_are_what_the_policies_saw() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path().join("inputs");
    let (_toml, file) = configured("[policy.firewall-rule-too-broad]\nmax_prefix = 20\n");
    let save = || {
        Acrscan::new(["scan", "fixtures/contoso", "--config", &file, "--save-inputs", inputs.to_str().unwrap()]).run()
    };
    let run = save();
    let told =
        format!("warning: {file}:2: firewall-rule-too-broad runs with `max_prefix` = 20, and 16 is its default\n");
    assert_eq!((run.code, run.stderr), (1, told));

    let read = |path: &Path| -> Value { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    let collected = snapshot::read(Path::new("fixtures/contoso")).unwrap();
    let tags = collected.service_tags.unwrap();
    let mut names = BTreeSet::from(["data.json".to_owned()]);
    for record in &collected.inventory.registries {
        let name = format!("{}.json", record.id.rsplit('/').next().unwrap().to_lowercase());
        assert_eq!(read(&inputs.join(&name)), input::build(record, &tags).unwrap(), "{name}");
        names.insert(name);
    }
    let written = fs::read_dir(&inputs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(written.collect::<BTreeSet<_>>(), names);
    let data = read(&inputs.join("data.json"));
    assert_eq!(data["parameters"]["firewall_rule_too_broad"], json!({"max_prefix": 20}), "as acrscan.toml says");
    assert_eq!(data["parameters"]["missing_service_tag_ips"], json!({"quick_tasks": false}), "METADATA's default");

    let again = save();
    assert_eq!((again.code, again.stdout.as_str()), (2, ""));
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
}
