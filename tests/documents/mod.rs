//! Input documents by the thousand: the demo's and the policies' examples, and what mutation makes of them. The same
//! for every run: no randomness but that of a fixed seed.

use std::fs;
use std::path::Path;

use acrscan::input;
use acrscan::source::snapshot;
use serde_json::{Value, json};

/// `count` documents, the unmutated ones first.
pub fn generate(count: usize) -> Vec<Value> {
    let mut documents = demo();
    documents.extend(examples());
    let seeds = documents.len();
    assert!(seeds > 30, "{seeds} seeds");
    let mut random = Random(0x5eed);
    while documents.len() < count {
        let mut document = documents[random.below(seeds)].clone();
        for _ in 0..=random.below(3) {
            mutate(&mut document, &mut random);
        }
        documents.push(document);
    }
    documents
}

fn demo() -> Vec<Value> {
    let collected = snapshot::read(Path::new("fixtures/contoso")).expect("the demo");
    let tags = collected.service_tags.expect("its tags");
    collected.inventory.registries.iter().map(|record| input::build(record, &tags).expect("a document")).collect()
}

fn examples() -> Vec<Value> {
    let mut folders: Vec<_> = fs::read_dir("policies/acr").expect("policies").map(|e| e.expect("one").path()).collect();
    folders.sort();
    let mut documents = Vec::new();
    for folder in folders {
        let text = fs::read_to_string(folder.join("examples.yaml")).expect("examples");
        let examples: Value = yaml_serde::from_str(&text).expect("YAML");
        for group in ["bad", "good", "unknown"] {
            let group = examples[group].as_array().into_iter().flatten();
            documents.extend(group.map(|example| example["input"].clone()));
        }
    }
    documents
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// Changes one place: to another value such a place may hold, to one of the wrong type, to null, or to nothing.
fn mutate(document: &mut Value, random: &mut Random) {
    let mut pointers = Vec::new();
    list(document, String::new(), &mut pointers);
    if pointers.is_empty() {
        return;
    }
    let pointer = pointers[random.below(pointers.len())].clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    if random.below(4) == 0 {
        match document.pointer_mut(parent) {
            Some(Value::Object(members)) => drop(members.remove(name)),
            Some(Value::Array(items)) if !items.is_empty() => drop(items.pop()),
            _ => {}
        }
        return;
    }
    let words = [
        "Enabled",
        "disabled",
        "Deny",
        "ALLOW",
        "Premium",
        "Standard",
        "SystemAssigned",
        "systemAssigned, userAssigned",
        "UserAssigned",
        "None",
        "Default",
        "[system]",
        "AzureServices",
        "Succeeded",
        "Failed",
        "Approved",
        "",
        "na\u{200d}me'; $(x)",
        "a/b~c",
    ];
    let odd =
        [json!(null), json!(7), json!(true), json!(false), json!([]), json!({}), json!([null, 1]), json!({"a": [1]})];
    let value = match random.below(2) {
        0 => json!(words[random.below(words.len())]),
        _ => odd[random.below(odd.len())].clone(),
    };
    if let Some(place) = document.pointer_mut(&pointer) {
        *place = value;
    }
}

fn list(node: &Value, pointer: String, pointers: &mut Vec<String>) {
    if !pointer.is_empty() {
        pointers.push(pointer.clone());
    }
    match node {
        Value::Object(members) => {
            for (name, value) in members {
                list(value, format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), pointers);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                list(value, format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}
