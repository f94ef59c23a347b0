use serde_json::{Value, json};

use super::{display_path, evaluated, provenances, registry, value};
use crate::model::cloud::Cloud;
use crate::net::service_tags::ServiceTags;
use crate::source::code::declared::Node;
use crate::source::code::terraform::resource::Resource;

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
        assert_eq!(display_path(&registry), json!({"network_rule_set": expected}), "{rules}");
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
            provenances(ranges[0]),
            [format!("main.tf: data.azurerm_network_service_tags.acr.{attribute}").as_str(), used]
        );
        let note = ranges[0].provenance.note.as_deref().expect("a note");
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
fn resources_are_expanded() {
    let expanded = |meta: &str| {
        let text = format!(
            "variable \"n\" {{}}\nresource \"azurerm_container_registry\" \"r\" {{\n{meta}\nname = try(each.value, count.index, \"single\")\n}}"
        );
        let evaluated = evaluated(&[("main.tf", &text)]);
        let display_path = |resource: &Resource| {
            // A name that is not known is one that nothing else has.
            let name = match display_path(resource.attributes.get("name").expect("a name")) {
                Value::String(name) if name.starts_with("@?") => json!("?"),
                name => name,
            };
            (resource.address.clone(), resource.unexpanded, name)
        };
        (evaluated.resources.iter().map(display_path).collect::<Vec<_>>(), evaluated.gaps)
    };
    let r = |suffix: &str, open: bool, name: Value| (format!("azurerm_container_registry.r{suffix}"), open, name);
    let unset = "?";
    let no_each = json!("?");
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
    assert_eq!(display_path(rules), json!({"ip_rule": [{"ip_range": "1.2.3.4"}, {"ip_range": "::1"}, unset]}));
    let rules = rules.get("ip_rule").and_then(Node::as_list).expect("rules");
    assert_eq!(provenances(&rules[2]), ["main.tf: var.ips"]);
}

#[test]
fn a_body_written_as_json_keeps_its_places() {
    let evaluated = evaluated(&[(
        "main.tf",
        "resource \"azapi_resource\" \"r\" {\n  body = jsonencode({ properties = { publicNetworkAccess = \"Enabled\" } })\n}",
    )]);
    let body = evaluated.resources[0].attributes.get("body").expect("a body");
    let access = body.get("properties").and_then(|p| p.get("publicNetworkAccess")).expect("a value");
    assert_eq!(provenances(access), ["main.tf: \"Enabled\""]);
}
