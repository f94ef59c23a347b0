use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::service_tags::ServiceTags;
use crate::source::declared::{Node, Place, Val};
use crate::source::terraform::config::{Evaluated, evaluate};
use crate::source::terraform::resource::Resource;
use crate::source::terraform::tree::{Installed, Source, Tree};
use crate::text_file::TextFile;

/// Evaluates files: path -> text. The first one's folder is the root.
fn evaluated(files: &[(&str, &str)]) -> Evaluated {
    let mut folders: BTreeMap<PathBuf, Vec<Source>> = BTreeMap::new();
    for (path, text) in files {
        let folder = Path::new(path).parent().expect("a folder").to_owned();
        folders.entry(folder).or_default().push(Source::Text(Arc::new(TextFile::new(*path, *text))));
    }
    let tree = Tree::load(folders, false);
    let tags = ServiceTags::embedded(Cloud::Public).expect("the table");
    let root = Path::new(files[0].0).parent().expect("a folder");
    let mut evaluated = evaluate(&tree, root, &Installed::new(), &HashMap::new(), &tags);
    evaluated.gaps.extend(tree.gaps);
    evaluated
}

/// The attributes of the only registry of one file.
fn registry(text: &str) -> Node {
    let text = text.replace("REGISTRY", "resource \"azurerm_container_registry\" \"main\"");
    let mut evaluated = evaluated(&[("main.tf", &text)]);
    assert_eq!(evaluated.gaps, Vec::<String>::new(), "{text}");
    assert_eq!(evaluated.resources.len(), 1, "{text}");
    evaluated.resources.remove(0).attributes
}

/// A value as JSON: `?` and the note where it is not known, `@` and the name where it is named.
fn shown(node: &Node) -> Value {
    match &node.value {
        Val::Unknown => json!(format!("? {}", node.site.note.as_deref().unwrap_or_default())),
        Val::Symbol(name) => json!(format!("@{name}")),
        Val::List(items) => items.iter().map(shown).collect(),
        Val::Object(members) => members.iter().map(|(key, value)| (key.clone(), shown(value))).collect(),
        _ => node.to_json().expect("known"),
    }
}

fn at(place: &Place) -> String {
    format!("{}: {}", place.file.path, &place.file.text[place.start..place.end])
}

/// Where a value stands, and where it is used.
fn sites(node: &Node) -> Vec<String> {
    let related = node.site.related.iter().map(|(_, place)| at(place));
    node.site.place.iter().map(at).chain(related).collect()
}

fn addresses(evaluated: &Evaluated) -> Vec<&str> {
    evaluated.resources.iter().map(|resource| resource.address.as_str()).collect()
}

/// The value of `x = …` in a registry, with what else the file says.
fn value(expression: &str, rest: &str) -> Value {
    let node = registry(&format!("REGISTRY {{\n  x = {expression}\n}}\n{rest}"));
    shown(node.get("x").expect("x"))
}

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
        ("\"${var.secret}-x\"", json!("? The variable `secret` has no default and no value is given.")),
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
    let get = |name: &str| sites(registry.get(name).expect(name));
    let used = "main.tf: public_network_access_enabled = var.public";
    assert_eq!(get("public_network_access_enabled"), ["main.tf: default = \"true\"", used]);
    assert_eq!(registry.get("public_network_access_enabled").and_then(Node::as_bool), Some(true));
    let used = ["main.tf: admin = var.public", "main.tf: admin_enabled                 = local.admin"];
    assert_eq!(get("admin_enabled"), [["main.tf: default = \"true\""].as_slice(), &used].concat());
    assert_eq!(get("anonymous_pull_enabled"), ["main.tf: anonymous_pull_enabled        = true"]);
    assert_eq!(get("data_endpoint_enabled"), ["main.tf: data_endpoint_enabled         = 1 == 1 ? true : false"]);
    assert_eq!(sites(registry.get("tags").and_then(|tags| tags.get("a")).expect("a")), ["main.tf: \"b\""]);
    assert_eq!(sites(&registry), ["main.tf: resource \"azurerm_container_registry\" \"main\""]);
    let rules = &registry.get("network_rule_set").and_then(Node::as_list).expect("a list")[0];
    assert_eq!(sites(rules), ["main.tf: network_rule_set"]);
    let rules = rules.get("ip_rule").and_then(Node::as_list).expect("rules");
    assert_eq!(
        sites(rules[1].get("ip_range").expect("a range")),
        ["main.tf: \"5.6.7.8\"", "main.tf: ip_range = ip_rule.key"]
    );
    assert_eq!(sites(rules[1].get("action").expect("an action")), ["main.tf: action   = \"Allow\""]);
}

#[test]
fn blocks_and_lists_of_objects_are_the_same() {
    let expected = json!([{"default_action": "Deny", "ip_rule": [
        {"action": "Allow", "ip_range": "1.2.3.4/32"}, {"action": "Allow", "ip_range": "5.6.7.8/32"}]}]);
    for rules in [
        "network_rule_set {\ndefault_action = \"Deny\"\nip_rule {\naction = \"Allow\"\nip_range = \"1.2.3.4/32\"\n}\nip_rule {\naction = \"Allow\"\nip_range = \"5.6.7.8/32\"\n}\n}",
        "network_rule_set = [{ default_action = \"Deny\", ip_rule = [for ip in [\"1.2.3.4\", \"5.6.7.8\"] : { action = \"Allow\", ip_range = \"${ip}/32\" }] }]",
        "network_rule_set {\ndefault_action = \"Deny\"\nip_rule = [{ action = \"Allow\", ip_range = \"1.2.3.4/32\" }, { action = \"Allow\", ip_range = \"5.6.7.8/32\" }]\n}",
        "dynamic \"network_rule_set\" {\nfor_each = [1]\ncontent {\ndefault_action = \"Deny\"\ndynamic \"ip_rule\" {\niterator = it\nfor_each = { a = \"1.2.3.4/32\", b = \"5.6.7.8/32\" }\ncontent {\naction = \"Allow\"\nip_range = it.value\n}\n}\n}\n}",
    ] {
        let registry = registry(&format!("REGISTRY {{\n{rules}\nlifecycle {{\nignore_changes = [tags]\n}}\n}}"));
        assert_eq!(shown(&registry), json!({"network_rule_set": expected}), "{rules}");
    }
}

#[test]
fn service_tags_are_read_from_the_table() {
    for (attribute, six) in [("ipv4_cidrs", false), ("address_prefixes", true)] {
        let registry = registry(&format!(
            r#"
data "azurerm_network_service_tags" "acr" {{
  location        = "westeurope"
  service         = "AzureContainerRegistry"
  location_filter = "East US"
}}
REGISTRY {{
  network_rule_set {{
    dynamic "ip_rule" {{
      for_each = data.azurerm_network_service_tags.acr.{attribute}
      content {{
        action   = "Allow"
        ip_range = ip_rule.value
      }}
    }}
  }}
}}"#
        ));
        let rules = &registry.get("network_rule_set").and_then(Node::as_list).expect("a list")[0];
        let rules = rules.get("ip_rule").and_then(Node::as_list).expect("rules");
        let tags = ServiceTags::embedded(Cloud::Public).expect("the table");
        let tag = tags.region("eastus").expect("a tag");
        let expected: Vec<String> = tag.ipv4.iter().map(ToString::to_string).collect();
        let ranges: Vec<&Node> = rules.iter().filter_map(|rule| rule.get("ip_range")).collect();
        let texts: Vec<&str> = ranges.iter().filter_map(|range| range.as_str()).collect();
        assert_eq!(texts[..expected.len()], expected);
        assert_eq!(texts.iter().any(|text| text.contains(':')), six);
        let used = "main.tf: ip_range = ip_rule.value";
        assert_eq!(
            sites(ranges[0]),
            [format!("main.tf: data.azurerm_network_service_tags.acr.{attribute}").as_str(), used]
        );
        let note = ranges[0].site.note.as_deref().expect("a note");
        assert!(
            note.starts_with("It is one of the addresses of AzureContainerRegistry.EastUS (embedded table of "),
            "{note}"
        );
    }
    let rest =
        "data \"azurerm_network_service_tags\" \"t\" {\n service = \"AzureContainerRegistry\"\n location = \"a\"\n}";
    assert_eq!(
        value("data.azurerm_network_service_tags.t.ipv4_cidrs", rest),
        json!("? The service tag's addresses in all regions are read when Terraform runs.")
    );
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
        shown(registry.and_then(|registry| registry.attributes.get("x")).expect("x"))
    };
    for (expression, result) in [
        ("azurerm_resource_group.rg.location", json!("westeurope")),
        ("azurerm_resource_group.rg.id", json!("@azurerm_resource_group.rg.id")),
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
        ("azurerm_container_registry_task.t.name", json!("@azurerm_container_registry_task.t.name")),
        (
            "azurerm_container_registry_task.t.identity[0].principal_id",
            json!("@azurerm_container_registry_task.t.identity[0].principal_id"),
        ),
        ("azurerm_container_registry_task.t.identity[0].type", json!("SystemAssigned")),
        ("data.azurerm_resource_group.rg.name", json!("other")),
        ("data.azurerm_resource_group.rg.id", json!("@data.azurerm_resource_group.rg.id")),
        (
            "data.azurerm_resource_group.rg.location",
            json!("? `data.azurerm_resource_group.rg.location` is read when Terraform runs."),
        ),
    ] {
        assert_eq!(value(expression), result, "{expression}");
    }
}

#[test]
fn resources_are_expanded() {
    let expanded = |meta: &str| {
        let text = format!(
            "variable \"n\" {{}}\nresource \"azurerm_container_registry\" \"r\" {{\n{meta}\nname = try(each.value, count.index, \"single\")\n}}"
        );
        let evaluated = evaluated(&[("main.tf", &text)]);
        let shown = |resource: &Resource| {
            let name = shown(resource.attributes.get("name").expect("a name"));
            (resource.address.clone(), resource.unexpanded, name)
        };
        (evaluated.resources.iter().map(shown).collect::<Vec<_>>(), evaluated.gaps)
    };
    let r = |suffix: &str, open: bool, name: Value| (format!("azurerm_container_registry.r{suffix}"), open, name);
    let unset = "? The variable `n` has no default and no value is given.";
    let no_each = json!("? `each.value` has no value here.");
    assert_eq!(expanded("").0, [r("", false, no_each.clone())]);
    assert_eq!(expanded("count = 2").0, [r("[0]", false, no_each.clone()), r("[1]", false, no_each.clone())]);
    assert_eq!(expanded("count = 0").0, []);
    assert_eq!(
        expanded("for_each = toset([\"b\", \"a\"])").0,
        [r("[\"a\"]", false, json!("a")), r("[\"b\"]", false, json!("b"))]
    );
    assert_eq!(expanded("for_each = { \"x.y\" = \"v\" }").0, [r("[\"x.y\"]", false, json!("v"))]);
    assert_eq!(expanded("for_each = var.n").0, [r("", true, json!(unset))]);
    assert_eq!(
        expanded("for_each = toset([\"a\", var.n])").0,
        [r("[\"a\"]", false, json!("a")), r("", true, json!(unset))]
    );
    let (resources, gaps) = expanded("count = 1e9");
    assert_eq!(resources, [r("", true, no_each)]);
    assert_eq!(gaps, ["main.tf:3:1: 1000000000 instances; at most 10000 of one block are read"]);
}

#[test]
fn an_unknown_for_each_of_a_dynamic_block_is_an_unknown_rule() {
    let registry = registry(
        "variable \"ips\" {}\nREGISTRY {\nnetwork_rule_set {\nip_rule {\nip_range = \"1.2.3.4\"\n}\ndynamic \"ip_rule\" {\nfor_each = concat([\"::1\"], var.ips)\ncontent {\nip_range = ip_rule.value\n}\n}\n}\n}",
    );
    let rules = &registry.get("network_rule_set").and_then(Node::as_list).expect("a list")[0];
    let unset = "? The variable `ips` has no default and no value is given.";
    assert_eq!(shown(rules), json!({"ip_rule": [{"ip_range": "1.2.3.4"}, {"ip_range": "::1"}, unset]}));
    let rules = rules.get("ip_rule").and_then(Node::as_list).expect("rules");
    assert_eq!(sites(&rules[2]), ["main.tf: var.ips"]);
}

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
    assert_eq!(shown(x), json!([11, 21, 31, 41]));
    let c = &x.as_list().expect("a list")[2];
    assert_eq!(sites(c), ["i/b.auto.tfvars: c = 31", "i/main.tf: x = [var.a, var.b, var.c, var.d]"]);
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
        shown(task),
        json!({"container_registry_id": "@module.acr[\"us\"].azurerm_container_registry.main.id", "x": false})
    );
    let registry = &evaluated.resources[1];
    let missing = "? The module's variable `missing` has no default and is not given.";
    assert_eq!(
        shown(&registry.attributes),
        json!({"location": "westeurope", "public_network_access_enabled": false, "x": missing})
    );
    let public = registry.attributes.get("public_network_access_enabled").expect("public");
    assert_eq!(
        sites(public),
        [
            "live/main.tf: public   = each.key == \"us\"",
            "modules/acr/main.tf: public_network_access_enabled = var.public"
        ]
    );
    let related: Vec<String> = registry.related.iter().map(|(_, place)| at(place)).collect();
    assert_eq!(related, ["live/main.tf: module \"acr\""]);
    assert_eq!(evaluated.calls.len(), 2);
    assert_eq!(evaluated.gaps, Vec::<String>::new());
}

#[test]
fn circles_end() {
    let circle = evaluated(&[(
        "main.tf",
        "locals {\n  a = local.b\n  b = [local.a]\n}\nresource \"azurerm_container_registry\" \"r\" {\n  x = local.a\n  count = azurerm_container_registry.r[0].y\n}",
    )]);
    assert_eq!(circle.gaps, ["main.tf:2:3: `local.a` refers to itself; break the circle"]);
    let itself = evaluated(&[
        ("r/main.tf", "module \"m\" {\n  source = \"../m\"\n}"),
        ("m/main.tf", "module \"n\" {\n  source = \"../n\"\n}\nresource \"azurerm_container_registry\" \"r\" {}"),
        ("n/main.tf", "module \"m\" {\n  source = \"../m/\"\n}"),
    ]);
    assert_eq!(itself.gaps, ["n/main.tf:1:1: the module includes itself; break the circle"]);
    assert_eq!(addresses(&itself), ["module.m.azurerm_container_registry.r"]);
}

#[test]
fn what_would_take_for_ever_ends() {
    let registry = "resource \"azurerm_container_registry\" \"r\" {\n  x = local.l40\n}";
    let doubled = |join: &str| {
        let lines = (1..=40).map(|n| format!("  l{n} = {}\n", join.replace('@', &format!("local.l{}", n - 1))));
        let text = format!("locals {{\n  l0 = [\"a\"]\n{}}}\n{registry}", lines.collect::<String>());
        evaluated(&[("main.tf", &text)])
    };
    for join in ["[@, @]", "concat(@, @)", "{ a = @, b = @ }", "[join(\"\", [@[0], @[0]])]"] {
        let evaluated = doubled(join);
        let x = evaluated.resources[0].attributes.get("x").expect("x");
        assert!(!x.is_whole(), "{join}");
    }
    let loops = "[for a in range(10000) : [for b in range(10000) : [for c in range(10000) : a]]]";
    let text = format!("locals {{\n  l40 = {loops}\n}}\n{registry}");
    let looped = evaluated(&[("main.tf", &text)]);
    assert!(looped.gaps.iter().any(|gap| gap.contains("too many steps")), "{:?}", looped.gaps);
    let chain: String = (1..20_000).map(|n| format!("  l{n} = local.l{}\n", n + 1)).collect();
    let text = format!("locals {{\n{chain}}}\nresource \"azurerm_container_registry\" \"r\" {{\n  x = local.l1\n}}");
    let chained = evaluated(&[("main.tf", &text)]);
    assert!(chained.gaps.iter().any(|gap| gap.contains("refer to one another over more than")), "{:?}", chained.gaps);
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
            ("git::x", true)
        ]
    );
    let x = evaluated.resources[0].attributes.get("x").expect("x");
    assert_eq!(shown(x), json!("? The module `net` is not on disk."));
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
    let all: Vec<Value> = evaluated.resources.iter().map(|resource| shown(&resource.attributes)).collect();
    assert_eq!(all, [json!({"x": "? The variable `a` is not declared.", "y": 1}), json!({"x": 2})]);
    let x = evaluated.resources[0].attributes.get("x").and_then(|x| x.site.place.clone()).expect("a place");
    assert_eq!(x.shown(), "i/main.tf:2:2");
}

#[test]
fn a_body_written_as_json_keeps_its_places() {
    let evaluated = evaluated(&[(
        "main.tf",
        "resource \"azapi_resource\" \"r\" {\n  body = jsonencode({ properties = { publicNetworkAccess = \"Enabled\" } })\n}",
    )]);
    let body = evaluated.resources[0].attributes.get("body").expect("a body");
    let access = body.get("properties").and_then(|p| p.get("publicNetworkAccess")).expect("a value");
    assert_eq!(sites(access), ["main.tf: \"Enabled\""]);
}

const SAMPLE: &str = r#"variable "é" { default = ["1.2.3.4", "😀"] }
variable "o" { type = object({ a = optional(list(string), ["b"]) }) }
locals {
  a = { for k, v in var.é : v => [k, try(local.b.x, v)] }
  b = flatten([local.a["😀"], [for x in data.azurerm_network_service_tags.t.ipv4_cidrs : x]])
}
data "azurerm_network_service_tags" "t" {
  service = "AzureContainerRegistry"
  location_filter = "eastus"
}
resource "azurerm_container_registry" "r" {
  count = length(var.é)
  name  = "r${count.index}%{ if true }x%{ endif }"
  network_rule_set {
    dynamic "ip_rule" {
      for_each = concat(local.b, var.o.a)
      content { ip_range = "${ip_rule.value}/${cidrhost("10.0.0.0/8", 1 + -2)}" }
    }
  }
}
module "m" {
  source = "./m"
  x = azurerm_container_registry.r[*].id
}
"#;

fn check(node: &Node) {
    let places = node.site.place.iter().chain(node.site.related.iter().map(|(_, place)| place));
    for place in places {
        assert!(place.file.text.get(place.start..place.end).is_some(), "{}..{}", place.start, place.end);
    }
    match &node.value {
        Val::List(items) => items.iter().for_each(check),
        Val::Object(members) => members.iter().for_each(|(_, member)| check(member)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn places_lie_in_their_files(edits in proptest::collection::vec((0..SAMPLE.len(), 0usize..9, "[\\[\\]{}\"$%<>?:a-cé\n .,=*/-]{0,4}"), 0..3)) {
        let mut text = SAMPLE.to_owned();
        for (at, length, new) in edits {
            let start = text.floor_char_boundary(at);
            let end = text.floor_char_boundary((at + length).min(text.len())).max(start);
            text.replace_range(start..end, &new);
        }
        let module = "variable \"x\" {}\nresource \"azurerm_container_registry\" \"i\" {\n x = var.x\n}";
        let evaluated = evaluated(&[("main.tf", &text), ("m/main.tf", module)]);
        for resource in &evaluated.resources {
            check(&resource.attributes);
            let place = &resource.block;
            prop_assert!(place.file.text.get(place.start..place.end).is_some());
        }
    }
}
