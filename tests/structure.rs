//! Who may import whom, and where async, the policy engine and SARIF's types may be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, and the modules it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("cidr", &[]),
    ("cloud", &[]),
    ("text_file", &[]),
    ("finding", &["text_file"]),
    ("resource_id", &[]),
    ("inventory", &["finding", "text_file"]),
    ("json_text", &["text_file"]),
    ("service_tags", &["cidr", "cloud"]),
    ("input", &["cidr", "inventory", "service_tags"]),
    (
        "source",
        &["cidr", "cloud", "finding", "input", "inventory", "json_text", "resource_id", "service_tags", "text_file"],
    ),
    ("config", &[]),
    ("policy", &["config", "finding"]),
    ("evaluate", &["finding", "input", "inventory", "json_text", "policy", "service_tags"]),
    ("report", &["finding", "inventory", "policy"]),
    ("coverage", &["finding", "inventory"]),
    ("waiver", &["config", "coverage", "finding", "inventory", "report", "text_file"]),
    ("baseline", &["coverage", "finding", "inventory", "json_text", "report", "text_file"]),
    ("output", &["finding", "policy", "report", "resource_id", "text_file"]),
    ("console", &["finding", "inventory", "output", "report", "source"]),
    ("cli", &["cloud", "finding", "output", "policy", "source"]),
    ("tags", &["cli", "cloud", "console", "report", "service_tags", "source"]),
    ("policies", &["cli", "console", "output", "policy", "report"]),
    ("inputs", &["input", "inventory", "policy", "resource_id", "service_tags"]),
    (
        "scan",
        &[
            "baseline",
            "cli",
            "config",
            "console",
            "coverage",
            "evaluate",
            "finding",
            "inputs",
            "inventory",
            "output",
            "policy",
            "report",
            "resource_id",
            "service_tags",
            "source",
            "tags",
            "text_file",
            "waiver",
        ],
    ),
    ("main", &["cli", "console", "policies", "scan", "tags"]),
    ("lib", &[]),
];

/// A crate that only some files may name.
const LIVES_IN: &[(&str, &[&str])] = &[
    ("reqwest", &["src/source/azure/"]),
    ("tokio", &["src/source/azure/"]),
    ("regorus", &["src/policy/", "src/evaluate/"]),
    ("serde_sarif", &["src/output/sarif/"]),
    ("indicatif", &["src/console.rs"]),
];

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => rust_files(&path, files),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    rust_files(Path::new("src"), &mut files);
    let read = |path: &PathBuf| (path.to_string_lossy().replace('\\', "/"), fs::read_to_string(path).expect("a file"));
    files.iter().map(read).collect()
}

#[test]
fn modules_import_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        MAY_IMPORT.iter().map(|(module, others)| (*module, others.iter().copied().collect())).collect();
    let mut seen = BTreeSet::new();
    for (path, text) in sources() {
        let module =
            path.trim_start_matches("src/").split('/').next().expect("a name").trim_end_matches(".rs").to_owned();
        let may =
            allowed.get(module.as_str()).unwrap_or_else(|| panic!("{path}: say in this test what {module} may import"));
        for (number, line) in text.lines().enumerate() {
            for imported in line.split("crate::").skip(1) {
                let imported: String = imported.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let fine = imported.is_empty() || imported == module || may.contains(imported.as_str());
                assert!(fine, "{path}:{}: {module} must not import {imported}", number + 1);
            }
        }
        seen.insert(module);
    }
    assert_eq!(
        seen,
        allowed.keys().map(|module| (*module).to_owned()).collect(),
        "a module is gone: take it off the list"
    );
}

#[test]
fn each_crate_stays_in_its_room() {
    for (path, text) in sources() {
        for (name, rooms) in LIVES_IN {
            let named =
                text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(&format!("{name}::")));
            assert!(!named || rooms.iter().any(|room| path.starts_with(room)), "{path} names {name}");
        }
    }
}
