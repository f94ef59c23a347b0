mod around;
mod compiled;
mod hostile;

use serde_json::{Value, json};

use super::super::arm;
use super::super::declared::{DeclaredRegistry, Node, NodeValue};
use super::super::discover::{BicepFile, SourceFiles};
use super::super::extraction::Extraction;
use super::*;
use crate::model::inventory::Language;
use crate::model::path::display_path;

/// A folder with these files; the first `.bicep` beside a `.json` of its name was compiled to that.
fn scan(files: &[(&str, &str)]) -> Scan {
    let folder = tempfile::tempdir().expect("a folder");
    let mut found = SourceFiles::default();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        if name.ends_with(".bicep") {
            let beside = path.with_extension("json");
            let compiled = files.iter().any(|(other, _)| folder.path().join(other) == beside).then_some(beside);
            found.bicep.push(BicepFile { path, compiled: compiled.into_iter().collect() });
        } else if name.ends_with(".bicepparam") {
            found.bicep_parameters.push(path);
        }
    }
    let prefix = format!("{}/", display_path(folder.path()));
    Scan { extraction: read(&found).0, prefix, _folder: folder }
}

struct Scan {
    extraction: Extraction,
    prefix: String,
    _folder: tempfile::TempDir,
}

impl Scan {
    fn gaps(&self) -> Vec<String> {
        self.extraction.gaps.iter().map(|gap| gap.to_string().replace(&self.prefix, "")).collect()
    }

    fn skipped(&self) -> Vec<(String, String)> {
        let short = |text: &String| text.replace(&self.prefix, "");
        self.extraction.skipped.iter().map(|file| (short(&file.location.to_string()), short(&file.reason))).collect()
    }

    /// Root and address of each registry.
    fn addresses(&self) -> Vec<String> {
        let registries = self.extraction.registries.iter();
        registries.map(|one| format!("{}:{}", one.root.replace(&self.prefix, ""), one.address)).collect()
    }

    fn only(&self) -> &DeclaredRegistry {
        assert_eq!(self.gaps(), [""; 0]);
        assert_eq!(self.extraction.registries.len(), 1, "{:?}", self.addresses());
        &self.extraction.registries[0]
    }
}

fn at<'a>(node: &'a Node, path: &str) -> &'a Node {
    path.split('/').fold(node, |node, name| match name.parse::<usize>() {
        Ok(index) => &node.as_list().expect("a list")[index],
        Err(_) => node.get(name).unwrap_or_else(|| panic!("{name} of {path} in {node:?}")),
    })
}

/// The text that a value's place covers, and those of its uses.
fn placed(node: &Node) -> Vec<String> {
    let text = |span: &super::super::declared::Span| span.file.text[span.start..span.end].to_owned();
    let own = node.provenance.span.iter().map(text);
    own.chain(node.provenance.related.iter().map(|(_, span)| text(span))).collect()
}

fn document(registry: &DeclaredRegistry) -> Value {
    serde_json::from_str(&registry.clone().into_record().document).expect("JSON")
}

const WHOLE: &str = r#"
targetScope = 'resourceGroup'

@description('Whether the world may come in.')
@allowed([
  'Enabled'
  'Disabled'
])
param access string = 'Enabled'
param location string = 'eastus'
param name string
param extra array = [
  '5.6.7.0/24'
]
param ranges object = {
  office: '9.9.9.9'
}
var rules = [for range in extra: {
  action: 'Allow'
  value: range
}]
var isOpen = access == 'Enabled'

resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: '${name}registry'
  location: location
  sku: {
    name: isOpen ? 'Premium' : 'Basic'
  }
  identity: { type: 'SystemAssigned' }
  properties: {
    adminUserEnabled: true
    publicNetworkAccess: access
    networkRuleSet: {
      defaultAction: 'Deny'
      ipRules: concat([
        { value: '1.2.3.4' }
        {
          value: ranges.office
        }
      ], rules)
    }
  }

  resource pool 'agentPools@2025-03-01-preview' = {
    name: 'pool'
    properties: {
      count: 1
      virtualNetworkSubnetResourceId: vnet::subnet.id
    }
  }
}

resource vnet 'Microsoft.Network/virtualNetworks@2024-01-01' existing = {
  name: 'net'
  scope: resourceGroup('other')
  resource subnet 'subnets' existing = { name: 'agents' }
}

resource task 'Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview' = [for i in range(0, 2): if (i != 1) {
  parent: acr
  name: 'task${i}'
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    agentPoolName: acr::pool.name
    credentials: {
      customRegistries: {
        '${acr.properties.loginServer}': { identity: '[system]' }
      }
    }
  }
}]

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(acr.id, task[0].id)
  scope: acr
  properties: {
    principalId: task[0].identity.principalId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8311e382-0749-4cb8-b61a-304f252e45ec')
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-01-01' = {
  name: 'acr-endpoint'
  properties: {
    privateLinkServiceConnections: [
      { name: 'link', properties: { privateLinkServiceId: acr.id, groupIds: ['registry'] } }
    ]
  }
}
"#;

#[test]
fn a_whole_registry() {
    for text in [WHOLE.to_owned(), WHOLE.replace('\n', "\r\n")] {
        let scan = scan(&[("main.bicep", &text)]);
        let one = scan.only();
        assert_eq!(scan.addresses(), ["main.bicep:acr"]);
        assert_eq!(one.language, Language::Bicep);
        assert_eq!(one.api_version.as_deref(), Some("2025-11-01"));
        let block = &one.block;
        assert_eq!(
            &block.file.text[block.start..block.end],
            "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01'"
        );
        let registry = &one.registry;
        let access = at(registry, "properties/publicNetworkAccess");
        assert_eq!(access.as_str(), Some("Enabled"));
        assert_eq!(placed(access), ["param access string = 'Enabled'", "publicNetworkAccess: access"]);
        assert_eq!(placed(at(registry, "properties/adminUserEnabled")), ["adminUserEnabled: true"]);
        let rules = at(registry, "properties/networkRuleSet/ipRules").as_list().expect("a list");
        let values: Vec<_> = rules.iter().map(|rule| at(rule, "value").as_str()).collect();
        assert_eq!(values, [Some("1.2.3.4"), Some("9.9.9.9"), Some("5.6.7.0/24")]);
        assert_eq!(placed(at(&rules[0], "value"))[0], "value: '1.2.3.4'");
        assert_eq!(placed(at(&rules[1], "value"))[..2], ["office: '9.9.9.9'", "value: ranges.office"]);
        assert_eq!(placed(at(&rules[2], "value"))[..2], ["'5.6.7.0/24'", "value: range"]);
        assert!(at(registry, "name").is_unknown());
        assert_eq!(at(registry, "sku/name").as_str(), Some("Premium"));
        let bypass = at(registry, "properties/networkRuleBypassAllowedForTasks");
        assert!(bypass.provenance.note.as_ref().is_some_and(|note| note.contains("is the default")), "{bypass:?}");
        assert_eq!(one.tasks.len(), 1, "one of the two is left out by its condition");
        assert_eq!(at(&one.tasks[0], "name").as_str(), Some("task0"));
        assert_eq!(at(&one.tasks[0], "properties/agentPoolName").as_str(), Some("pool"));
        assert_eq!(one.agent_pools.len(), 1);
        assert!(
            matches!(&at(&one.agent_pools[0], "properties/virtualNetworkSubnetResourceId").value, NodeValue::Symbol(id)
            if id.ends_with("/resourceGroups/other/providers/Microsoft.Network/virtualNetworks/net/subnets/agents"))
        );
        assert_eq!(one.role_assignments.len(), 1);
        assert_eq!(
            at(&one.role_assignments[0], "properties/principalId").value,
            at(&one.tasks[0], "identity/principalId").value
        );
        let connections = at(registry, "properties/privateEndpointConnections").as_list().expect("a list");
        assert_eq!(at(&connections[0], "name").as_str(), Some("link"));
        let document = document(one);
        assert_eq!(document["registry"]["properties"]["networkRuleSet"]["ipRules"][2]["value"], "5.6.7.0/24");
        assert_eq!(document["origin"]["address"], "acr");
    }
}

#[test]
fn modules_pass_parameters_and_outputs() {
    let main = "param open bool = true\nmodule second 'parts/task.bicep' = {\n  name: 'second'\n  params: { registry: first.outputs.name }\n}\n\
        module first 'parts/acr.bicep' = {\n  name: 'first'\n  params: {\n    access: open ? 'Enabled' : 'Disabled'\n    sku: null\n  }\n}\n\
        module many 'parts/acr.bicep' = [for (n, i) in ['a', 'b']: if (n != 'a') {\n  params: { access: 'Disabled', name: n }\n}]\n";
    let acr = "param access string\nparam sku string = 'Premium'\nparam name string = 'one'\n\
        resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: name\n  sku: { name: sku }\n  properties: { publicNetworkAccess: access }\n}\n\
        output name string = acr.name\n";
    let task = "param registry string\nresource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {\n  name: registry\n}\n\
        resource task 'Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview' = {\n  parent: acr\n  name: 'build'\n  properties: {}\n}\n\
        resource other 'Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview' = {\n  name: '${registry}/other'\n}\n";
    let scan = scan(&[("main.bicep", main), ("parts/acr.bicep", acr), ("parts/task.bicep", task)]);
    assert_eq!(scan.gaps(), [""; 0]);
    assert_eq!(scan.addresses(), ["main.bicep:first.acr", "main.bicep:many[1].acr"]);
    let first = &scan.extraction.registries[0];
    let access = at(&first.registry, "properties/publicNetworkAccess");
    assert_eq!(access.as_str(), Some("Enabled"));
    assert_eq!(
        placed(access),
        ["'Enabled'", "access: open ? 'Enabled' : 'Disabled'", "publicNetworkAccess: access"][..]
            .iter()
            .map(|text| (*text).to_owned())
            .filter(|text| !text.starts_with("access:"))
            .collect::<Vec<_>>()
    );
    assert_eq!(at(&first.registry, "sku/name").as_str(), Some("Premium"), "null stands for the default");
    assert_eq!(first.related[0].1.position().to_string().replace(&scan.prefix, ""), "main.bicep:6:1");
    let names: Vec<_> = first.tasks.iter().map(|task| at(task, "name").as_str()).collect();
    assert_eq!(names, [Some("build"), Some("other")]);
    assert!(scan.extraction.registries[1].tasks.is_empty());
    let files_read = &scan.extraction.files_read;
    assert_eq!((files_read.len(), files_read[0].files, files_read[0].registries), (1, 3, 2));
}

#[test]
fn modules_that_cannot_be_read_are_told() {
    let main = "module own 'main.bicep' = { name: 'x' }\nmodule gone 'gone.bicep' = { name: 'x' }\n\
        module avm 'br/public:avm/res/container-registry/registry:0.9.1' = {\n  name: 'x'\n}\n\
        module net 'br/public:avm/res/network/virtual-network:0.1.0' = { name: 'x' }\n\
        resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: avm.outputs.name\n}\n";
    let scan = scan(&[("main.bicep", main)]);
    let gaps = scan.gaps();
    assert_eq!(gaps.len(), 3, "{gaps:?}");
    assert_eq!(gaps[0], "main.bicep:1:1: the module includes itself; break the circle");
    assert!(gaps[1].starts_with("main.bicep:2:1: the module is not read: gone.bicep: it is not there"), "{}", gaps[1]);
    assert!(gaps[2].starts_with("main.bicep:3:1: the module br/public:avm/res/container-registry/"), "{}", gaps[2]);
    assert_eq!(scan.skipped().len(), 1);
    assert_eq!(scan.skipped()[0].0, "main.bicep:6:1");
    assert!(scan.extraction.registries[0].registry.get("name").is_some_and(Node::is_unknown));
}

#[test]
fn modules_in_a_circle_end() {
    let a = "module b 'b.bicep' = { name: 'b' }\nresource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = { name: 'a' }\n";
    let scan = scan(&[("a.bicep", a), ("b.bicep", "module a 'a.bicep' = { name: 'a' }\n")]);
    assert_eq!(scan.addresses(), ["a.bicep:acr"]);
    assert_eq!(scan.gaps(), ["b.bicep:1:1: the module includes itself; break the circle"]);
}

const PARAMETERS: &str = "param access 'Enabled' | 'Disabled'\nparam rules string[] = []\n\
    resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'x'\n  sku: { name: 'Premium' }\n\
    \x20 properties: {\n    publicNetworkAccess: access\n    networkRuleSet: { ipRules: [for rule in rules: { value: rule }] }\n  }\n}\n";

#[test]
fn parameter_files() {
    let dev = "using './main.bicep'\nvar office = '1.2.3.4'\nparam access = 'Enabled'\nparam rules = [office]\n";
    let scan_of = |files: &[(&str, &str)]| scan(files);
    let one = scan_of(&[("main.bicep", PARAMETERS), ("dev.bicepparam", dev)]);
    let registry = &one.only().registry;
    assert_eq!(one.addresses(), ["main.bicep:acr"]);
    let access = at(registry, "properties/publicNetworkAccess");
    assert_eq!(placed(access), ["param access = 'Enabled'", "publicNetworkAccess: access"]);
    let rule = at(registry, "properties/networkRuleSet/ipRules/0/value");
    assert_eq!(placed(rule), ["var office = '1.2.3.4'", "office", "value: rule"]);
    let prod = "using 'main.bicep'\nextends 'base.bicepparam'\nparam rules = []\n";
    let base = "using none\nparam access = readEnvironmentVariable('ACCESS', 'Disabled')\nparam rules = ['x']\n";
    let files = [
        ("main.bicep", PARAMETERS),
        ("dev.bicepparam", dev),
        ("prod.bicepparam", prod),
        ("base.bicepparam", base),
        ("lost.bicepparam", "using 'elsewhere.bicep'\n"),
    ];
    let two = scan_of(&files);
    let lost = "lost.bicepparam: it uses no Bicep file on disk: correct its `using`, or name the Bicep file";
    assert_eq!(two.gaps(), [lost]);
    assert_eq!(two.addresses(), ["main.bicep (dev.bicepparam):acr", "main.bicep (prod.bicepparam):acr"]);
    let access = at(&two.extraction.registries[1].registry, "properties/publicNetworkAccess");
    assert_eq!(access.as_str(), Some("Disabled"), "nobody sets the variable here");
    assert_eq!(two.skipped(), []);
}

#[test]
fn what_a_parameter_may_be() {
    let scan = scan(&[("main.bicep", PARAMETERS)]);
    let one = scan.only();
    let access = at(&one.registry, "properties/publicNetworkAccess");
    assert!(access.is_unknown());
    assert!(access.provenance.note.as_ref().is_some_and(|note| note.contains("`access` has no value")), "{access:?}");
    let values: Vec<_> =
        one.alternatives.iter().map(|other| at(&other.registry, "properties/publicNetworkAccess").as_str()).collect();
    assert_eq!(values, [Some("Enabled"), Some("Disabled")]);
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let main = "param zones array\nparam make bool\n@secure()\nparam secret string = 'x'\n\
        resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = [for zone in zones: if (make) {\n  name: 'x${zone}'\n  location: zone\n  \
        properties: {\n    adminUserEnabled: true\n    networkRuleSet: { ipRules: [for z in zones: { value: z }] }\n    ...zones[0]\n  }\n}]\n";
    let scan = scan(&[("main.bicep", main)]);
    let one = scan.only();
    assert_eq!(one.address, "acr[*]");
    assert!(at(&one.registry, "properties/adminUserEnabled").is_unknown(), "what is spread behind it may be another");
    assert!(at(&one.registry, "location").is_unknown());
    assert_eq!(one.related.len(), 1, "the condition");
    let main = main.replace("    ...zones[0]\n", "");
    let scan = scan_one(&main);
    let one = scan.only();
    assert_eq!(at(&one.registry, "properties/adminUserEnabled").as_bool(), Some(true));
    let rules = at(&one.registry, "properties/networkRuleSet/ipRules");
    assert!(!rules.is_fully_known());
}

fn scan_one(text: &str) -> Scan {
    scan(&[("main.bicep", text)])
}

/// The value of an expression, as a registry's tag of that name would have it.
fn value(declarations: &str, expression: &str) -> Node {
    let registry =
        "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'x'\n  properties: {\n    x: ";
    let scan = scan(&[
        ("main.bicep", &format!("{declarations}\n{registry}{expression}\n  }}\n}}\n")),
        (
            "shared.bicep",
            "import { deep } from 'deep.bicep'\n@export()\nvar ips = ['1.1.1.1', ...deep]\n@export()\nfunc twice(a string) string => '${a}${a}'\n",
        ),
        ("deep.bicep", "@export()\nvar deep = [one]\nvar one = '2.2.2.2'\n"),
        ("ips.json", r#"["3.3.3.3"]"#),
    ]);
    at(&scan.only().registry, "properties/x").clone()
}

#[test]
fn expressions_come_to_what_they_say() {
    for (declarations, expression, expected) in [
        ("", "1 + 2 * 3 - 7 % 4", json!(4)),
        ("", "-(1 + 2)", json!(-3)),
        ("", "!(1 < 2) || 2 >= 2 && 'a' != 'b'", json!(true)),
        ("", "'A' =~ 'a' && 'A' !~ 'b'", json!(true)),
        ("var a = null", "a ?? 'b'", json!("b")),
        ("var a = { b: { c: [1, 2] } }", "a.b.c[1]", json!(2)),
        ("var a = { b: 1 }", "a.?c.?d", json!(null)),
        ("var a = [1]", "a[?3] ?? 'none'", json!("none")),
        ("var a = [1]", "[0, ...a, 2]", json!([0, 1, 2])),
        ("var a = { b: 1, c: 2 }", "{ ...a, c: 3 }", json!({"b": 1, "c": 3})),
        ("var a = 'x'", "{ '${a}y': 1 }", json!({"xy": 1})),
        ("var a = 'x'", "'${a}-${1 + 1}-$-\\u{41}'", json!("x-2-$-A")),
        ("var a = 'x'", "$'''\n${a}'''", json!("x")),
        ("", "'''\na ${b}'''", json!("a ${b}")),
        ("", "map(range(0, 2), i => i * 10)", json!([0, 10])),
        ("", "filter([1, 2, 3], (n) => n > 1)", json!([2, 3])),
        ("", "reduce([1, 2, 3], 0, (a, b) => a + b)", json!(6)),
        ("", "[for (x, i) in ['a', 'b']: '${x}${i}']", json!(["a0", "b1"])),
        ("", "[for x in [1, 2]: [for y in [3]: x * y]]", json!([[3], [6]])),
        ("var t = true", "t ? 'yes' : 'no'", json!("yes")),
        ("func hi(a string) string => 'hi ${toUpper(a)}'", "hi('b')", json!("hi B")),
        ("import { ips } from 'shared.bicep'", "ips", json!(["1.1.1.1", "2.2.2.2"])),
        ("import { ips as other, twice } from 'shared.bicep'", "twice(other[0])", json!("1.1.1.11.1.1.1")),
        ("import * as shared from 'shared.bicep'", "shared.twice(shared.ips[1])", json!("2.2.2.22.2.2.2")),
        ("", "loadJsonContent('ips.json')", json!(["3.3.3.3"])),
        ("", "any(loadTextContent('ips.json'))", json!("[\"3.3.3.3\"]")),
        ("", "sys.concat('a', az.resourceGroup('g').name)", json!("ag")),
        ("var x = 1\n", "filter([1, 2], x => x == 2)", json!([2])),
    ] {
        assert_eq!(value(declarations, expression).to_json(), Some(expected), "{declarations} {expression}");
    }
    for expression in [
        "kv.getSecret('x')",
        "listKeys('a', 'b').key",
        "readEnvironmentVariable('A')",
        "kv.properties.?x",
        "resourceGroup().location",
        "loadYamlContent('x')",
    ] {
        let kv = "resource kv 'Microsoft.KeyVault/vaults@2024-01-01' existing = { name: 'k' }";
        let node = value(kv, expression);
        assert!(node.is_unknown() && node.provenance.note.is_some(), "{expression}: {node:?}");
    }
}

#[test]
fn what_a_resource_says_of_itself() {
    let others = "resource other 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'store'\n  location: 'westus'\n  properties: { a: { b: 'c' } }\n}\n\
        resource many 'Microsoft.Storage/storageAccounts@2024-01-01' = [for i in range(0, 2): {\n  name: 'store${i}'\n  location: 'west${i}'\n}]\n";
    for (expression, expected) in [
        ("other.name", "store"),
        ("other.type", "Microsoft.Storage/storageAccounts"),
        ("other.apiVersion", "2024-01-01"),
        ("other.location", "westus"),
        ("other.properties.a.b", "c"),
        ("many[1].name", "store1"),
        ("many[1].location", "west1"),
    ] {
        assert_eq!(value(others, expression).as_str(), Some(expected), "{expression}");
    }
    for (expression, expected) in [
        (
            "other.properties.primaryEndpoints",
            "{/subscriptions/{subscription}/resourcegroups/{resourcegroup}/providers/microsoft.storage/storageaccounts/store.properties.primaryendpoints}",
        ),
        (
            "many[0].properties.x",
            "{/subscriptions/{subscription}/resourcegroups/{resourcegroup}/providers/microsoft.storage/storageaccounts/store0.properties.x}",
        ),
        (
            "other.id",
            "/subscriptions/{subscription}/resourceGroups/{resourceGroup}/providers/Microsoft.Storage/storageAccounts/store",
        ),
    ] {
        assert_eq!(value(others, expression).value, NodeValue::Symbol(expected.into()), "{expression}");
    }
    let loop_over = value(others, "[for i in range(0, 2): many[i].name]");
    assert_eq!(loop_over.to_json(), Some(json!(["store0", "store1"])));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let scan = scan_one(
        "param a string = \nvar b = c\nvar d = e\nvar e = d\n\
         resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'x'\n  properties: {\n    x: nope('1')\n    y: d\n    z: [1][3]\n  }\n}\n",
    );
    assert_eq!(
        scan.gaps(),
        [
            "main.bicep:1:17: expected an expression, found the end of the line; the declaration around it is not read",
            "main.bicep:4:9: variable `d` depends on itself; break the cycle",
            "main.bicep:8:8: unknown function `nope`; what depends on it is not known",
            "main.bicep:10:8: the index 3 is beyond the list's 1 items",
        ]
    );
    assert_eq!(scan.extraction.registries.len(), 1);
}

#[test]
fn a_file_of_no_registry_is_taken() {
    let scan = scan_one("resource s 'Microsoft.Storage/storageAccounts@2024-01-01' = { name: undeclared }\n");
    assert_eq!(scan.gaps(), [""; 0]);
    assert_eq!(
        (
            scan.extraction.files_read.len(),
            scan.extraction.files_read[0].registries,
            scan.extraction.files_read[0].files
        ),
        (1, 0, 1)
    );
    assert!(read(&SourceFiles::default()).0.files_read.is_empty());
}

#[test]
fn work_is_bounded() {
    let doubled: String = (1..64).map(|i| format!("var v{i} = [...v{}, ...v{}]\n", i - 1, i - 1)).collect();
    let nested: String = (1..5000).map(|i| format!("var n{i} = [n{}]\n", i - 1)).collect();
    let acr = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'x'\n  properties: {\n    x: v63\n    y: n4999\n  }\n}\n";
    let scan = scan_one(&format!("var v0 = [1]\n{doubled}var n0 = 1\n{nested}{acr}"));
    assert!(!scan.gaps().is_empty());
    assert!(at(&scan.extraction.registries[0].registry, "properties/x").is_unknown());
    let module = "module m 'b.bicep' = [for i in range(0, 10000): {\n  name: 'x'\n}]\n";
    let scan = self::scan(&[
        ("main.bicep", module),
        ("b.bicep", "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'x'\n}\n"),
    ]);
    assert!(scan.gaps().iter().any(|gap| gap.contains("2000 modules")), "{:?}", scan.gaps());
    assert_eq!(scan.extraction.registries.len(), 2000);
    let range = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = [for i in range(0, 100000000): {\n  name: 'x'\n}]\n";
    assert!(!scan_one(range).gaps().is_empty());
}
