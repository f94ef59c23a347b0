//! Plans in the JSON of `terraform show -json`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::machine;
use super::registry::{self, Planned};

const PROVIDER: &str = "registry.terraform.io/hashicorp/azurerm";

/// A plan that creates this many registries, with all that belongs to them.
pub fn registries_plan(path: &Path, registries: usize) -> (usize, u64) {
    write_plan(path, (0..registries).flat_map(registry::planned).collect())
}

/// A plan of this many resources, of which so many are registries, evenly spread.
pub fn crowded_plan(path: &Path, resources: usize, registries: usize) -> (usize, u64) {
    let every = resources / registries;
    let resource = |number: usize| match number % every == every / 2 {
        true => registry::planned(number / every).swap_remove(0),
        false => machine::planned(number),
    };
    write_plan(path, (0..resources).map(resource).collect())
}

/// Writes the sections in Terraform's order, on one line as Terraform does, and gives the number of resources and bytes.
fn write_plan(path: &Path, planned: Vec<Planned>) -> (usize, u64) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let mut put = |text: &str| file.write_all(text.as_bytes()).expect("it can be written");
    put(r#"{"format_version":"1.2","terraform_version":"1.13.4","planned_values":{"root_module":{"resources":["#);
    put_list(&mut put, &planned, in_planned_values);
    put(r#"]}},"resource_changes":["#);
    put_list(&mut put, &planned, in_changes);
    put(r#"],"configuration":{"provider_config":{"azurerm":{"name":"azurerm","full_name":""#);
    put(PROVIDER);
    put(r#"","expressions":{"features":[{}]}}},"root_module":{"resources":["#);
    put_list(&mut put, &planned, in_configuration);
    put(r#"]}},"timestamp":"2026-11-20T08:00:00Z","applyable":true,"complete":true,"errored":false}"#);
    file.into_inner().expect("it can be written");
    (planned.len(), path.metadata().expect("a file").len())
}

fn put_list(put: &mut impl FnMut(&str), planned: &[Planned], section: fn(&Planned) -> Value) {
    for (index, resource) in planned.iter().enumerate() {
        if index > 0 {
            put(",");
        }
        put(&section(resource).to_string());
    }
}

fn in_planned_values(planned: &Planned) -> Value {
    json!({
        "address": format!("{}.{}", planned.kind, planned.name), "mode": "managed", "type": planned.kind,
        "name": planned.name, "provider_name": PROVIDER, "schema_version": 0, "values": planned.values,
        "sensitive_values": {"tags": {}},
    })
}

fn in_changes(planned: &Planned) -> Value {
    json!({
        "address": format!("{}.{}", planned.kind, planned.name), "mode": "managed", "type": planned.kind,
        "name": planned.name, "provider_name": PROVIDER,
        "change": {"actions": ["create"], "before": null, "after": planned.values, "after_unknown": planned.unknown,
            "before_sensitive": false, "after_sensitive": {"tags": {}}},
    })
}

fn in_configuration(planned: &Planned) -> Value {
    json!({
        "address": format!("{}.{}", planned.kind, planned.name), "mode": "managed", "type": planned.kind,
        "name": planned.name, "provider_config_key": "azurerm", "expressions": planned.expressions, "schema_version": 2,
    })
}
