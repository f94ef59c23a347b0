//! A pull request from a stranger: what it puts into the repository hides nothing, brings nothing out, runs nothing and
//! brings nothing down. SECURITY.md names these tests.

mod hiding;
mod limits;
#[cfg(unix)]
mod programs;
mod secrets;
mod trusted;
#[cfg(unix)]
mod writes;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Acrscan;

/// An open registry.
const REGISTRY: &str = "resource \"azurerm_container_registry\" \"shop\" {\n  name                          = \"acrshop\"\n  resource_group_name           = \"platform\"\n  location                      = \"eastus\"\n  sku                           = \"Premium\"\n  public_network_access_enabled = true\n}\n";

/// A registry that is closed unless its caller says otherwise.
const MODULE: &str = "variable \"public\" {\n  type    = bool\n  default = false\n}\nresource \"azurerm_container_registry\" \"shop\" {\n  name                          = \"acrshop\"\n  resource_group_name           = \"platform\"\n  location                      = \"eastus\"\n  sku                           = \"Premium\"\n  public_network_access_enabled = var.public\n}\n";

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// A template with an open registry.
const TEMPLATE: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [
    {
      "type": "Microsoft.ContainerRegistry/registries",
      "apiVersion": "2025-11-01",
      "name": "acrshop",
      "location": "eastus",
      "sku": { "name": "Premium" },
      "properties": { "publicNetworkAccess": "Enabled" }
    }
  ]
}
"#;

/// The plan of [`REGISTRY`], with `OPEN` for what decides.
const PLAN: &str = r#"{
  "format_version": "1.2",
  "terraform_version": "1.11.4",
  "planned_values": {"root_module": {"resources": []}},
  "resource_changes": [
    {
      "address": "azurerm_container_registry.shop",
      "mode": "managed",
      "type": "azurerm_container_registry",
      "name": "shop",
      "provider_name": "registry.terraform.io/hashicorp/azurerm",
      "change": {
        "actions": ["create"],
        "before": null,
        "after": {
          "name": "acrshop",
          "sku": "Premium",
          "location": "eastus",
          "resource_group_name": "platform",
          "public_network_access_enabled": OPEN,
          "admin_enabled": false
        },
        "after_unknown": {}
      }
    }
  ],
  "configuration": {
    "root_module": {
      "resources": [
        {
          "address": "azurerm_container_registry.shop",
          "mode": "managed",
          "type": "azurerm_container_registry",
          "name": "shop",
          "expressions": {"name": {"constant_value": "acrshop"}}
        }
      ]
    }
  }
}
"#;

/// A folder with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), files);
    folder
}

fn add(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// What a scan said.
#[derive(Debug)]
struct Scanned {
    code: i32,
    stderr: String,
    registries: usize,
    report: Value,
}

/// Scans from within a folder: what is named, or all of it.
fn scan(folder: &Path, arguments: &[&str]) -> Scanned {
    let report = tempfile::NamedTempFile::new().unwrap();
    let output = format!("json={}", report.path().display());
    let all = if arguments.iter().any(|argument| !argument.starts_with('-')) { &[][..] } else { &["."] };
    let run = Acrscan::new(["scan", "-o", &output]).args(arguments).args(all).in_folder(folder);
    // Where git is.
    let run = run.env("PATH", std::env::var_os("PATH").unwrap_or_default()).run();
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let text = std::fs::read_to_string(report.path()).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap_or_default();
    let registries = report["registries"].as_array().map_or(0, Vec::len);
    Scanned { code: run.code, stderr: run.stderr, registries, report }
}

/// How many registries are said to be open, waivers left out.
fn open_registries(run: &Scanned) -> usize {
    let findings = run.report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let open = findings.iter().filter(|finding| {
        finding["policy"] == "public-network-access" && finding["kind"] == "fail" && finding["waived"].is_null()
    });
    open.count()
}

/// One open registry is found with and without what is added.
fn hides_nothing(what: &str, files: &[(&str, &str)], added: &[(&str, &str)]) -> Scanned {
    let folder = tree(files);
    assert_eq!(open_registries(&scan(folder.path(), &[])), 1, "{what}: without it");
    add(folder.path(), added);
    let run = scan(folder.path(), &[]);
    assert!(open_registries(&run) >= 1, "{what}: {run:?}");
    run
}

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", folder);
    command.output().is_ok_and(|output| output.status.success())
}
