use serde_json::json;

use super::{display_path, evaluated, provenances, registry, value};
use crate::source::code::declared::Node;

#[test]
fn expressions_have_terraforms_values() {
    let rest = r#"
variable "unset" {}
variable "secret" {
  sensitive = true
}
variable "set" { default = { a = [1, 2], b = { c = "d" } } }
locals { list = [{ n = "a" }, { n = "b" }] }
"#;
    let unset = "? The variable `unset` has no default and no value is given.";
    for (expression, result) in [
        ("1 + 2 * 3", json!(7)),
        ("7 / 2", json!(3.5)),
        ("\"a${1 + 1}b\"", json!("a2b")),
        ("\"${true}\"", json!(true)),
        ("\"%{ if true }y%{ else }n%{ endif }%{ for x in [1, 2] }${x},%{ endfor }\"", json!("y1,2,")),
        ("var.set.a[1]", json!(2)),
        ("var.set[\"b\"].c", json!("d")),
        ("local.list[*].n", json!(["a", "b"])),
        ("local.list.*.n[0]", json!(["a", "b"][0])),
        ("[for i, x in local.list : \"${i}${x.n}\" if x.n != \"a\"]", json!(["1b"])),
        ("{ for x in local.list : x.n => upper(x.n) }", json!({"a": "A", "b": "B"})),
        ("{ for x in local.list : \"k\" => x.n... }", json!({"k": ["a", "b"]})),
        ("merge(local.list...)", json!({"n": "b"})),
        ("try(var.set.nope, local.list[9].n, \"z\")", json!("z")),
        ("can(var.set.nope)", json!(false)),
        ("try(var.unset, \"z\")", json!(unset)),
        ("true ? \"a\" : var.unset", json!("a")),
        ("var.unset ? \"a\" : \"a\"", json!("a")),
        ("var.unset ? \"a\" : \"b\"", json!(unset)),
        ("var.unset && false", json!(false)),
        ("var.unset || true", json!(true)),
        ("var.unset == null", json!(unset)),
        ("azurerm_subnet.a.id == null", json!("? There is no resource `azurerm_subnet.a` in the module.")),
        ("[for x in [var.unset, \"a\"] : upper(x)]", json!([unset, "A"])),
        ("concat([\"a\"], var.unset)", json!(["a", unset])),
        ("var.nope", json!("? The variable `nope` is not declared.")),
        ("var.set.nope", json!("? It has no attribute `nope`.")),
        ("\"${var.secret}-x\"", json!("@${var.secret}-x")),
        ("frobnicate(1)", json!("? The function `frobnicate` is not evaluated.")),
        ("terraform.workspace", json!("? `terraform.workspace` depends on where Terraform runs.")),
        ("1 / 0", json!("? The result is no finite number.")),
        ("[for x in range(100000) : x]", json!("? The range has more than 10000 items.")),
    ] {
        assert_eq!(value(expression, rest), result, "{expression}");
    }
}

#[test]
fn values_stand_where_they_are_written() {
    let registry = registry(
        r#"
variable "public" {
  type    = bool
  default = "true"
}
variable "ips" {
  default = ["1.2.3.4", "5.6.7.8"]
}
locals {
  admin = var.public
}
REGISTRY {
  public_network_access_enabled = var.public
  admin_enabled                 = local.admin
  anonymous_pull_enabled        = true
  data_endpoint_enabled         = 1 == 1 ? true : false
  tags                          = { a = "b" }
  network_rule_set {
    default_action = "Deny"
    dynamic "ip_rule" {
      for_each = toset(var.ips)
      content {
        action   = "Allow"
        ip_range = ip_rule.key
      }
    }
  }
}"#,
    );
    let get = |name: &str| provenances(registry.get(name).expect(name));
    let used = "main.tf: public_network_access_enabled = var.public";
    assert_eq!(get("public_network_access_enabled"), ["main.tf: default = \"true\"", used]);
    assert_eq!(registry.get("public_network_access_enabled").and_then(Node::as_bool), Some(true));
    let used = ["main.tf: admin = var.public", "main.tf: admin_enabled                 = local.admin"];
    assert_eq!(get("admin_enabled"), [["main.tf: default = \"true\""].as_slice(), &used].concat());
    assert_eq!(get("anonymous_pull_enabled"), ["main.tf: anonymous_pull_enabled        = true"]);
    assert_eq!(get("data_endpoint_enabled"), ["main.tf: data_endpoint_enabled         = 1 == 1 ? true : false"]);
    assert_eq!(provenances(registry.get("tags").and_then(|tags| tags.get("a")).expect("a")), ["main.tf: \"b\""]);
    assert_eq!(provenances(&registry), ["main.tf: resource \"azurerm_container_registry\" \"main\""]);
    let rules = &registry.get("network_rule_set").and_then(Node::as_list).expect("a list")[0];
    assert_eq!(provenances(rules), ["main.tf: network_rule_set"]);
    let rules = rules.get("ip_rule").and_then(Node::as_list).expect("rules");
    assert_eq!(
        provenances(rules[1].get("ip_range").expect("a range")),
        ["main.tf: \"5.6.7.8\"", "main.tf: ip_range = ip_rule.key"]
    );
    assert_eq!(provenances(rules[1].get("action").expect("an action")), ["main.tf: action   = \"Allow\""]);
}

#[test]
fn references_are_values_where_the_block_says_so_and_names_where_not() {
    let rest = r#"
variable "n" {}
resource "azurerm_resource_group" "rg" {
  name     = "group"
  location = "westeurope"
}
resource "azurerm_subnet" "s" {
  count = 2
  name  = "s${count.index}"
}
resource "azurerm_subnet" "e" {
  for_each = { a = "1", b = "2" }
  name     = each.value
}
resource "azurerm_subnet" "open" {
  count = var.n
}
resource "azurerm_container_registry_task" "t" {
  name = var.n
  identity { type = "SystemAssigned" }
}
data "azurerm_resource_group" "rg" {
  name = "other"
}
"#;
    // Only the registry is looked at here.
    let value = |expression: &str| {
        let text = format!("resource \"azurerm_container_registry\" \"main\" {{\n  x = {expression}\n}}\n{rest}");
        let evaluated = evaluated(&[("main.tf", &text)]);
        let registry = evaluated.resources.iter().find(|resource| resource.kind == "azurerm_container_registry");
        display_path(registry.and_then(|registry| registry.attributes.get("x")).expect("x"))
    };
    for (expression, result) in [
        ("azurerm_resource_group.rg.location", json!("westeurope")),
        (
            "azurerm_resource_group.rg.id",
            json!("@/subscriptions/${azurerm_resource_group.rg.subscription_id}/resourceGroups/group"),
        ),
        ("azurerm_resource_group.rg", json!("@azurerm_resource_group.rg")),
        ("azurerm_subnet.s[1].name", json!("s1")),
        ("azurerm_subnet.s[1].id", json!("@azurerm_subnet.s[1].id")),
        ("azurerm_subnet.s[*].name", json!(["s0", "s1"])),
        ("azurerm_subnet.e[\"b\"].id", json!("@azurerm_subnet.e[\"b\"].id")),
        ("[for k, s in azurerm_subnet.e : s.name]", json!(["1", "2"])),
        ("values(azurerm_subnet.e)[*].id", json!(["@azurerm_subnet.e[\"a\"].id", "@azurerm_subnet.e[\"b\"].id"])),
        ("try(azurerm_subnet.s[7].id, \"none\")", json!("none")),
        ("azurerm_subnet.s[0].id == null", json!(false)),
        ("azurerm_subnet.open[0].id", json!("? How many of `azurerm_subnet.open` there are is not known.")),
        ("azurerm_container_registry_task.t.name", json!("@var.n")),
        (
            "azurerm_container_registry_task.t.identity[0].principal_id",
            json!("@azurerm_container_registry_task.t.identity[0].principal_id"),
        ),
        ("azurerm_container_registry_task.t.identity[0].type", json!("SystemAssigned")),
        ("data.azurerm_resource_group.rg.name", json!("other")),
        (
            "data.azurerm_resource_group.rg.id",
            json!("@/subscriptions/${data.azurerm_resource_group.rg.subscription_id}/resourceGroups/other"),
        ),
        ("data.azurerm_resource_group.rg.location", json!("@data.azurerm_resource_group.rg.location")),
    ] {
        assert_eq!(value(expression), result, "{expression}");
    }
}
