//! Source code: each language of the demo repository, and what a pull request changes in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use snapbox::{assert_data_eq, file};
use tempfile::TempDir;

use crate::harness::{Acrscan, copy, text};

/// The demo repository: one folder for each kind of source code.
fn infra() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/infra")
}

/// A copy of the demo repository to change.
fn infra_copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&infra(), folder.path());
    folder
}

/// Scans paths of a folder: the exit code, and the report.
fn scan(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let run = Acrscan::new(["scan", "-o", "json"]).args(arguments).in_folder(folder).run();
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    (run.code, report)
}

/// The findings that count: policy, place, key.
fn fails(report: &Value) -> Vec<[String; 3]> {
    let findings = report["findings"].as_array().unwrap().iter();
    let counted = findings.filter(|finding| finding["kind"] == "fail" && finding["waived"].is_null());
    let mut fails: Vec<_> = counted
        .map(|finding| {
            [text(&finding["policy"]), place(finding), finding["key"].as_str().unwrap_or_default().to_owned()]
        })
        .collect();
    fails.sort();
    fails
}

/// `path:line:column-line:column`
fn place(finding: &Value) -> String {
    let location = &finding["location"];
    let region = &location["region"];
    let [a, b, c, d] = ["start_line", "start_column", "end_line", "end_column"].map(|member| &region[member]);
    format!("{}:{a}:{b}-{c}:{d}", text(&location["path"]))
}

/// The first line that a finding underlines, as far as it does.
fn underlined(folder: &Path, finding: &Value) -> String {
    let location = &finding["location"];
    let content = fs::read_to_string(folder.join(text(&location["path"]))).unwrap();
    let number = |member: &str| location["region"][member].as_u64().unwrap() as usize;
    let line: Vec<u16> = content.lines().nth(number("start_line") - 1).unwrap().encode_utf16().collect();
    let end = if number("end_line") == number("start_line") { number("end_column") - 1 } else { line.len() };
    String::from_utf16(&line[number("start_column") - 1..end]).unwrap()
}

#[test]
fn each_line_of_the_demo_repository_is_as_expected() {
    let (code, report) = scan(&infra(), &[".", "--config", "/dev/null"]);
    assert_eq!(code, 1);
    let mut lines: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let word = |member: &str| finding[member].as_str().unwrap_or_default().to_owned();
            let underlined = underlined(&infra(), finding);
            format!("{} {} {} {} | {}\n", place(finding), word("kind"), word("policy"), word("key"), underlined.trim())
        })
        .collect();
    lines.sort();
    assert_data_eq!(lines.concat(), file!["golden/infra-lines.txt"].raw());
}

#[test]
fn one_defect_reads_alike_in_each_language() {
    let folder = infra_copy();
    // The plan's sources by themselves.
    fs::create_dir(folder.path().join("tf")).unwrap();
    fs::copy(folder.path().join("plan/main.tf"), folder.path().join("tf/main.tf")).unwrap();
    let verdicts = |path: &str| -> Vec<(String, String)> {
        let (code, report) = scan(folder.path(), &[path, "--config", "/dev/null"]);
        assert_eq!(code, 1, "{path}");
        fails(&report).into_iter().map(|[policy, _, key]| (policy, key)).collect()
    };
    let expected = verdicts("plan/tfplan.json");
    let policies: Vec<&str> = expected.iter().map(|(policy, _)| policy.as_str()).collect();
    assert_eq!(
        policies,
        [
            "bypass-without-system-identity",
            "ipv6-firewall-rule",
            "missing-service-tag-ips",
            "repository-permissions-ahead",
            "task-cannot-reach-registry",
            "trusted-services-bypass",
        ]
    );
    for path in ["tf", "arm", "bicep", "what-if"] {
        assert_eq!(verdicts(path), expected, "{path}");
        let (_, report) = scan(folder.path(), &[path, "--config", "/dev/null"]);
        let findings = report["findings"].as_array().unwrap();
        let ipv6 = findings.iter().find(|finding| finding["policy"] == "ipv6-firewall-rule").unwrap();
        assert!(underlined(folder.path(), ipv6).contains("2001:db8:42::/64"), "{path}: {ipv6}");
        let task = findings.iter().find(|finding| finding["policy"] == "bypass-without-system-identity").unwrap();
        assert!(underlined(folder.path(), task).contains("task"), "{path}: {task}");
    }
}

#[test]
fn a_plan_and_its_sources_have_the_same_fingerprints() {
    let folder = infra_copy();
    let fingerprints = |path: &str| -> Vec<String> {
        let (_, report) = scan(folder.path(), &[path, "--config", "/dev/null"]);
        let findings = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<_> =
            findings.filter(|f| f["kind"] == "fail").map(|f| text(&f["fingerprint"]) + &place(f)).collect();
        all.sort();
        all
    };
    let planned = fingerprints("plan/tfplan.json");
    fs::remove_file(folder.path().join("plan/tfplan.json")).unwrap();
    assert_eq!(fingerprints("plan"), planned);
}

/// Policies whose findings are below what fails a scan.
const LIGHT: [&str; 2] = ["repository-permissions-ahead", "trusted-services-bypass"];

#[test]
fn a_pull_request_that_adds_one_ipv6_rule_to_a_waived_tree_fails_on_that_line() {
    let folder = infra_copy();
    let (code, report) = scan(folder.path(), &["."]);
    let severe: Vec<_> = fails(&report).into_iter().filter(|[policy, ..]| !LIGHT.contains(&policy.as_str())).collect();
    assert_eq!((code, severe), (0, Vec::new()));
    assert_eq!(report["waiver_remarks"].as_array().unwrap(), &Vec::<Value>::new());

    let variables = folder.path().join("terraform/variables.tf");
    let before = fs::read_to_string(&variables).unwrap();
    let after = before.replace("\"2001:db8:7::/48\"]", "\"2001:db8:7::/48\",\n        \"2001:db8:8::/48\"]");
    assert_ne!(before, after);
    fs::write(&variables, after).unwrap();
    let (code, report) = scan(folder.path(), &["."]);
    let severe: Vec<_> = fails(&report).into_iter().filter(|[policy, ..]| !LIGHT.contains(&policy.as_str())).collect();
    let place = "terraform/variables.tf:23:9-23:26".to_owned();
    assert_eq!((code, severe), (1, vec![["ipv6-firewall-rule".to_owned(), place, "2001:db8:8::/48".to_owned()]]));
}

#[test]
fn a_comment_above_the_line_waives_it() {
    let folder = infra_copy();
    let variables = folder.path().join("plan/main.tf");
    let before = fs::read_to_string(&variables).unwrap();
    let comment = "  # acrscan:ignore ipv6-firewall-rule The lab has no IPv4.\n  default = \"2001:";
    fs::write(&variables, before.replace("  default = \"2001:", comment)).unwrap();
    let (_, report) = scan(folder.path(), &["plan", "--config", "/dev/null"]);
    let waived = report["findings"].as_array().unwrap().iter().find(|finding| !finding["waived"].is_null()).unwrap();
    assert_eq!(waived["policy"], "ipv6-firewall-rule");
    assert_eq!(waived["waived"]["reason"], "The lab has no IPv4.");
    assert_eq!(waived["waived"]["line"], 3);
}

/// Of a registry that is open because one property says so and another says nothing, the first is underlined.
#[test]
fn a_default_that_opens_a_registry_stands_at_what_enables_the_access() {
    let folder = tempfile::tempdir().unwrap();
    let public_access = |file: &str, content: &str| -> (String, String, Vec<String>) {
        fs::write(folder.path().join(file), content).unwrap();
        let (_, report) = scan(folder.path(), &[file, "--only", "public-network-access"]);
        let findings = report["findings"].as_array().unwrap();
        assert_eq!((findings.len(), &findings[0]["kind"]), (1, &Value::from("fail")), "{content}");
        let message = text(&findings[0]["message"]);
        let note = message.split_once("default action is Allow. ").map(|(_, note)| note.to_owned());
        let related = findings[0]["related"].as_array().unwrap().iter();
        let related = related.map(|place| format!("{}:{}", text(&place["message"]), place["region"]["start_line"]));
        (underlined(folder.path(), &findings[0]), note.unwrap_or_default(), related.collect())
    };
    let azurerm = |lines: &str| {
        let required = "name = \"a\"\n  resource_group_name = \"g\"\n  location = \"eastus\"\n  sku = \"Premium\"";
        let variable = "variable \"open\" {\n  default = true\n}\n";
        format!("resource \"azurerm_container_registry\" \"a\" {{\n  {required}\n  {lines}\n}}\n{variable}")
    };
    let caution = "The commands shut out whoever is not on the list: add the addresses of its other clients first.";
    let default = &format!("{caution} network_rule_set is not set, and Allow is azurerm's default.");
    let head = "resource \"azurerm_container_registry\" \"a\"";
    let rule_set = "network_rule_set {\n  }\n  public_network_access_enabled = true";
    for (lines, underlined, note, related) in [
        ("public_network_access_enabled = true", "public_network_access_enabled = true", default, vec![]),
        ("public_network_access_enabled = var.open", "default = true", default, vec!["used here:6".to_owned()]),
        ("", head, default, vec![]),
        // Here the rule set lacks it.
        (
            rule_set,
            "network_rule_set",
            &format!("{caution} default_action is not set, and Allow is azurerm's default."),
            vec![],
        ),
    ] {
        let expected = (underlined.to_owned(), note.to_owned(), related);
        assert_eq!(public_access("main.tf", &azurerm(lines)), expected, "{lines}");
    }
    let note = format!("{caution} defaultAction is not set in the template, and Allow is the default.");
    let bicep = "resource r 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'r'\n  location: 'eastus'\n  \
        sku: { name: 'Premium' }\n  properties: {\n    publicNetworkAccess: 'Enabled'\n  }\n}\n";
    assert_eq!(public_access("a.bicep", bicep), ("publicNetworkAccess: 'Enabled'".to_owned(), note.clone(), vec![]));
    let arm = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [{
    "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2025-11-01",
    "name": "r", "location": "eastus", "sku": {"name": "Premium"},
    "properties": {
      "publicNetworkAccess": "Enabled"
    }
  }]
}"#;
    let expected = ("\"publicNetworkAccess\": \"Enabled\"".to_owned(), note, vec![]);
    assert_eq!(public_access("a.json", arm), expected);
}

#[test]
fn what_was_read_and_what_was_left_is_said() {
    let folder = infra_copy();
    for name in [".git/config.json", "node_modules/a/main.tf", ".terraform/modules/a/main.tf", "ignored/main.tf"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "this is no HCL {").unwrap();
    }
    fs::write(folder.path().join(".gitignore"), "ignored/\n").unwrap();
    let state = r#"{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "resources": []}"#;
    fs::write(folder.path().join("terraform.tfstate"), state).unwrap();
    let run = Acrscan::new(["scan", "."]).in_folder(folder.path()).run();
    // How old the table in the binary is depends on the day.
    let is_of_files = |line: &&str| line.starts_with("note: read ") || line.starts_with("note: skipped ");
    let notes: Vec<&str> = run.stderr.lines().filter(is_of_files).collect();
    let expected = [
        "note: read arm/registry.json: ARM template, 1 file, 1 registry",
        "note: read bicep/main.bicep: Bicep file, 1 file, 1 registry",
        "note: read plan: Terraform configuration, 1 file, 1 registry",
        "note: read plan/tfplan.json: Terraform plan, 1 file, 1 registry",
        "note: read terraform: Terraform configuration, 3 files, 5 registries",
        "note: read terraform.tfstate: Terraform state, 1 file, 0 registries",
        "note: read what-if/what-if.json: what-if result, 1 file, 1 registry",
        "note: skipped ignored/main.tf: git ignores it, and does not track it; name it to scan it",
    ];
    assert_eq!(notes, expected);
    assert_eq!(run.code, 0);
}

#[test]
fn source_code_without_a_registry_counts_as_scanned() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.tf"), "resource \"azurerm_resource_group\" \"a\" {\n  name = \"a\"\n}\n")
        .unwrap();
    let (code, report) = scan(folder.path(), &["."]);
    assert_eq!((code, fails(&report)), (0, Vec::new()));
    assert_eq!(report["registries"].as_array().unwrap().len(), 0);
}
