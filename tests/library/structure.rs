//! Who may import whom, and where async, the policy engine and SARIF's types may be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room of the crate, and the rooms it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("net", &["model"]),
    ("oci", &["model"]),
    ("document", &["model", "net"]),
    ("source", &["document", "model", "net"]),
    ("policy", &["config", "document", "model"]),
    ("evaluate", &["document", "model", "net", "policy"]),
    ("fix", &["document", "evaluate", "model", "net"]),
    ("triage", &["config", "model"]),
    ("output", &["model", "policy", "triage"]),
    ("cli", &["config", "document", "evaluate", "fix", "model", "net", "oci", "output", "policy", "source", "triage"]),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// A crate that only some files may name.
const LIVES_IN: &[(&str, &[&str])] = &[
    ("reqwest", &["src/oci/", "src/source/azure/"]),
    ("rustls", &["src/oci/", "src/source/azure/"]),
    ("tokio", &["src/oci/", "src/source/azure/"]),
    ("regorus", &["src/policy/", "src/evaluate/"]),
    ("serde_sarif", &["src/output/sarif/"]),
    ("indicatif", &["src/cli/console.rs"]),
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

pub fn sources() -> Vec<(String, String)> {
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

/// Folders whose members, files or folders, stand side by side: none imports another.
const SIDE_BY_SIDE: &[(&str, &[&str])] = &[
    (
        "src/output/",
        &["azure_devops", "csv", "github", "gitlab", "json", "junit", "markdown", "ndjson", "ocsf", "sarif", "text"],
    ),
    ("src/cli/commands/", &["fix", "policies", "pull", "scan", "service_tags", "simulate", "test"]),
];

#[test]
fn no_format_imports_another_and_no_command_another() {
    for (path, text) in sources() {
        for (folder, members) in SIDE_BY_SIDE {
            let Some(own) = path.strip_prefix(folder).and_then(|rest| rest.split(['/', '.']).next()) else { continue };
            if own == "mod" {
                continue;
            }
            assert!(members.contains(&own) || *folder == "src/output/", "{path}: say in this test that there is {own}");
            let room = folder.trim_start_matches("src/").trim_end_matches('/').replace('/', "::");
            for line in text.lines().filter(|line| line.starts_with("use ")) {
                for other in members.iter().filter(|other| **other != own) {
                    let depth = path[folder.len()..].matches('/').count() + usize::from(!path.ends_with("/mod.rs"));
                    let door = "super::".repeat(depth);
                    let imports = |way: &str| {
                        line.split_once(way).is_some_and(|(_, rest)| {
                            rest.strip_prefix(*other).is_some_and(|rest| rest.starts_with([':', ';']))
                        })
                    };
                    let crosses = imports(&format!("use {door}")) || imports(&format!("crate::{room}::"));
                    assert!(!crosses || !members.contains(&own), "{path}: {own} must not import {other}");
                }
            }
        }
    }
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

/// The table of rooms that newcomers read.
#[test]
fn the_architecture_says_who_may_import_whom() {
    let page = fs::read_to_string("ARCHITECTURE.md").expect("the page");
    let rows = page.lines().skip_while(|line| *line != "## Rooms").skip(1).take_while(|line| !line.starts_with("## "));
    let rows: Vec<(&str, &str)> = rows
        .filter_map(|row| row.strip_prefix("| `")?.strip_suffix(" |"))
        .map(|row| (row.split('`').next().expect("a room"), row.rsplit(" | ").next().expect("what it may import")))
        .collect();
    let below = |room: &str| rows.iter().skip_while(|row| row.0 != room).skip(1).map(|row| row.0).collect();
    let told: BTreeMap<&str, BTreeSet<&str>> = rows
        .iter()
        .map(|(room, others)| match *others {
            "nothing" => (*room, BTreeSet::new()),
            "all below" => (*room, below(room)),
            others => (*room, others.split(", ").collect()),
        })
        .collect();
    let rooms = MAY_IMPORT.iter().filter(|(room, _)| !["main", "lib"].contains(room));
    assert_eq!(told, rooms.map(|(room, others)| (*room, others.iter().copied().collect())).collect());
}
