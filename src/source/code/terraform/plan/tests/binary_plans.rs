//! Terraform's binary format, as far as tests need it, and the plans written in it.

use std::collections::BTreeMap;

use super::*;

fn varint(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

fn field(number: u64, content: &[u8], into: &mut Vec<u8>) {
    varint(number << 3 | 2, into);
    varint(content.len() as u64, into);
    into.extend(content);
}

fn number(number: u64, value: u64, into: &mut Vec<u8>) {
    varint(number << 3, into);
    varint(value, into);
}

/// `"?"` stands for what is not known.
fn msgpack(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.push(0xC0),
        Value::Bool(flag) => into.push(0xC2 + u8::from(*flag)),
        Value::Number(number) => {
            into.push(0xCF);
            into.extend(number.as_u64().expect("a count").to_be_bytes());
        }
        Value::String(text) if text == "?" => into.extend([0xD4, 0, 0]),
        Value::String(text) => {
            into.push(0xDB);
            into.extend((text.len() as u32).to_be_bytes());
            into.extend(text.bytes());
        }
        Value::Array(items) => {
            into.push(0xDD);
            into.extend((items.len() as u32).to_be_bytes());
            items.iter().for_each(|item| msgpack(item, into));
        }
        Value::Object(members) => {
            into.push(0xDF);
            into.extend((members.len() as u32).to_be_bytes());
            for (name, member) in members {
                msgpack(&json!(name), into);
                msgpack(member, into);
            }
        }
    }
}

fn dynamic(value: &Value) -> Vec<u8> {
    let (mut packed, mut message) = (Vec::new(), Vec::new());
    msgpack(value, &mut packed);
    field(1, &packed, &mut message);
    message
}

pub fn binary_change(address: &str, action: u64, values: &[Value], sensitive: &[&[&str]]) -> Vec<u8> {
    let (mut change, mut message) = (Vec::new(), Vec::new());
    number(1, action, &mut change);
    values.iter().for_each(|value| field(2, &dynamic(value), &mut change));
    for path in sensitive {
        let mut steps = Vec::new();
        for name in *path {
            let mut step = Vec::new();
            match name.parse::<u64>() {
                Ok(index) => field(2, &dynamic(&json!(index)), &mut step),
                Err(_) => field(1, name.as_bytes(), &mut step),
            }
            field(1, &step, &mut steps);
        }
        field(4, &steps, &mut change);
    }
    field(13, address.as_bytes(), &mut message);
    field(9, &change, &mut message);
    message
}

fn binary_plan(changes: &[Vec<u8>]) -> Vec<u8> {
    let mut plan = Vec::new();
    number(1, 3, &mut plan);
    let mut variable = Vec::new();
    field(1, b"allowed", &mut variable);
    field(2, &dynamic(&json!(["10.0.0.0/8", "1.2.3.0/24"])), &mut variable);
    field(2, &variable, &mut plan);
    changes.iter().for_each(|change| field(3, change, &mut plan));
    field(14, b"1.11.4", &mut plan);
    number(26, 1, &mut plan);
    plan
}

pub fn archive_of(changes: &[Vec<u8>]) -> Vec<u8> {
    zip_of(&[
        ("tfplan", &binary_plan(changes)),
        ("tfstate", b"{}"),
        ("tfconfig/m-/main.tf", SOURCE.as_bytes()),
        ("tfconfig/modules.json", br#"[{"Key": "", "Dir": "."}]"#),
    ])
}

#[test]
fn a_binary_plan_has_its_values_and_its_lines() {
    let after = planned()["resource_changes"][0]["change"]["after"].clone();
    let mut new = after.clone();
    new["id"] = "?".into();
    new["admin_enabled"] = "?".into();
    let changes = [
        binary_change(MAIN, 1, &[new], &[]),
        binary_change("azurerm_container_registry.gone", 5, &[registry("gone")], &[]),
        binary_change(
            "azurerm_container_registry.z",
            3,
            &[registry("z"), after],
            &[&["network_rule_set", "0", "ip_rule"]],
        ),
        binary_change("azurerm_resource_group.rg", 1, &[json!({})], &[]),
    ];
    let zip = archive_of(&changes);
    let (folder, read) = read(&[("tfplan", &zip), ("main.tf", SOURCE.as_bytes())]);
    assert_eq!(read.gaps, [""; 0]);
    assert_lines(&read);
    let display_path = read.registries[0].block.file.path.clone();
    assert_eq!(display_path, crate::model::path::display_path(&folder.path().join("main.tf")));
    let new = document(&read, 0);
    assert_eq!(new["registry"]["properties"].get("adminUserEnabled"), None);
    assert_eq!(new["tasks"], json!([]));
    assert!(read.registries[0].all_tasks && !read.registries[1].all_tasks);
    let hidden = document(&read, 1);
    assert_eq!(hidden["registry"]["properties"]["networkRuleSet"], json!({"defaultAction": "Deny"}));
    assert_eq!(read.registries.len(), 2);
}

/// What Terraform 1.11.4 wrote, but for the type of the resources: `terraform_data` is as long as `azapi_resource`.
#[test]
fn a_plan_of_terraforms_own_is_read() {
    let file = Arc::new(TextFile::new("tfplan", ""));
    let planned = binary::read(include_bytes!("../terraform-1.11.4.tfplan"), &file).expect("a plan");
    assert_eq!(planned.gaps, [""; 0]);
    assert_eq!(planned.variables, [], "Terraform leaves out those with their defaults");
    let read: BTreeMap<&str, (Change, Option<Value>)> = planned
        .resources
        .iter()
        .map(|resource| {
            (resource.address.as_str(), (resource.change, resource.attributes.get("input").and_then(Node::to_json)))
        })
        .collect();
    let instance = |name: &str| {
        json!({
            "name": name, "ip": "10.0.0.1", "n": 12_345_678_901u64, "f": 1.5, "neg": -3, "t": true, "nul": null,
            "list": [1, "a"],
        })
    };
    let expected = BTreeMap::from([
        ("azapi_resource.plain", (Change::Create, None)),
        ("azapi_resource.task", (Change::Create, None)),
        ("module.a[\"x.y\"].azapi_resource.acr[\"eu.west\"]", (Change::Create, Some(instance("eu.west")))),
        ("module.a[\"x.y\"].azapi_resource.acr[\"us\"]", (Change::Create, Some(instance("us")))),
    ]);
    assert_eq!(read, expected);
    let task = planned.resources.iter().find(|resource| resource.address == "azapi_resource.task").expect("the task");
    let input = task.attributes.get("input").expect("input");
    assert_eq!(input.get("set").and_then(Node::to_json), Some(json!(["a", "b"])));
    assert!(input.get("reg").is_some_and(Node::is_unknown));
    // Of a variable that is marked as sensitive.
    assert!(input.get("sec").is_some_and(Node::is_unknown));
    assert!(!format!("{:?}", planned.resources).contains("1.2.3.4"));
}

#[test]
fn sources_that_changed_since_stand_in_the_plan() {
    let after = planned()["resource_changes"][0]["change"]["after"].clone();
    let zip = archive_of(&[binary_change(MAIN, 1, &[after], &[])]);
    let (_folder, read) = read(&[("tfplan", &zip), ("main.tf", b"# edited\n")]);
    assert_lines(&read);
    assert!(read.registries[0].block.file.path.ends_with("tfplan/tfconfig/m-/main.tf"));
    assert!(read.skipped[0].reason.contains("1 of its sources are not on disk as they were planned"));
}

#[test]
fn modules_of_a_binary_plan_are_their_folders() {
    let main = "module \"acr\" {\n  source = \"./modules/acr\"\n  name   = \"contoso\"\n}\n";
    let module = format!(
        "variable \"name\" {{}}\n{}",
        &SOURCE[SOURCE.find("resource").expect("a resource")..].replace("var.allowed", "[]")
    );
    let address = format!("module.acr.{MAIN}");
    let zip = zip_of(&[
        ("tfplan", &binary_plan(&[binary_change(&address, 1, &[registry("contoso")], &[])])),
        ("tfconfig/m-/main.tf", main.as_bytes()),
        ("tfconfig/m-acr/main.tf", module.as_bytes()),
        ("tfconfig/m-acr/../../../escape.tf", b"x"),
        (
            "tfconfig/modules.json",
            br#"[{"Key": "", "Dir": "."}, {"Key": "acr", "Source": "./modules/acr", "Dir": "modules/acr"}]"#,
        ),
    ]);
    let (_folder, read) =
        read(&[("tfplan", &zip), ("main.tf", main.as_bytes()), ("modules/acr/main.tf", module.as_bytes())]);
    assert_eq!(read.registries[0].address, address);
    assert!(read.registries[0].block.file.path.ends_with("modules/acr/main.tf"), "{:?}", read.registries[0].block);
    assert_eq!(read.skipped, []);
    let calls: BTreeMap<_, _> =
        read.registries[0].related.iter().map(|(what, span)| (*what, span.position())).collect();
    assert_eq!(calls.len(), 1, "the call of the module: {calls:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_mutated_binary_plan_is_read_or_refused(at in 0.0..1.0f64, byte in any::<u8>()) {
        let mut plan = binary_plan(&[binary_change(MAIN, 1, &[registry("a")], &[&["network_rule_set", "0"]])]);
        let position = (at * plan.len() as f64) as usize;
        plan[position] = byte;
        let file = Arc::new(TextFile::new("tfplan", ""));
        if let Ok(planned) = binary::read(&plan, &file) {
            for registry in assemble(planned.resources, "").registries {
                let _ = registry.into_record();
            }
        }
        let zip = archive_of(&[plan]);
        let position = (at * zip.len() as f64) as usize;
        let mut broken = zip;
        broken[position] = byte;
        let _ = archive::open(&broken);
    }
}
