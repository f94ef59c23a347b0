//! Many registries, made from those of the demo.

#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "shared by the benches, of which each takes a part")]

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The demo's subscription.
pub const CONTOSO: &str = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4";

/// The four policies of the mission, which read tasks and agent pools of each registry and nothing else of it.
pub const MISSION: [&str; 2] =
    ["--only", "bypass-without-system-identity,ipv6-firewall-rule,missing-service-tag-ips,public-network-access"];

pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso")
}

/// Registry documents: the demo's in turn, each under a name of its own and with two tasks.
pub fn documents(count: usize) -> Vec<Value> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(demo().join("manifest.json")).unwrap()).unwrap();
    let paths: Vec<&str> =
        manifest["scopes"][0]["registries"].as_array().unwrap().iter().flat_map(Value::as_str).collect();
    let originals: Vec<Value> =
        paths.iter().map(|path| serde_json::from_slice(&std::fs::read(demo().join(path)).unwrap()).unwrap()).collect();
    let tasks =
        originals.iter().find(|document| document["registry"]["name"] == "contosopayments").unwrap()["tasks"].clone();
    assert_eq!(tasks.as_array().map(Vec::len), Some(2));
    let originals: Vec<(String, String)> = originals
        .into_iter()
        .map(|mut document| {
            let name = document["registry"]["name"].as_str().unwrap().to_owned();
            let id = document["registry"]["id"].as_str().unwrap().to_owned();
            let mut tasks = tasks.clone();
            for task in tasks.as_array_mut().unwrap() {
                task["id"] = format!("{id}/tasks/{}", task["name"].as_str().unwrap()).into();
            }
            document["tasks"] = tasks;
            (name, document.to_string())
        })
        .collect();
    let rename = |index: usize| {
        let (name, text) = &originals[index % originals.len()];
        serde_json::from_str(&text.replace(name.as_str(), &format!("{name}{index:05}"))).unwrap()
    };
    (0..count).map(rename).collect()
}
