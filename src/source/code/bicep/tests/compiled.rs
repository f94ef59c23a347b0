//! Bicep with the template that it was compiled to beside it.

use super::*;

/// The template that the source below compiles to.
fn compiled(symbolic: bool) -> String {
    let resource = json!({
        "type": "Microsoft.ContainerRegistry/registries",
        "apiVersion": "2025-11-01",
        "name": "[parameters('name')]",
        "sku": {"name": "Premium"},
        "properties": {
            "publicNetworkAccess": "[parameters('access')]",
            "adminUserEnabled": "[variables('admin')]",
            "networkRuleSet": {"ipRules": [{"value": "1.2.3.4"}, {"value": "::1"}]}
        }
    });
    let task = json!({
        "type": "Microsoft.ContainerRegistry/registries/tasks",
        "apiVersion": "2025-03-01-preview",
        "name": "[format('{0}/{1}', parameters('name'), 'build')]",
        "identity": {"type": "SystemAssigned"},
        "properties": {"agentPoolName": null}
    });
    let resources = if symbolic { json!({"acr": resource, "task": task}) } else { json!([resource, task]) };
    let template = json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "metadata": {"_generator": {"name": "bicep", "version": "0.30.0", "templateHash": "1"}},
        "parameters": {"name": {"type": "string", "defaultValue": "x"}, "access": {"type": "string", "defaultValue": "Enabled"}},
        "variables": {"admin": true},
        "resources": resources
    });
    template.to_string()
}

const SOURCE: &str = "param name string = 'x'\nparam access string = 'Enabled'\nvar admin = true\n\
    resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' = {\n  name: name\n  sku: {\n    name: 'Premium'\n  }\n  properties: {\n\
    \x20   publicNetworkAccess: access\n    adminUserEnabled: admin\n    networkRuleSet: {\n      ipRules: [\n        { value: '1.2.3.4' }\n        { value: '::1' }\n      ]\n    }\n  }\n}\n\
    resource task 'Microsoft.ContainerRegistry/registries/tasks@2025-03-01-preview' = {\n  parent: acr\n  name: 'build'\n  identity: { type: 'SystemAssigned' }\n  properties: { agentPoolName: null }\n}\n";

#[test]
fn compiled_and_source_give_the_same_document() {
    let plain = scan_one(SOURCE);
    let expected = document(plain.only());
    let places = |registry: &DeclaredRegistry| {
        let rule = at(&registry.registry, "properties/networkRuleSet/ipRules/1/value");
        (placed(rule), placed(at(&registry.registry, "properties/publicNetworkAccess")), placed(&registry.tasks[0]))
    };
    for symbolic in [true, false] {
        let beside = scan(&[("main.bicep", SOURCE), ("main.json", &compiled(symbolic))]);
        assert_eq!(document(beside.only()), expected, "symbolic: {symbolic}");
        assert_eq!(places(beside.only()), places(plain.only()));
        assert_eq!(beside.extraction.files_read[0].files, 2);
        // Without the source, a template comes to the same but for how it is called.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("template.json");
        std::fs::write(&path, compiled(symbolic)).expect("a file");
        let found = SourceFiles { templates: vec![path], ..SourceFiles::default() };
        let arm = arm::read(&found, arm::Claims::default());
        let mut alone = document(&arm.registries[0]);
        alone["origin"] = expected["origin"].clone();
        let same_but_id = |mut document: Value| {
            document["tasks"][0]["id"] = Value::Null;
            document
        };
        assert_eq!(same_but_id(alone), same_but_id(expected.clone()), "symbolic: {symbolic}");
    }
}

#[test]
fn a_module_that_is_not_on_disk_is_read_where_it_was_compiled_to() {
    let inner: Value = serde_json::from_str(&compiled(true)).expect("JSON");
    let main = "param open string = 'Enabled'\n\
        module hub 'br/public:avm/res/container-registry/registry:0.9.1' = {\n  name: 'hub-deployment'\n  params: { access: open }\n}\n";
    for name in ["hub-deployment", "[format('{0}-{1}', 'hub', uniqueString('hub', deployment().name))]"] {
        let deployment = json!({
            "type": "Microsoft.Resources/deployments",
            "apiVersion": "2022-09-01",
            "name": name,
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "mode": "Incremental",
                "parameters": {"access": {"value": "[parameters('open')]"}},
                "template": inner
            }
        });
        let outer = json!({
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {"open": {"type": "string", "defaultValue": "Enabled"}},
            "resources": [deployment]
        });
        let scan = scan(&[("main.bicep", main), ("main.json", &outer.to_string())]);
        let one = scan.only();
        assert_eq!((one.address.as_str(), one.language), ("hub.acr", Language::Bicep));
        let access = at(&one.registry, "properties/publicNetworkAccess");
        assert_eq!(access.as_str(), Some("Enabled"));
        assert_eq!(placed(access), ["param open string = 'Enabled'", "access: open"], "what the caller says");
        let head = "module hub 'br/public:avm/res/container-registry/registry:0.9.1'";
        assert_eq!(placed(at(&one.registry, "properties/adminUserEnabled")), [head], "what the module says");
        assert_eq!(one.tasks.len(), 1);
        assert_eq!(scan.skipped(), []);
    }
}

#[test]
fn what_the_source_lacks_is_read_of_the_template() {
    let changed = SOURCE.replace("resource acr '", "resource renamed '").replace("parent: acr", "parent: renamed");
    let renamed = scan(&[("main.bicep", &changed), ("main.json", &compiled(true))]);
    assert_eq!(renamed.only().address, "renamed", "its name is the same");
    let other = changed.replace("param name string = 'x'", "param name string = 'y'");
    let both = scan(&[("main.bicep", &other), ("main.json", &compiled(true))]);
    let mut addresses: Vec<&str> = both.extraction.registries.iter().map(|one| one.address.as_str()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["acr", "renamed"]);
    let why = "it declares registries that main.bicep lacks, which are read as well; compile it again, or delete it";
    assert_eq!(both.skipped(), [("main.json".to_owned(), why.to_owned())]);
}

#[test]
fn templates_are_modules_too() {
    let main = "module json 'part.json' = {\n  name: 'x'\n  params: { access: 'Disabled' }\n}\n\
        resource acr 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = { name: 'x' }\n\
        resource pool 'Microsoft.ContainerRegistry/registries/agentPools@2025-03-01-preview' = {\n  parent: acr\n  name: 'pool'\n}\n";
    let scan = scan(&[("main.bicep", main), ("part.json", &compiled(false))]);
    let one = scan.only();
    assert_eq!(at(&one.registry, "properties/publicNetworkAccess").as_str(), Some("Disabled"));
    assert_eq!((one.tasks.len(), one.agent_pools.len()), (1, 1));
    assert_eq!(one.language, Language::Bicep);
}
