//! Bicep's modules from elsewhere: read from its cache, where `bicep restore` puts them, at the lines of their calls.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Acrscan, Run, text};

const MAIN: &str = "param access string = 'Enabled'\n\nmodule acr 'br/public:avm/res/container-registry/registry:0.13.0' = {\n  name: 'acr'\n  params: {\n    name: 'parcelimages'\n    publicNetworkAccess: access\n    networkRuleSetIpRules: [ { action: 'Allow', value: '2001:db8::/48' } ]\n  }\n}\n";
const FOLDER: &str = "br/mcr.microsoft.com/bicep$avm$res$container-registry$registry/0.13.0$";

/// What the module of the public library comes to, as far as it matters here.
fn template() -> String {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "languageVersion": "2.0",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "name": {"type": "string"},
            "publicNetworkAccess": {"type": "string", "nullable": true},
            "networkRuleSetIpRules": {"type": "array", "nullable": true},
        },
        "resources": {"registry": {
            "type": "Microsoft.ContainerRegistry/registries",
            "apiVersion": "2025-11-01",
            "name": "[parameters('name')]",
            "location": "eastus",
            "sku": {"name": "Premium"},
            "properties": {
                "publicNetworkAccess": "[parameters('publicNetworkAccess')]",
                "adminUserEnabled": true,
                "networkRuleSet": {"defaultAction": "Deny", "ipRules": "[parameters('networkRuleSetIpRules')]"},
            },
        }},
    })
    .to_string()
}

fn cached(at: &Path, content: &str) {
    fs::create_dir_all(at.join(FOLDER)).unwrap();
    fs::write(at.join(FOLDER).join("main.json"), content).unwrap();
}

fn scan(folder: &Path, name: &str, value: &Path) -> Run {
    Acrscan::new(["scan", "main.bicep", "-o", "json", "--profile", "all"]).env(name, value).in_folder(folder).run()
}

/// Policy and line of what fails.
fn fails(run: &Run) -> Vec<(String, u64)> {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "fail");
    let mut fails: Vec<(String, u64)> = findings
        .map(|finding| {
            assert_eq!(text(&finding["location"]["path"]), "main.bicep");
            (text(&finding["policy"]), finding["location"]["region"]["start_line"].as_u64().unwrap())
        })
        .collect();
    fails.sort();
    fails
}

#[test]
fn a_module_in_the_cache_is_read_at_the_lines_of_its_call() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.bicep"), MAIN).unwrap();
    let home = folder.path().join("home");
    cached(&home.join(".bicep"), &template());
    for (name, value) in [("HOME", home.clone()), ("BICEP_CACHE_DIRECTORY", home.join(".bicep"))] {
        let run = scan(folder.path(), name, &value);
        let fails = fails(&run);
        assert!(fails.contains(&("admin-user".to_owned(), 3)), "what the module says stands at its call: {run:?}");
        assert!(fails.contains(&("ipv6-firewall-rule".to_owned(), 8)), "what the caller says stands where it does");
        assert_eq!(run.code, 1);
    }
}

#[test]
fn without_the_cache_the_command_is_named_that_brings_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.bicep"), MAIN).unwrap();
    let run = scan(folder.path(), "HOME", folder.path());
    assert_eq!(run.code, 2);
    let why = "main.bicep:3:1: the module br/public:avm/res/container-registry/registry:0.13.0 is not on disk, and may make a registry: run `bicep restore main.bicep`";
    assert!(run.stderr.contains(why), "{run:?}");
    cached(&folder.path().join(".bicep"), &template()[..200]);
    let run = scan(folder.path(), "HOME", folder.path());
    assert_eq!(run.code, 2, "a cut file is no module: {run:?}");
}

#[cfg(unix)]
#[test]
fn a_link_of_the_cache_that_leads_out_of_it_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("main.bicep"), MAIN).unwrap();
    fs::write(folder.path().join("other.json"), template()).unwrap();
    let at = folder.path().join(".bicep").join(FOLDER);
    fs::create_dir_all(&at).unwrap();
    std::os::unix::fs::symlink(folder.path().join("other.json"), at.join("main.json")).unwrap();
    assert_eq!(scan(folder.path(), "HOME", folder.path()).code, 2);
}
