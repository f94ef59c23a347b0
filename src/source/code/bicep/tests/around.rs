//! What stands around a registry: modules from elsewhere, registries of others, roles above, servers by name.

use super::*;

const REGISTRY: &str = "resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: 'closedacr'\n  sku: { name: 'Premium' }\n  properties: { publicNetworkAccess: 'Disabled' }\n}\n";
const PUBLIC: &str = "module inner 'br/public:avm/res/container-registry/registry:99.99.99' = {\n  name: 'inner'\n  params: { name: 'x' }\n}\n";

fn task(parent: &str) -> String {
    format!(
        "resource t 'Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview' = {{\n  parent: {parent}\n  name: 'nightly'\n  \
         identity: {{ type: 'SystemAssigned' }}\n  properties: {{}}\n}}\n"
    )
}

#[test]
fn a_registry_module_that_is_on_no_disk_is_a_gap_however_deep_it_stands() {
    let call = |path: &str| format!("module m '{path}' = {{\n  name: 'm'\n}}\n");
    let looped = "module m 'b.bicep' = [for i in range(0, 2): {\n  name: 'm${i}'\n}]\n";
    for (caller, files) in [
        ("main.bicep", vec![("main.bicep", PUBLIC.to_owned())]),
        ("b.bicep", vec![("main.bicep", call("b.bicep")), ("b.bicep", PUBLIC.to_owned())]),
        (
            "b.bicep",
            vec![("main.bicep", call("c.bicep")), ("c.bicep", call("b.bicep")), ("b.bicep", PUBLIC.to_owned())],
        ),
        ("b.bicep", vec![("main.bicep", looped.to_owned()), ("b.bicep", PUBLIC.to_owned())]),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let gaps = scan(&files).gaps();
        assert_eq!(gaps.len(), 1, "{gaps:?}");
        assert!(gaps[0].contains("avm/res/container-registry/registry:99.99.99 is not on disk"), "{gaps:?}");
        assert!(gaps[0].contains(&format!("bicep restore {caller}")), "{gaps:?}");
    }
    let never = PUBLIC.replace("= {", "= if (1 == 2) {");
    assert_eq!(scan_one(&never).gaps(), [""; 0], "it is never made");
}

#[test]
fn a_module_that_is_handed_a_registry_makes_none() {
    let handed = "module m 'br/platform:network/acr-endpoint:1' = {\n  name: 'm'\n  params: { id: acr.id }\n}\n";
    let scan = scan_one(&format!("{REGISTRY}{handed}"));
    let document = document(scan.only());
    assert_eq!(
        document["partial"],
        json!(["/registry/properties/privateEndpointConnections", "/role_assignments"]),
        "what it makes of the registry is not known"
    );
    let public = "module m 'br/public:avm/res/network/private-endpoint:0.11.0' = {\n  name: 'm'\n  params: {\n    name: 'pe'\n    \
        privateLinkServiceConnections: [ { name: 'c', properties: { privateLinkServiceId: acr.id, groupIds: [ 'registry' ] } } ]\n  }\n}\n";
    let scan = scan_one(&format!("{REGISTRY}{public}"));
    let connections = at(&scan.only().registry, "properties/privateEndpointConnections").as_list().expect("a list");
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].get("name").and_then(Node::as_str), Some("c"));
}

#[test]
fn a_task_of_a_registry_of_somebody_else_has_a_document() {
    let existing =
        "resource other 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {\n  name: 'theiracr'\n}\n";
    let scan = scan_one(&format!("{existing}{}", task("other")));
    let one = scan.only();
    assert!(one.is_elsewhere);
    assert_eq!((one.address.as_str(), one.tasks.len()), ("theiracr", 1));
    assert_eq!(one.registry.get("name").and_then(Node::as_str), Some("theiracr"));
    let by_id = "param id string = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/closedacr'\n\
        resource other 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {\n  name: last(split(id, '/'))\n}\n";
    let scan = scan_one(&format!("{REGISTRY}{by_id}{}", task("other")));
    assert_eq!((scan.only().address.as_str(), scan.only().tasks.len()), ("acr", 1), "it is the one that is made here");
}

#[test]
fn roles_at_the_resource_group_and_above_hold_at_the_registry() {
    let role = |scope: &str| {
        format!(
            "resource r 'Microsoft.Authorization/roleAssignments@2022-04-01' = {{\n  name: 'x'\n{scope}  properties: {{\n    \
             roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657')\n    \
             principalId: t.identity.principalId\n  }}\n}}\n"
        )
    };
    let with = |scope: &str| scan_one(&format!("{REGISTRY}{}{}", task("acr"), role(scope)));
    let own = with("");
    let one = own.only();
    assert_eq!((one.role_assignments.len(), one.all_role_assignments), (1, true));
    let principal = at(&one.role_assignments[0], "properties/principalId");
    assert_eq!(principal.value, at(&one.tasks[0], "identity/principalId").value);
    assert_eq!(with("  scope: acr\n").only().role_assignments.len(), 1);
    assert_eq!(with("  scope: t\n").only().role_assignments.len(), 0);
    let main = "targetScope = 'subscription'\nresource rg 'Microsoft.Resources/resourceGroups@2024-03-01' = {\n  name: 'one'\n  location: 'x'\n}\n\
        module a 'a.bicep' = {\n  name: 'a'\n  scope: rg\n}\nmodule b 'b.bicep' = {\n  name: 'b'\n  scope: GROUP\n}\n";
    let b = "resource r 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: 'x'\n  properties: { principalId: 'p', roleDefinitionId: 'd' }\n}\n";
    for (group, roles) in [("rg", 1), ("resourceGroup('one')", 1), ("resourceGroup('two')", 0)] {
        let main = main.replace("GROUP", group);
        let found = scan(&[("main.bicep", main.as_str()), ("a.bicep", REGISTRY), ("b.bicep", b)]);
        assert_eq!(found.only().role_assignments.len(), roles, "{group}");
    }
}

#[test]
fn a_login_server_is_told_by_what_names_it() {
    let name = "var n = 'x${uniqueString(resourceGroup().id)}'\n";
    let registry = REGISTRY.replace("'closedacr'", "n");
    for host in [
        "'${acr.properties.loginServer}'",
        "'${n}.azurecr.io'",
        "'${acr.name}${environment().suffixes.acrLoginServer}'",
        "'${toLower(n)}.azurecr.io'",
    ] {
        let credentials =
            format!("properties: {{ credentials: {{ customRegistries: {{ {host}: {{ identity: '[system]' }} }} }} }}");
        let task = task("acr").replace("properties: {}", &credentials);
        let scan = scan_one(&format!("{name}{registry}{task}"));
        let hosts = at(&scan.only().tasks[0], "properties/credentials/customRegistries").as_object().expect("hosts");
        let hosts: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
        match host.contains("toLower") {
            false => assert_eq!(hosts, ["acr.login_server"], "{host}"),
            true => assert_eq!(hosts.len(), 1),
        }
    }
}

#[test]
fn what_is_no_bicep_and_speaks_of_no_registry_is_left() {
    assert_eq!(scan(&[("main.bicep", REGISTRY), ("piece.bicep", "rules: [\n  1\n]\n")]).gaps(), [""; 0]);
    assert_eq!(scan(&[("piece.bicep", "registries: [\n  1\n]\n")]).gaps().len(), 1);
}

#[test]
fn a_parameter_file_of_a_published_module_is_a_gap_that_names_the_command() {
    let scan = scan(&[(
        "one.bicepparam",
        "using 'br/public:avm/res/container-registry/registry:99.99.99'\nparam name = 'x'\n",
    )]);
    let gaps = scan.gaps();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(
        gaps[0].starts_with("one.bicepparam:1:1: ") && gaps[0].contains("bicep restore one.bicepparam"),
        "{gaps:?}"
    );
}

#[test]
fn few_values_of_a_property_are_tried() {
    let scan = scan_one(
        &REGISTRY.replace("'Disabled'", "access").replace("resource acr", "param access string\nresource acr"),
    );
    assert_eq!(scan.only().alternatives.len(), 2);
}

#[test]
fn types_say_what_may_be_left_out_wherever_they_are_declared() {
    let types = "@export()\ntype deep = { access: string? }?\n@export()\ntype outer = deep\n";
    for (import, kind) in [
        ("import { deep } from 't.bicep'\n", "deep"),
        ("import { outer as o } from 't.bicep'\n", "o"),
        ("import * as t from 't.bicep'\n", "t.outer"),
    ] {
        let registry = REGISTRY.replace("'Disabled'", "w.?access ?? 'Enabled'");
        let main = format!("{import}param w {kind}\n{registry}");
        let found = scan(&[("main.bicep", main.as_str()), ("t.bicep", types)]);
        let access = at(&found.only().registry, "properties/publicNetworkAccess");
        assert_eq!(access.as_str(), Some("Enabled"), "{import}");
    }
}
