//! The policies that ship with the binary keep their own contract, on regorus. (`.ci/run` holds them to it on OPA.)

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use acrscan::document::INPUT_MEMBERS;
use acrscan::policy::{PolicySet, Selection, contract};

#[test]
fn every_built_in_policy_keeps_the_contract() {
    let verdict = contract::test(Path::new("policies"), None).expect("the policies load");
    let failures: Vec<_> = verdict.failures.iter().map(|f| format!("{}:{}: {}", f.file, f.line, f.message)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(verdict.passed > 100 && verdict.uncovered_lines == 0, "{verdict:?}");
}

#[test]
fn the_binary_carries_every_policy_folder() {
    let folders = fs::read_dir("policies/acr").expect("the folder").map(|entry| entry.expect("an entry").file_name());
    let folders: BTreeSet<String> = folders.map(|name| name.to_string_lossy().replace('_', "-")).collect();
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    assert_eq!(set.policies.iter().map(|policy| policy.id.clone()).collect::<BTreeSet<_>>(), folders);
    assert!(!set.modules.iter().any(acrscan::policy::Module::is_test));
}

#[test]
fn the_schema_names_the_members_that_policies_may_see() {
    let text = fs::read_to_string("policies/input.schema.json").expect("the schema");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let named: BTreeSet<&str> =
        schema["properties"].as_object().expect("properties").keys().map(String::as_str).collect();
    assert_eq!(named, BTreeSet::from(INPUT_MEMBERS));
}

/// The reference page takes the first sentence for what a policy finds, and the others for why it matters.
#[test]
fn every_description_says_why_it_matters() {
    for policy in PolicySet::load(&Selection::default()).expect("the policies load").policies {
        let description = policy.metadata.description.trim();
        assert!(description.starts_with("Finds ") && description.contains(". "), "{}: {description}", policy.id);
    }
}
