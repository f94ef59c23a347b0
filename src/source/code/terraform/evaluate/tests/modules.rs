use serde_json::{Value, json};

use super::{addresses, at, display_path, evaluated, provenances, value};

#[test]
fn variables_files_go_by_terraforms_order() {
    let main = "variable \"a\" { default = 0 }\nvariable \"b\" {}\nvariable \"c\" {}\nvariable \"d\" {}\nresource \"azurerm_container_registry\" \"r\" {\n  x = [var.a, var.b, var.c, var.d]\n}";
    let evaluated = evaluated(&[
        ("i/main.tf", main),
        ("i/b.auto.tfvars", "c = 31"),
        ("i/a.auto.tfvars", "c = 32\nd = 41"),
        ("i/terraform.tfvars.json", "{\"b\": 21, \"c\": 33}"),
        ("i/terraform.tfvars", "a = 11\nb = 22\nc = 34"),
        ("i/prod.tfvars", "a = 99"),
    ]);
    let x = evaluated.resources[0].attributes.get("x").expect("x");
    assert_eq!(display_path(x), json!([11, 21, 31, 41]));
    let c = &x.as_list().expect("a list")[2];
    assert_eq!(provenances(c), ["i/b.auto.tfvars: c = 31", "i/main.tf: x = [var.a, var.b, var.c, var.d]"]);
}

#[test]
fn types_convert_and_fill_in() {
    let rest = r#"
variable "o" {
  type = object({
    a = optional(bool, true)
    b = optional(string)
    c = list(number)
    d = optional(object({ e = optional(set(string), ["y"]) }), {})
  })
  default = { c = ["1"], z = 1 }
}
variable "n" {
  nullable = false
  default  = "kept"
}
"#;
    assert_eq!(value("var.o", rest), json!({"a": true, "b": null, "c": [1], "d": {"e": ["y"]}}));
}

#[test]
fn modules_are_entered() {
    let evaluated = evaluated(&[
        (
            "live/main.tf",
            r#"
module "acr" {
  source   = "../modules/acr"
  for_each = { eu = "westeurope", us = "eastus" }
  location = each.value
  public   = each.key == "us"
}
resource "azurerm_container_registry_task" "t" {
  container_registry_id = module.acr["us"].id
  x                     = module.acr["eu"].public
}
"#,
        ),
        (
            "modules/acr/main.tf",
            r#"
variable "location" {}
variable "public" {
  nullable = false
  default  = true
}
variable "missing" {}
resource "azurerm_container_registry" "main" {
  location                      = var.location
  public_network_access_enabled = var.public
  x                             = var.missing
}
output "id" { value = azurerm_container_registry.main.id }
output "public" { value = azurerm_container_registry.main.public_network_access_enabled }
"#,
        ),
    ]);
    assert_eq!(
        addresses(&evaluated),
        [
            "azurerm_container_registry_task.t",
            "module.acr[\"eu\"].azurerm_container_registry.main",
            "module.acr[\"us\"].azurerm_container_registry.main"
        ]
    );
    let task = &evaluated.resources[0].attributes;
    assert_eq!(
        display_path(task),
        json!({"container_registry_id": "@module.acr[\"us\"].azurerm_container_registry.main.id", "x": false})
    );
    let registry = &evaluated.resources[1];
    let missing = "? The module's variable `missing` has no default and is not given.";
    assert_eq!(
        display_path(&registry.attributes),
        json!({"location": "westeurope", "public_network_access_enabled": false, "x": missing})
    );
    let public = registry.attributes.get("public_network_access_enabled").expect("public");
    assert_eq!(
        provenances(public),
        [
            "live/main.tf: public   = each.key == \"us\"",
            "modules/acr/main.tf: public_network_access_enabled = var.public"
        ]
    );
    let related: Vec<String> = registry.related.iter().map(|(_, span)| at(span)).collect();
    assert_eq!(related, ["live/main.tf: module \"acr\""]);
    assert_eq!(evaluated.calls.len(), 2);
    assert_eq!(evaluated.gaps, [""; 0]);
}

#[test]
fn modules_that_are_not_on_disk_are_told() {
    let evaluated = evaluated(&[(
        "main.tf",
        "module \"net\" {\n  source = \"Azure/network/azurerm\"\n}\nmodule \"a\" {\n  source = \"Azure/avm-res-containerregistry-registry/azurerm\"\n}\nmodule \"b\" {\n  source = \"git::x\"\n  registry_id = azurerm_container_registry.r.id\n}\nresource \"azurerm_container_registry\" \"r\" {\n  x = module.net.y\n}",
    )]);
    let unread: Vec<(&str, bool)> =
        evaluated.unread.iter().map(|unread| (unread.source.as_str(), unread.of_registries)).collect();
    assert_eq!(
        unread,
        [
            ("Azure/network/azurerm", false),
            ("Azure/avm-res-containerregistry-registry/azurerm", true),
            ("git::x", false)
        ]
    );
    let x = evaluated.resources[0].attributes.get("x").expect("x");
    assert_eq!(display_path(x), json!("? The module `net` is not on disk."));
}

#[test]
fn a_file_with_an_error_is_a_gap_and_the_others_are_read() {
    let evaluated = evaluated(&[
        ("i/main.tf", "\u{feff}resource \"azurerm_container_registry\" \"r\" {\r\n\tx = var.a\r\n}\r\n"),
        ("i/bad.tf", "variable \"a\" {\r\n\tdefault = \r\n}\r\n"),
        ("i/more.tf.json", "{\"resource\": {\"azurerm_container_registry\": {\"j\": {\"x\": \"${1 + 1}\"}}}}"),
        ("i/z_override.tf", "resource \"azurerm_container_registry\" \"r\" {\n  y = 1\n}"),
        ("i/twice.tf", "resource \"azurerm_container_registry\" \"r\" {}"),
    ]);
    assert_eq!(
        evaluated.gaps,
        [
            "i/bad.tf:2:12: a value was expected, not the end of the line",
            "i/twice.tf:1:1: `resource azurerm_container_registry r` is declared twice; the first is read, keep one"
        ]
    );
    let all: Vec<Value> = evaluated.resources.iter().map(|resource| display_path(&resource.attributes)).collect();
    assert_eq!(all, [json!({"x": "? The variable `a` is not declared.", "y": 1}), json!({"x": 2})]);
    let x = evaluated.resources[0].attributes.get("x").and_then(|x| x.provenance.span.clone()).expect("a place");
    assert_eq!(x.position().to_string(), "i/main.tf:2:2");
}
