use proptest::prelude::*;

use super::{addresses, evaluated};
use crate::source::code::declared::{Node, NodeValue};

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
        assert!(!x.is_fully_known(), "{join}");
    }
    let loops = "[for a in range(10000) : [for b in range(10000) : [for c in range(10000) : a]]]";
    let text = format!("locals {{\n  l40 = {loops}\n}}\n{registry}");
    let looped = evaluated(&[("main.tf", &text)]);
    assert!(looped.gaps.iter().any(|gap| gap.reason.contains("too many steps")), "{:?}", looped.gaps);
    let chain: String = (1..20_000).map(|n| format!("  l{n} = local.l{}\n", n + 1)).collect();
    let text = format!("locals {{\n{chain}}}\nresource \"azurerm_container_registry\" \"r\" {{\n  x = local.l1\n}}");
    let chained = evaluated(&[("main.tf", &text)]);
    assert!(
        chained.gaps.iter().any(|gap| gap.reason.contains("refer to one another over more than")),
        "{:?}",
        chained.gaps
    );
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
    let places = node.provenance.span.iter().chain(node.provenance.related.iter().map(|(_, span)| span));
    for span in places {
        assert!(span.file.text.get(span.start..span.end).is_some(), "{}..{}", span.start, span.end);
    }
    match &node.value {
        NodeValue::List(items) => items.iter().for_each(check),
        NodeValue::Object(members) => members.iter().for_each(|(_, member)| check(member)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

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
            let span = &resource.block;
            prop_assert!(span.file.text.get(span.start..span.end).is_some());
        }
    }
}
