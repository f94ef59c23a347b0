//! What source code is found: where one file is named, and where git ignores what Terraform reads.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::harness::{Acrscan, Run};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn scan(folder: &Path, paths: &[&str]) -> Run {
    Acrscan::new(["scan", "-o", "json"]).args(paths).in_folder(folder).run()
}

fn notes(run: &Run) -> Vec<&str> {
    // How old the table in the binary is depends on the day.
    let notes = run.stderr.lines().filter_map(|line| line.strip_prefix("note: "));
    notes.filter(|note| !note.starts_with("compared with the embedded table")).collect()
}

/// The keys of the failures of the policy about IPv6 rules.
fn ipv6(run: &Run) -> Vec<String> {
    let report: serde_json::Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let findings = report["findings"].as_array().unwrap().iter();
    let mut keys: Vec<String> = findings
        .filter(|finding| finding["policy"] == "ipv6-firewall-rule" && finding["kind"] == "fail")
        .map(|finding| finding["key"].as_str().unwrap_or_default().to_owned())
        .collect();
    keys.sort();
    keys
}

const MAIN: &str = r#"resource "azurerm_container_registry" "main" {
  name                = "contoso"
  resource_group_name = "rg"
  location            = "westeurope"
  sku                 = "Premium"
  network_rule_set {
    default_action = "Deny"
    ip_rule {
      action   = "Allow"
      ip_range = var.range
    }
  }
}
"#;

const VARIABLE: &str = "variable \"range\" {\n  type = string\n}\n";

#[test]
fn a_file_of_terraforms_stands_for_its_folder() {
    let folder = folder(&[
        ("infra/main.tf", MAIN),
        ("infra/variables.tf", VARIABLE),
        ("infra/terraform.tfvars", "range = \"2001:db8:1::/48\"\n"),
        ("infra/prod.tfvars", "range = \"10.0.0.0/8\"\n"),
        ("infra/other/main.tf", "this is no HCL {"),
        ("other/main.tf", "this is no HCL {"),
    ]);
    let run = scan(folder.path(), &["infra/main.tf"]);
    assert_eq!(ipv6(&run), ["2001:db8:1::/48"], "{run:?}");
    assert_eq!(notes(&run), ["read infra: Terraform configuration, 4 files, 1 registry"]);
    // The same from within, and by a file of values.
    let within = folder.path().join("infra");
    for name in ["main.tf", "./variables.tf", "terraform.tfvars"] {
        let run = scan(&within, &[name]);
        assert_eq!(ipv6(&run), ["2001:db8:1::/48"], "{name}: {run:?}");
        assert_eq!(notes(&run)[0], "read .: Terraform configuration, 4 files, 1 registry");
    }
}

#[test]
fn values_that_git_ignores_are_values_all_the_same() {
    let folder = folder(&[
        (".gitignore", "*.tfvars\n*.tfvars.json\nignored/\n"),
        ("infra/main.tf", MAIN),
        ("infra/variables.tf", VARIABLE),
        ("infra/terraform.tfvars", "range = \"10.0.0.0/8\"\n"),
        ("infra/b.auto.tfvars.json", "{\"range\": \"2001:db8:2::/48\"}"),
        ("infra/prod.tfvars", "range = \"11.0.0.0/8\"\n"),
        ("ignored/main.tf", "this is no HCL {"),
        ("ignored/terraform.tfvars", "this is no HCL {"),
        ("values/terraform.tfvars", "this is no HCL {"),
    ]);
    // Git says what it tracks: of what it ignores, only that is read which Terraform reads, and it is not shown.
    fs::create_dir(folder.path().join(".git")).unwrap();
    let run = scan(folder.path(), &["."]);
    assert_eq!(ipv6(&run), ["(sensitive value)"], "{run:?}");
    assert!(!run.stdout.contains("2001:db8:2::"), "{run:?}");
    let left = "git ignores it, and does not track it; name it to scan it";
    assert_eq!(
        notes(&run),
        [
            "read infra: Terraform configuration, 4 files, 1 registry".to_owned(),
            format!("skipped ignored/main.tf: {left}"),
            format!("skipped infra/prod.tfvars: {left}"),
        ]
    );
}

const BICEP: &str = r#"param range string
resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: 'contoso'
  location: 'westeurope'
  sku: { name: 'Premium' }
  properties: { networkRuleSet: { defaultAction: 'Deny', ipRules: [{ action: 'Allow', value: range }] } }
}
"#;

#[test]
fn parameters_bring_the_bicep_file_that_they_are_for() {
    let folder = folder(&[
        ("main.bicep", BICEP),
        ("envs/prod.bicepparam", "using '../main.bicep'\nparam range = '2001:db8:3::/48'\n"),
        ("envs/dev.bicepparam", "using '../main.bicep'\nparam range = '10.0.0.0/8'\n"),
        ("lost.bicepparam", "using 'gone.bicep'\nparam range = '10.0.0.0/8'\n"),
    ]);
    let run = scan(folder.path(), &["envs/prod.bicepparam"]);
    assert_eq!(ipv6(&run), ["2001:db8:3::/48"], "{run:?}");
    assert_eq!(notes(&run), ["read main.bicep: Bicep file, 2 files, 1 registry"]);
    assert_eq!(ipv6(&scan(folder.path(), &["envs/dev.bicepparam"])), [""; 0]);
    let run = scan(folder.path(), &["lost.bicepparam"]);
    let why = "lost.bicepparam: it uses no Bicep file on disk: correct its `using`, or name the Bicep file";
    assert!(run.code == 2 && run.stderr.contains(why), "{run:?}");
}

#[test]
fn parameters_of_a_template_want_their_template() {
    let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
    let text = format!("{{\"$schema\": \"{schema}\", \"contentVersion\": \"1.0.0.0\", \"parameters\": {{}}}}");
    let folder = folder(&[("main.parameters.json", &text)]);
    let run = scan(folder.path(), &["main.parameters.json"]);
    let why = "main.parameters.json: parameters alone declare nothing: name their ARM template as well";
    assert!(run.code == 2 && run.stderr.contains(why), "{run:?}");
}
